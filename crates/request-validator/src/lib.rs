//! Checks the parameters and the body of a request, as the request validators of API Gateway do.
