mod fake;
mod hub;
mod messages;
mod stream;
mod verdicts;
mod wire;
