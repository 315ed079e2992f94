//! Lets a Lambda function, or any HTTP service, decide who may call.
