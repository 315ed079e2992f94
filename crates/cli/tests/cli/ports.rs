//! A port that is taken.

use std::net::TcpListener;

use crate::shell::run;

#[test]
fn a_port_that_is_taken_is_named_with_the_flag_that_changes_it() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let backend = run(&["dev", "backend", "--port", &port]);
    assert_eq!(backend.code, 5);
    let expected = format!("error: port {port} is taken: choose another with `--port`\n");
    assert_eq!(backend.stderr, expected);
}
