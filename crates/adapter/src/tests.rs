mod fake;
mod hub;
mod messages;
mod pieces;
mod stream;
mod verdicts;
mod wire;
