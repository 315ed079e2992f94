//! `dev backend`: the orders service and the echo.

use serde_json::json;

use crate::server::Server;

#[test]
fn an_order_that_is_placed_is_found_and_says_who_placed_it() {
    let backend = Server::start(&["dev", "backend", "--port", "0"]);
    let (status, order) = backend.post("/orders", "x-user-id: ann\r\n", r#"{"item":"book"}"#);
    assert_eq!((status, &order), (201, &json!({"id": "3", "item": "book", "user": "ann"})));
    assert_eq!(backend.get("/orders/3"), (200, order));
    assert_eq!(backend.get("/orders").1["orders"].as_array().map(Vec::len), Some(3));
    assert_eq!(backend.get("/orders/4").0, 404);
    assert_eq!(backend.post("/orders", "", "[]").0, 400);
}

#[test]
fn the_echo_says_what_was_received_and_nothing_else_is_there() {
    let backend = Server::start(&["dev", "backend", "--port", "0"]);
    let (status, seen) = backend.post("/echo/a%2Fb?c=d", "x-a: 1\r\nx-a: 2\r\n", "hello");
    assert_eq!(status, 200);
    assert_eq!((&seen["method"], &seen["path"]), (&json!("POST"), &json!("/echo/a%2Fb")));
    assert_eq!((&seen["query"], &seen["body"]), (&json!("c=d"), &json!("hello")));
    assert_eq!(seen["headers"]["x-a"], json!(["1", "2"]));
    assert_eq!(backend.get("/").0, 404);
    assert_eq!(backend.post("/orders/1", "", "").0, 404);
}
