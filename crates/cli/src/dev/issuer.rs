//! `tollgate dev issuer`: an OpenID issuer that gives anyone any token.

use std::sync::Arc;

use anyhow::Result;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};
use tollgate_policy::Endpoint;

use crate::dev::algorithm::Algorithm;
use crate::dev::claims::{self, Claims};
use crate::dev::server::Server;
use crate::dev::state::{Former, Place, State};
use crate::dev::token::now;
use crate::failure::Failure;

/// How long a token is good for where the request does not say.
const EXPIRES_IN: i64 = 3_600;

/// `tollgate dev issuer`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The port to listen on, on this machine only; 0 for any that is free
    #[arg(long, default_value_t = 8082)]
    port: u16,
    /// The issuer's URL, as tokens name it; where it listens where not given
    #[arg(long, value_name = "URL", value_parser = plain_url)]
    issuer: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// What every request needs to know. The keys are read for each: another process may change them.
struct Issuer {
    url: String,
    place: Place,
}

/// Serves the issuer until it is stopped.
pub async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let server = Server::listen(arguments.port)?;
    let url = arguments.issuer.unwrap_or_else(|| server.url());
    State::change(&arguments.place, |state| {
        state.issuer.clone_from(&url);
        Ok(())
    })?;
    let path = path(&url).to_owned();
    let issuer = Arc::new(Issuer { url, place: arguments.place });
    let routes = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks.json", get(jwks))
        .route("/token", post(token))
        .route("/rotate", post(rotate))
        .with_state(issuer);
    // An issuer whose URL has a path is found under it.
    let router = if path.is_empty() { routes } else { Router::new().nest(&path, routes) };
    server.serve("issuer", router).await
}

/// A URL with nothing after its path.
fn plain_url(text: &str) -> Result<String, String> {
    Endpoint::split(text).map_err(|invalid| invalid.to_string())?;
    if path(text).contains(['?', '{', '}', '*']) {
        return Err(format!("`{text}` has more than a path after its host"));
    }
    Ok(text.to_owned())
}

/// The path of a URL, without a slash at its end.
fn path(url: &str) -> &str {
    Endpoint::split(url).map(|(_, path)| path.trim_end_matches('/')).unwrap_or_default()
}

async fn discovery(Shared(issuer): Shared<Arc<Issuer>>) -> Json<Value> {
    let base = issuer.url.trim_end_matches('/');
    Json(json!({
        "issuer": issuer.url,
        "jwks_uri": format!("{base}/jwks.json"),
        "token_endpoint": format!("{base}/token"),
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "none"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": Algorithm::ALL.map(Algorithm::name),
    }))
}

async fn jwks(Shared(issuer): Shared<Arc<Issuer>>) -> Response {
    answer(State::load(&issuer.place).and_then(|state| state.jwks()))
}

/// Signs whatever the form says. `client_id` is also the subject unless `sub` is given; a field
/// that is no parameter of the request is a claim.
async fn token(
    Shared(issuer): Shared<Arc<Issuer>>,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    let field =
        |name: &str| form.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    let number = |text: &str| text.parse::<i64>().ok();
    let (Some(expires_in), Some(algorithm)) = (
        field("expires_in").map_or(Some(EXPIRES_IN), number),
        field("algorithm").map_or(Some(Algorithm::Rs256), Algorithm::named),
    ) else {
        let reason = "`expires_in` is a number of seconds, `algorithm` RS256, ES256 or EdDSA";
        return refusal("invalid_request", reason);
    };
    if field("grant_type").is_some_and(|grant| grant != "client_credentials") {
        return refusal("unsupported_grant_type", "`grant_type` is `client_credentials`");
    }
    const PARAMETERS: [&str; 6] =
        ["grant_type", "client_secret", "scope", "audience", "expires_in", "algorithm"];
    let further: Vec<_> = (form.iter())
        .filter(|(name, _)| !PARAMETERS.contains(&name.as_str()))
        .map(|(name, text)| (name.clone(), claims::value(text)))
        .collect();
    let all = |name: &str| {
        let fields = form.iter().filter(|(field, _)| field == name);
        fields.flat_map(|(_, value)| value.split(' ')).map(str::to_owned).collect::<Vec<_>>()
    };
    let scopes = all("scope");
    let claims = Claims {
        issuer: &issuer.url,
        subject: field("client_id").unwrap_or("dev"),
        audiences: &all("audience"),
        scopes: &scopes,
        expires_in,
        further: &further,
    };
    answer(State::load(&issuer.place).and_then(|state| {
        let token = state.key(algorithm)?.sign(claims.at(now()))?;
        Ok(json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": expires_in,
            "scope": scopes.join(" "),
        }))
    }))
}

/// What `POST /rotate?algorithm=ES256&former=drop` may say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// Only the key for this algorithm; all where absent.
    algorithm: Option<String>,
    /// What happens to the keys before.
    #[serde(default = "keep")]
    former: Former,
}

const fn keep() -> Former {
    Former::Keep
}

/// Makes new keys. The keys before stay in the key set until the next time, unless told otherwise.
async fn rotate(Shared(issuer): Shared<Arc<Issuer>>, Query(rotation): Query<Rotation>) -> Response {
    let only = match rotation.algorithm.as_deref().map(Algorithm::named) {
        None => None,
        Some(Some(algorithm)) => Some(algorithm),
        Some(None) => return refusal("invalid_request", "`algorithm` is RS256, ES256 or EdDSA"),
    };
    let made = tokio::task::spawn_blocking(move || {
        State::change(&issuer.place, |state| state.rotate(only, rotation.former))?.jwks()
    });
    answer(made.await.unwrap_or_else(|error| Err(error.into())))
}

fn answer(outcome: Result<Value>) -> Response {
    match outcome {
        Ok(json) => Json(json).into_response(),
        Err(error) => {
            let body = json!({"error": "server_error", "error_description": format!("{error:#}")});
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
        }
    }
}

fn refusal(error: &str, description: &str) -> Response {
    let body = json!({"error": error, "error_description": description});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
