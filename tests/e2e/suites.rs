//! Cases that others collected, sent through a real Envoy. Where they come from: `data/README.md`.

mod raw_http;
mod tokens;
