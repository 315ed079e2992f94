//! How Lambda functions are called, and what the events they get have in common.
