//! Amends requests and responses by expressions, as the parameter mappings of API Gateway do.
