//! The IAM policy language, as far as execute-api needs it.
