use serde_json::{Value, json};

use crate::client::{DAY, WEEK, quota};
use crate::server::{Server, on_each};

async fn items(server: &Server, query: &str) -> Value {
    let (status, body) = server.get(&format!("/usage?plan=gold&{query}")).await;
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body.get("usagePlanId"), Some(&json!("gold")));
    body.get("items").expect("items").clone()
}

#[test]
fn what_was_used_and_what_remains_is_told_by_day() {
    on_each(async |server: Server| {
        let mut client = server.client().await;
        // 2031-03-04 is a Tuesday; the week began two days before.
        for (day, weekly, daily) in [("2031-03-04", 30, 3), ("2031-03-05", 20, 0)] {
            if daily > 0 {
                client.take(quota("daily", day, 10, DAY), daily).await.expect("granted");
            }
            client.take(quota("weekly", "2031-03-02", 100, WEEK), weekly).await.expect("granted");
            server.pass(1);
        }
        // Refused, so it is not used.
        assert_eq!(client.take(quota("weekly", "2031-03-02", 100, WEEK), 51).await, None);

        let all = items(&server, "from=2031-03-03&to=2031-03-06").await;
        let expected = json!({
            "daily": [[0, 10], [3, 7], [0, 10], [0, 10]],
            "weekly": [[0, 100], [30, 70], [20, 50], [0, 50]],
        });
        assert_eq!(all, expected);
        let one = items(&server, "key=weekly&from=2031-03-05&to=2031-03-05").await;
        assert_eq!(one, json!({"weekly": [[20, 50]]}));
        let none = items(&server, "key=nobody&from=2031-03-05&to=2031-03-05").await;
        assert_eq!(none, json!({"nobody": [[0, null]]}));
        assert_eq!(items(&server, "from=2031-03-06&to=2031-03-06").await, json!({}));
    });
}

#[test]
fn a_question_that_makes_no_sense_is_refused_with_the_reason() {
    on_each(async |server: Server| {
        let long = "x".repeat(257);
        let long = format!("plan={long}&from=2031-03-04&to=2031-03-04");
        for (query, message) in [
            ("plan=gold&from=2031-03-04&to=2031-03-03", "the first day is after the last"),
            ("plan=gold&from=2031-02-30&to=2031-03-03", "`2031-02-30` is no day"),
            ("plan=gold&from=2029-01-01&to=2031-03-03", "usage is kept for 400 days"),
            ("plan=gold&from=2031-03-04", "missing field `to`"),
            ("plan=gold&from=2031-03-04&to=2031-03-04&limit=5", "unknown field `limit`"),
            (long.as_str(), "longer than 256 bytes"),
        ] {
            let (status, body) = server.get(&format!("/usage?{query}")).await;
            assert_eq!(status, 400, "{query}");
            assert!(body.contains(message), "{query}: {body}");
        }
    });
}

#[test]
fn usage_is_kept_for_four_hundred_days() {
    let folder = tempfile::TempDir::new().expect("a folder");
    crate::server::runtime().block_on(async {
        let server = Server::on_folder(folder.path()).await.expect("it starts");
        let mut client = server.client().await;
        client.take(quota("k1", "2031-03-04", 10, DAY), 3).await.expect("granted");
        for (days, used) in [(400, 3), (1, 0)] {
            server.pass(days);
            client.take(quota("k2", "some day", 10, DAY), 1).await.expect("granted");
            let found = items(&server, "key=k1&from=2031-03-04&to=2031-03-04").await;
            assert_eq!(found.pointer("/k1/0/0"), Some(&json!(used)));
        }
    });
}

#[test]
fn plans_of_two_domains_are_told_apart() {
    on_each(async |server: Server| {
        let mut client = server.client().await;
        client.take(quota("k1", "2031-03-04", 10, DAY), 3).await.expect("granted");
        let mut other = crate::client::request(vec![quota("k1", "2031-03-04", 5, DAY)], 1);
        other.domain = "other".to_owned();
        assert_eq!(client.ask(other).await.expect("an answer").overall_code, 1);
        for (domain, cell) in [
            ("", json!([3, 7])),
            ("&domain=tollgate", json!([3, 7])),
            ("&domain=other", json!([1, 4])),
            ("&domain=third", json!([0, null])),
        ] {
            let one = format!("key=k1&from=2031-03-04&to=2031-03-04{domain}");
            assert_eq!(items(&server, &one).await, json!({"k1": [cell]}));
        }
        let other = items(&server, "from=2031-03-04&to=2031-03-04&domain=other").await;
        assert_eq!(other, json!({"k1": [[1, 4]]}));
    });
}

#[test]
fn a_limit_is_known_as_it_was_last_seen_for_as_long_as_its_usage() {
    on_each(async |server: Server| {
        let mut client = server.client().await;
        let told = async |day: &str| items(&server, &format!("key=k1&from={day}&to={day}")).await;
        client.take(quota("k1", "some day", 10, DAY), 3).await.expect("granted");
        assert_eq!(told("2031-03-04").await, json!({"k1": [[3, 7]]}));
        server.pass(120);
        assert_eq!(told("2031-03-04").await, json!({"k1": [[3, 7]]}));
        client.take(quota("k1", "another", 20, DAY), 3).await.expect("granted");
        server.pass(270);
        assert_eq!(told("2031-03-04").await, json!({"k1": [[3, 17]]}));
        let all = items(&server, "from=2031-03-04&to=2031-03-04").await;
        assert_eq!(all, json!({"k1": [[3, 17]]}));
    });
}
