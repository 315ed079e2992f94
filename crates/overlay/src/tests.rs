#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::json;
use tollgate_gateway::Gateway;
use tollgate_gateway::definition::ApiKeySource;
use tollgate_policy::Compile;

use super::*;

/// An API with a stage that has a variable from outside.
fn definition(protocol: &str, stage: &str) -> Definition {
    let route = json!({"authorization": "none", "integration": "backend"});
    serde_json::from_value(json!({
        "version": 1,
        "default_api": "orders",
        "apis": {"orders": {
            "name": "Orders",
            "protocol": protocol,
            "integrations": {"backend": {"http_proxy": {
                "uri": "http://${stageVariables.host}/${stageVariables.path}",
            }}},
            "routes": {"GET /orders": route, "GET /": route},
            "stages": {stage: {"variables": {"host": "outside.internal"}}},
        }},
    }))
    .unwrap()
}

#[track_caller]
fn overlay(text: &str) -> Overlay {
    Overlay::parse(&format!("tollgate: 1\n{text}"), "o.yaml").unwrap()
}

#[track_caller]
fn applied(text: &str, stage: Option<&str>) -> Overlaid {
    overlay(text).apply(definition("http", "$default"), stage).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

#[track_caller]
fn refused(text: &str, stage: Option<&str>) -> Vec<String> {
    let problems = overlay(text).apply(definition("http", "$default"), stage).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

fn stages(overlaid: &Overlaid) -> Vec<&str> {
    overlaid.definition.apis["orders"].stages.keys().map(String::as_str).collect()
}

#[test]
fn an_overlay_that_says_nothing_changes_nothing() {
    let overlaid = applied("", None);
    assert_eq!(overlaid.definition, definition("http", "$default"));
    assert_eq!((overlaid.counters, overlaid.api_keys_file), (None, None));
    assert_eq!(overlaid.notices, []);
}

#[test]
fn the_stages_of_an_overlay_are_all_that_there_are() {
    assert_eq!(stages(&applied("stages: {dev: {}, prod: }", None)), ["dev", "prod"]);
    assert_eq!(stages(&applied("account: {}", None)), ["$default"]);
}

#[test]
fn variables_from_outside_come_on_top_in_every_stage() {
    let text = "stages:\n  dev: {variables: {host: dev.internal, path: a}}\n  prod: {stageVariables: {path: 2}}";
    let definition = applied(text, None).definition;
    let api = &definition.apis["orders"];
    for (stage, path) in [("dev", "a"), ("prod", "2")] {
        let expected = [("host", "outside.internal"), ("path", path)];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(api.stages[stage].variables, expected.into(), "{stage}");
    }
    Gateway::compile(definition).expect("a gateway");
}

#[test]
fn one_stage_of_several_can_be_served_alone() {
    let text = "stages: {dev: {}, prod: {}}\n\
                usagePlans: {free: {apiStages: [{stage: dev}, {stage: prod}]}}";
    let overlaid = applied(text, Some("prod"));
    assert_eq!(stages(&overlaid), ["prod"]);
    let plan = &overlaid.definition.usage_plans["free"];
    assert_eq!(plan.api_stages.iter().map(|belongs| &*belongs.stage).collect::<Vec<_>>(), ["prod"]);

    let reason = "o.yaml:2:1: $.stages: there is no stage `prd`, perhaps `prod` is meant";
    assert_eq!(refused("stages: {dev: {}, prod: {}}", Some("prd")), [reason]);
    // Without a list of stages, the document's own is the one that is meant.
    assert_eq!(stages(&applied("", Some("$default"))), ["$default"]);
}

#[test]
fn a_plan_without_a_stage_belongs_to_the_only_one() {
    let overlaid = applied("usagePlans: {free: {apiStages: [{}]}}", None);
    let [belongs] = &*overlaid.definition.usage_plans["free"].api_stages else { panic!("one") };
    assert_eq!((&*belongs.api, &*belongs.stage), ("orders", "$default"));
    let text = "stages: {dev: {}, prod: {}}\nusagePlans: {free: {apiStages: [{}]}}";
    let reason = "o.yaml:3:33: $.usagePlans.free.apiStages[0]: lacks `stage`: `dev` or `prod` \
                  belongs there";
    assert_eq!(refused(text, None), [reason]);
}

#[test]
fn counters_have_a_name_in_the_definition_and_an_address_beside_it() {
    #[track_caller]
    fn check(address: &str, expected: &str) {
        let overlaid = applied(&format!("counters: {{address: '{address}'}}"), None);
        assert_eq!(overlaid.counters.expect("an address").to_string(), expected);
        assert_eq!(overlaid.definition.counters.expect("counters").cluster, COUNTERS);
    }
    check("127.0.0.1:8081", "http://127.0.0.1:8081");
    check("http://counters.internal:8081/", "http://counters.internal:8081");
    check("https://counters.internal", "https://counters.internal:443");
    check("[::1]:8081", "http://[::1]:8081");
}

#[test]
fn a_file_of_keys_is_named_and_looked_for() {
    let overlaid = applied("apiKeysFile: keys.csv", None);
    assert_eq!(overlaid.api_keys_file.as_deref(), Some("keys.csv"));
    assert!(overlaid.definition.api_key_files.is_some());
}

#[test]
fn what_the_document_says_stays() {
    let mut before = definition("http", "$default");
    let api = before.apis.get_mut("orders").unwrap();
    api.api_key_source = ApiKeySource::Authorizer;
    let after = overlay("stages: {dev: {}}").apply(before.clone(), None).unwrap().definition;
    assert_eq!(after.apis["orders"].api_key_source, ApiKeySource::Authorizer);
    assert_eq!(after.apis["orders"].routes, before.apis["orders"].routes);
}

#[test]
fn every_problem_is_told_at_once_and_in_its_place() {
    let text = "stages:\n  prod:\n    routeSetings: {}\n    clientThrottles: {a: {per: sourceIP, rateLimit: -1, burstLimit: 1}}\n\
                usagePlans:\n  free: {throttle: {rateLimit: fast, burstLimit: 2}, apiStages: [{stage: prd}]}\n\
                apiKeys:\n- {id: a, value: secret-secret-secret, usagePlanIds: [fre]}\n";
    let expected = [
        "o.yaml:4:5: $.stages.prod.routeSetings: `routeSetings` is not known, perhaps `routeSettings` is meant",
        "o.yaml:5:32: $.stages.prod.clientThrottles.a.per: `sourceIP` is not known: `sourceIp`, `{header: NAME}` or `{claim: NAME}` belongs here",
        "o.yaml:5:53: $.stages.prod.clientThrottles.a.rateLimit: `-1` is not a number from 0 to 10000000",
        "o.yaml:7:32: $.usagePlans.free.throttle.rateLimit: a number from 0 to 10000000 belongs here, not a string",
        "o.yaml:7:74: $.usagePlans.free.apiStages[0].stage: there is no stage `prd`, perhaps `prod` is meant",
        "o.yaml:9:3: $.apiKeys[0]: lacks `sha256`",
        "o.yaml:9:11: $.apiKeys[0].value: the plain value of a key must not be in a configuration: give its `sha256`, or use `tollgate keys create`",
        "o.yaml:9:55: $.apiKeys[0].usagePlanIds[0]: there is no usage plan `fre`, perhaps `free` is meant",
    ];
    assert_eq!(refused(text, None), expected);
}

#[test]
fn an_overlay_is_judged_without_a_document_too() {
    let overlay =
        overlay("stages: {prod: {routeSettings: {GET /nosuch: {throttlingRateLimit: x}}}}");
    let problems: Vec<_> = overlay.check().into_iter().map(|problem| problem.reason).collect();
    let expected =
        ["lacks `throttlingBurstLimit`", "a number from 0 to 10000000 belongs here, not a string"];
    assert_eq!(problems, expected);
}

#[test]
fn what_is_no_overlay_is_refused() {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let problems = match Overlay::parse(text, "o.yaml") {
            Ok(overlay) => overlay.check(),
            Err(problems) => problems,
        };
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, [expected]);
    }
    check("", "o.yaml:1:1: $: the document is empty");
    check("stages: {}", "o.yaml:1:1: $: lacks `tollgate`");
    check("tollgate: 2", "o.yaml:1:11: $.tollgate: version `2` is not known: `1` belongs here");
    check("[1]", "o.yaml:1:1: $: an object belongs here, not a list");
    check(
        "{",
        "o.yaml:2:1: $: this is not YAML: while parsing a node, did not find expected node content",
    );
}

#[test]
fn the_value_of_a_key_is_never_repeated() {
    for key in [
        "{id: a, sha256: secret-secret-secret}",
        "{id: a, value: secret-secret-secret}",
        "{id: a, key: secret-secret-secret}",
    ] {
        let problems = refused(&format!("apiKeys: [{key}]"), None);
        assert!(problems.iter().all(|problem| !problem.contains("secret")), "{problems:?}");
    }
}

/// The reasons of a refusal, without their places.
#[track_caller]
fn reasons(text: &str) -> Vec<String> {
    let problems = overlay(text).apply(definition("http", "$default"), None).unwrap_err();
    problems.into_iter().map(|problem| problem.reason).collect()
}

#[test]
fn a_stage_has_an_access_log() {
    let stage = |settings: &str| format!("stages: {{dev: {{accessLogSettings: {settings}}}}}");
    let overlaid = applied(
        &stage("{format: $context.requestId $context.status, destinationArn: 'arn:aws:logs:a'}"),
        None,
    );
    let log = overlaid.definition.apis["orders"].stages["dev"].access_log.clone();
    assert_eq!(log.expect("an access log").format, "$context.requestId $context.status");
    let notices: Vec<_> = overlaid.notices.iter().map(|notice| &*notice.reason).collect();
    let unused =
        "`destinationArn` is not looked at: lines go where the proxy writes its access log";
    assert_eq!(notices, [unused]);

    assert_eq!(reasons(&stage("{}")), ["lacks `format`"]);
    assert_eq!(reasons(&stage("{format: ''}")), ["is empty"]);
    assert_eq!(
        reasons(&stage("{format: $context.status}")),
        ["must have `$context.requestId` or `$context.extendedRequestId`"]
    );
    assert_eq!(reasons(&stage("{format: \"a\\nb\"}")), ["must be one line"]);
    assert_eq!(
        reasons(&stage("{format: $context.requestId $context.nothing}")),
        ["there is no `$context.nothing`"]
    );
    assert_eq!(
        reasons(&stage("{form: $context.requestId}")),
        ["lacks `format`", "`form` is not known here"]
    );
}

#[test]
fn requests_are_counted_for_each_route_where_the_default_says_so() {
    #[track_caller]
    fn check(protocol: &str, settings: &str, expected: bool, notices: &[&str]) {
        let text = format!("stages: {{dev: {{{settings}}}}}");
        let overlaid = overlay(&text).apply(definition(protocol, "dev"), None).expect(settings);
        let stage = &overlaid.definition.apis["orders"].stages["dev"];
        assert_eq!(stage.detailed_metrics, expected, "{settings}");
        let found: Vec<_> = overlaid.notices.iter().map(|notice| &*notice.reason).collect();
        assert_eq!(found, notices, "{settings}");
    }
    check("http", "defaultRouteSettings: {detailedMetricsEnabled: true}", true, &[]);
    check("http", "defaultRouteSettings: {detailedMetricsEnabled: false}", false, &[]);
    check("rest", "methodSettings: {'*/*': {metricsEnabled: true}}", true, &[]);
    check(
        "http",
        "routeSettings: {GET /orders: {detailedMetricsEnabled: true}}",
        false,
        &["every route is counted by itself, or none: `defaultRouteSettings` says which"],
    );
    check(
        "rest",
        "methodSettings: {orders/GET: {metricsEnabled: true}, //GET: {metricsEnabled: false}}",
        false,
        &["every route is counted by itself, or none: `*/*` says which"],
    );
    assert_eq!(
        reasons("stages: {dev: {defaultRouteSettings: {metricsEnabled: true}}}"),
        ["`metricsEnabled` is not known here"]
    );
}

#[test]
fn an_account_has_an_id_of_twelve_digits() {
    #[track_caller]
    fn check(id: &str, expected: &str) {
        let definition = applied(&format!("accountId: {id}"), None).definition;
        assert_eq!(definition.account_id.as_deref(), Some(expected));
    }
    check("123456789012", "123456789012");
    check("'000000000012'", "000000000012");
    check("000000000012", "000000000012");
    assert_eq!(reasons("accountId: 12"), ["an account's id has twelve digits: `12`"]);
    assert_eq!(reasons("accountId: [1]"), ["a string belongs here, not a list"]);
}

#[test]
fn every_kind_of_api_may_have_cors() {
    for protocol in ["http", "rest"] {
        let text = "cors: {allowOrigins: ['https://a.example.com'], allowMethods: [PUT], \
                    allowHeaders: [x-a], exposeHeaders: [x-b], maxAge: -1, allowCredentials: true}\n\
                    stages: {dev: {variables: {path: a}}}";
        let overlaid = overlay(text).apply(definition(protocol, "dev"), None).expect(text);
        let definition = overlaid.definition;
        let cors = definition.apis["orders"].cors.clone().expect("CORS");
        assert_eq!(cors.allow_origins, ["https://a.example.com"]);
        assert_eq!((cors.max_age_secs, cors.allow_credentials), (Some(-1), true));
        assert_eq!(
            (cors.allow_headers, cors.expose_headers),
            (vec!["x-a".into()], vec!["x-b".into()])
        );
        Gateway::compile(definition).expect("a gateway");
    }
}

#[test]
fn what_the_overlay_says_of_cors_takes_the_place_of_what_the_document_says() {
    let mut before = definition("http", "$default");
    before.apis.get_mut("orders").unwrap().cors = Some(tollgate_cors::Config::default());
    let cors = |text: &str| {
        let after = overlay(text).apply(before.clone(), None).unwrap().definition;
        after.apis["orders"].cors.clone().expect("CORS").allow_origins
    };
    assert_eq!(cors("cors: {allowOrigins: ['*']}"), ["*"]);
    assert_eq!(cors(""), [""; 0]);
}

#[test]
fn what_is_wrong_with_cors_is_told_in_its_place() {
    #[track_caller]
    fn check(cors: &str, expected: &str) {
        assert_eq!(refused(&format!("cors: {cors}"), None), [expected]);
    }
    check(
        "{allowOrigins: ['https://a.example.com', 'null']}",
        "o.yaml:2:48: $.cors.allowOrigins[1]: `null` is the origin of every page in a sandbox, so it \
         would stand for anybody",
    );
    check(
        "{allowOrigins: ['*'], allowCredentials: true}",
        "o.yaml:2:23: $.cors.allowOrigins[0]: `*` cannot be allowed together with `allowCredentials`",
    );
    check("{maxAge: 86401}", "o.yaml:2:16: $.cors.maxAge: `86401` is not from -1 to 86400");
    check(
        "{maxAge: day}",
        "o.yaml:2:16: $.cors.maxAge: a whole number of seconds from -1 to 86400 belongs here",
    );
    check(
        "{allowMethods: GET}",
        "o.yaml:2:22: $.cors.allowMethods: a list belongs here, not a string",
    );
    check(
        "{allowOrigin: []}",
        "o.yaml:2:8: $.cors.allowOrigin: `allowOrigin` is not known, perhaps `allowOrigins` is meant",
    );
}

#[test]
fn functions_are_called_where_the_overlay_says() {
    let text = "
tollgate: 1
lambda:
  endpoint: http://127.0.0.1:9001/
  signingRegion: eu-west-1
  functions:
    orders: {name: orders-v2}
    auth: {endpoint: 'http://127.0.0.1:9002'}
";
    let functions = Overlay::parse(text, "tollgate.yaml").expect("an overlay").functions();
    let all = functions.all.expect("a place for all");
    assert_eq!(all.endpoint.as_deref(), Some("http://127.0.0.1:9001"));
    let place = |name: &str| {
        let place = &functions.by_name[name];
        (place.endpoint.as_deref(), place.name.as_deref(), place.signing_region.as_deref())
    };
    assert_eq!(place("orders"), (None, Some("orders-v2"), None));
    assert_eq!(place("auth"), (Some("http://127.0.0.1:9002"), None, None));
}

#[test]
fn functions_that_the_document_does_not_have_are_told() {
    let mut whole = definition("rest", "prod");
    let function = |name: &str| {
        serde_json::from_value(json!({"lambda_proxy": {"proxy": {
            "function": {"name": name, "endpoint": "http://127.0.0.1:9001"},
            "format": "rest",
        }}}))
        .expect("an integration")
    };
    let integrations = &mut whole.apis.get_mut("orders").expect("the API").integrations;
    integrations.insert("one".to_owned(), function("orders-v2:live"));
    integrations
        .insert("two".to_owned(), function("arn:aws:lambda:us-east-1:123456789012:function:auth"));
    let text = "
lambda:
  endpoint: http://127.0.0.1:9001
  functions:
    orders: {name: orders-v2}
    auth: {signingRegion: us-east-1}
    order: {endpoint: 'http://127.0.0.1:9002'}
";
    let notices = overlay(text).apply(whole, None).expect("an overlay that fits").notices;
    let notices: Vec<_> = notices.iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "o.yaml:8:5: $.lambda.functions.order: no integration and no authorizer calls `order`: it \
          is not used"
        ]
    );
}

#[test]
fn credentials_are_read_in_the_words_of_aws() {
    let text = "
credentials:
- accessKeyId: AKIDANN
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
  owner: {arn: 'arn:aws:iam::123456789012:user/ann', userId: AIDA, tags: {team: orders}}
  policies:
  - Version: '2012-10-17'
    Statement: {Effect: Allow, Action: 'execute-api:Invoke', Resource: '*'}
- accessKeyId: ASIABEN
  secretAccessKey: 'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY'
  sessionToken: token
  expiration: 2026-01-31T12:00:00Z
  enabled: false
  owner: {arn: 'arn:aws:sts::123456789012:assumed-role/reader/ben', multiFactorAuthPresent: true}
";
    let read = crate::credentials::read(text, "credentials.yaml").expect("credentials");
    let [ann, ben] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((ann.access_key_id.as_str(), ann.enabled), ("AKIDANN", true));
    assert_eq!(ann.secret_access_key.reveal(), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    assert_eq!(ann.policies[0]["Statement"]["Effect"], "Allow");
    assert_eq!(ann.owner.tags["team"], "orders");
    assert_eq!((ben.expires_at_secs, ben.enabled), (Some(1_769_860_800), false));
    assert_eq!(ben.owner.has_mfa, Some(true));
}

#[test]
fn what_is_wrong_with_credentials_is_told_without_a_secret() {
    #[track_caller]
    fn check(credential: &str, expected: &[&str]) {
        let text = format!("credentials: [{credential}]");
        let problems = crate::credentials::read(&text, "c.yaml").expect_err("refused");
        let told: Vec<_> = problems.iter().map(|problem| problem.reason.as_str()).collect();
        assert_eq!(told, expected);
    }
    let owner = "owner: {arn: 'arn:aws:iam::123456789012:user/ann'}";
    check(
        &format!("{{accessKeyId: A, secretAccessKey: [topsecret], {owner}}}"),
        &["a secret belongs here, in quotation marks"],
    );
    check(&format!("{{accessKeyId: A, {owner}}}"), &["lacks `secretAccessKey`"]);
    check(
        &format!("{{accessKeyId: A, secretAccessKey: s, secret: topsecret, {owner}}}"),
        &["`secret` is not known here"],
    );
    check(
        &format!("{{accessKeyId: A, secretAccessKey: s, expiration: soon, {owner}}}"),
        &["a time such as `2026-01-31T12:00:00Z` belongs here, or seconds since 1970"],
    );
}
