//! What callers see where the gateway itself refuses or fails, as the gateway responses of API Gateway have it.
