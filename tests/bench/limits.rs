//! What limits cost, as filters and in the gateway.

use std::path::Path;

use serde_json::{Value, json};
use tollgate_gateway::Definition;
use tollgate_tests::{Counters, definition};

use crate::filters;
use crate::job::{inline, narrow, wide};
use crate::keys::{BUSY, FEW, MANY, PLAN};
use crate::native;
use crate::proxy::{Answers, Bare, Delivery, NOBODY, Proxy};
use crate::requests::Requests;
use crate::rows::{Group, Row, Target};

/// The gateway's limits in a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limits {
    None,
    /// Of the account, the stage and the plan.
    Throttles,
    /// And a quota, with so many proxies that share all of it.
    Shared(u32),
}

/// Where the keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Inline,
    Files,
}

/// The base of what filters do.
const ROUTER: &str = "router";

/// The base of what the gateway does.
const GATEWAY: &str = "gateway, an open route";

/// What a fleet has.
const SHARED: &str = "... and a quota, all shared by two";

/// What most gateways have.
const LIMITED: &str = "gateway, a key, plan, stage and account";

/// An API with one route, which needs a key where there are limits.
pub fn api(limits: Limits, place: Place) -> Definition {
    let is_limited = limits != Limits::None;
    let mut api = json!({
        "version": 1,
        "default_api": "a",
        "apis": {"a": {
            "name": "A",
            "protocol": "rest",
            "integrations": {"backend": {"http_proxy": {"uri": NOBODY}}},
            "routes": {"GET /orders": {
                "authorization": "none",
                "integration": "backend",
                "api_key_required": is_limited,
            }},
            "stages": {"prod": {}},
        }},
    });
    if is_limited {
        let stages = json!([{"api": "a", "stage": "prod"}]);
        api["account_throttle"] = wide();
        api["apis"]["a"]["stages"]["prod"]["throttle"] = wide();
        api["usage_plans"] = json!({PLAN: {"throttle": narrow(), "api_stages": stages}});
        match place {
            Place::Inline => api["api_keys"] = inline(FEW),
            Place::Files => api["api_key_files"] = json!({}),
        }
    }
    if let Limits::Shared(fleet_size) = limits {
        api["usage_plans"][PLAN]["quota"] = json!({"limit": 1_000_000, "period": "MONTH"});
        let cluster = tollgate_envoy_config::COUNTERS;
        api["counters"] = json!({"cluster": cluster, "fleet_size": fleet_size});
    }
    definition(api)
}

/// All of them.
pub fn group<'a>(
    files: &'a dyn Fn() -> &'a Path,
    counters: &'a dyn Fn() -> &'a Counters,
) -> Group<'a> {
    let mut group = Group::new("limits");
    let busy = Requests::of_keys(BUSY);
    let limit = |per: Value| {
        if per.is_null() {
            json!({"name": "all", "throttle": wide()})
        } else {
            json!({"name": "each", "throttle": narrow(), "per": per})
        }
    };
    let bare = |filters: Vec<Value>| Bare { filters, answers: Answers::Fault, ..Bare::default() };
    let start = move |bare: Bare| move || Proxy::bare(bare, 1);
    group.add(Row::new(ROUTER, &busy, start(bare(Vec::new()))));
    let own = bare(vec![native::local_ratelimit()]);
    group.add(Row::new("Envoy's local_ratelimit", &busy, start(own)).beside(ROUTER));
    let asking = move || Proxy::bare(filters::ratelimit(counters().url()), 1);
    let row = Row::new("Envoy's ratelimit, asking each time", &busy, asking);
    group.add(row.beside(ROUTER).asking());
    let lua = bare(vec![native::lua_bucket()]);
    group.add(Row::new("a token bucket in Lua", &busy, start(lua)).beside(ROUTER));
    let all = bare(vec![filters::throttle(&limit(Value::Null))]);
    group.add(Row::new("throttle.wasm", &busy, start(all)).beside(ROUTER));
    let each = bare(vec![filters::throttle(&limit("source_ip".into()))]);
    group.add(Row::new("throttle.wasm per source_ip", &busy, start(each)).beside(ROUTER));
    gateways(&mut group, files, counters);
    group
}

fn gateways<'a>(
    group: &mut Group<'a>,
    files: &'a dyn Fn() -> &'a Path,
    counters: &'a dyn Fn() -> &'a Counters,
) {
    let start = move |limits, place| {
        move || {
            let has_files = place == Place::Files && limits != Limits::None;
            let is_counted = matches!(limits, Limits::Shared(_));
            let delivery = Delivery {
                keys: has_files.then(files),
                counters: is_counted.then(|| counters().url()),
                ..Delivery::default()
            };
            let proxy = Proxy::gateway(&api(limits, place), &delivery, 1);
            proxy.wait_for(1, 200);
            proxy
        }
    };
    let busy = Requests::of_keys(BUSY);
    group.add(Row::new(GATEWAY, &busy, start(Limits::None, Place::Inline)));
    let limited = Row::new(LIMITED, &busy, start(Limits::Throttles, Place::Files));
    group.add(limited.beside(GATEWAY).target(Target::Added(1.5)));
    let (few, inline) = (Requests::of_keys(FEW), start(Limits::Throttles, Place::Inline));
    group.add(Row::new("... 10 keys in the definition", &few, inline).beside(GATEWAY));
    let (many, files) = (Requests::of_keys(MANY), start(Limits::Throttles, Place::Files));
    group.add(Row::new("... 100,000 keys take turns", &many, files).beside(GATEWAY));
    let quota = Row::new("... and a quota", &busy, start(Limits::Shared(1), Place::Files));
    group.add(quota.beside(GATEWAY).asking());
    let fleet = Row::new(SHARED, &busy, start(Limits::Shared(2), Place::Files));
    let target = Target::Times(LIMITED.to_owned(), 1.1);
    let other = start(Limits::Shared(2), Place::Files);
    group.add(fleet.beside(GATEWAY).asking().target(target).also(other));
    // A caller of which more comes asks for more at once.
    let hundred = Requests::of_keys(100);
    let row = Row::of("... the same, 100 keys take turns", &hundred, SHARED);
    group.add(row.beside(GATEWAY).asking());
}
