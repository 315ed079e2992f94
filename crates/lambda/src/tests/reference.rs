//! What documents call functions.

use std::collections::BTreeMap;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Callee, Function, Functions, Place, Reference};

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:pets";

/// What is called for a text, where functions are where they are: its name and place.
#[track_caller]
fn check(text: &str, name: &str, endpoint: &str) {
    let function = Reference::parse(text).expect("a function").resolve(&Functions::default());
    let Function { name: found, endpoint: at, signing_region } = function.expect("a place");
    assert_eq!((found.as_str(), at.as_str()), (name, endpoint));
    assert_eq!(signing_region, at.split('.').nth(1).map(str::to_owned));
}

#[test]
fn an_arn_says_which_function_and_where() {
    let eu = "https://lambda.eu-west-1.amazonaws.com";
    let action = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/";
    check(ARN, ARN, eu);
    check(&format!("{ARN}:live"), &format!("{ARN}:live"), eu);
    check(&format!("{action}{ARN}/invocations"), ARN, eu);
    check(&format!("{action}pets/invocations"), "pets", eu);
    let china = "arn:aws-cn:lambda:cn-north-1:123456789012:function:pets";
    check(china, china, "https://lambda.cn-north-1.amazonaws.com.cn");
}

#[test]
fn a_function_that_streams_has_another_action() {
    let action = "arn:aws:apigateway:eu-west-1:lambda:path/2021-11-15/functions/";
    let end = "response-streaming-invocations";
    assert!(Reference::parse(&format!("{action}{ARN}/{end}")).unwrap().streams);
    assert!(!Reference::parse(ARN).unwrap().streams);
}

#[test]
fn what_names_no_function_is_none() {
    for text in [
        "",
        "pets",
        "https://example.com",
        "arn:aws:s3:::bucket",
        "arn:aws:apigateway:eu-west-1:s3:path/bucket",
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/pets",
        "arn:aws:apigateway::lambda:path/2015-03-31/functions/pets/invocations",
        "arn:aws:lambda:EU:123456789012:function:pets",
        "arn:aws:lambda:eu-west-1.evil.example/:1:function:pets",
    ] {
        assert_eq!(Reference::parse(text), None, "{text}");
    }
}

#[test]
fn functions_may_be_elsewhere_all_or_by_name() {
    let place = |endpoint: &str, name: Option<&str>| Place {
        endpoint: Some(endpoint.to_owned()),
        name: name.map(str::to_owned),
        signing_region: None,
    };
    let functions = Functions {
        all: Some(place("http://127.0.0.1:9000", None)),
        by_name: BTreeMap::from([(
            "dogs".to_owned(),
            place("http://127.0.0.1:9001", Some("function")),
        )]),
    };
    let resolve = |text: &str| {
        let function = Reference::parse(text).unwrap().resolve(&functions).unwrap();
        assert!(Callee::compile(&function).is_ok());
        (function.name, function.endpoint)
    };
    let local = |name: &str, port: u16| (name.to_owned(), format!("http://127.0.0.1:{port}"));
    assert_eq!(resolve(ARN), local("pets", 9000));
    assert_eq!(resolve(&format!("{ARN}:live")), local("pets:live", 9000));
    assert_eq!(resolve(&ARN.replace("pets", "dogs:live")), local("function", 9001));
    assert_eq!(resolve("${Pets.Arn}"), local("Pets", 9000));
}

#[test]
fn a_function_of_another_name_is_where_all_are() {
    let other = Place { name: Some("other".to_owned()), ..Place::default() };
    let by_name =
        BTreeMap::from([("pets".to_owned(), other), ("Pets".to_owned(), Place::default())]);
    let at_lambda = Functions { all: None, by_name };
    let here = Place {
        endpoint: Some("http://127.0.0.1:9000".to_owned()),
        name: None,
        signing_region: Some("eu-west-1".to_owned()),
    };
    let somewhere = Functions { all: Some(here), ..at_lambda.clone() };
    let resolve =
        |functions: &Functions| Reference::parse(ARN).unwrap().resolve(functions).unwrap();
    let function = resolve(&somewhere);
    assert_eq!((&*function.name, &*function.endpoint), ("other", "http://127.0.0.1:9000"));
    assert_eq!(function.signing_region.as_deref(), Some("eu-west-1"));
    let function = resolve(&at_lambda);
    assert_eq!(function.name, "other");
    assert!(function.endpoint.starts_with("https://lambda."), "{}", function.endpoint);
    // Another place for it does not say which function a template means.
    assert!(Reference::parse("${Pets.Arn}").unwrap().resolve(&at_lambda).is_err());
}

#[test]
fn what_only_a_template_knows_has_to_be_said() {
    let action = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/";
    let reference = Reference::parse("${Pets.Arn}").unwrap();
    assert!(reference.resolve(&Functions::default()).unwrap_err().contains("CloudFormation"));
    assert_eq!(Reference::parse("${stageVariables.pets}"), None);
    assert_eq!(Reference::parse(&format!("{action}${{Pets.Arn}}/invocations")), None);
}
