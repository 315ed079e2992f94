//! Answers preflights and marks responses, as the CORS of API Gateway does.
