//! Turns requests into the events of Lambda functions, and what they return into responses.
