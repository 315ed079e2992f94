//! Admits callers who sign with AWS Signature Version 4, and what their policies allow.
