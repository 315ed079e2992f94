//! JSON Schema draft-04 as API Gateway validates by it: what fails, in how much work.
