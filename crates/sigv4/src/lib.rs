//! AWS Signature Version 4: canonical requests, signatures, and whether one is good.
