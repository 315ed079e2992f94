//! Lines about requests in the formats of API Gateway, which no header field can forge.
