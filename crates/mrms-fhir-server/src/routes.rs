//! The routes of FHIR's REST API, below `/fhir`.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Form, Path, Query as Parameters, Request, State};
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use mrms_fhir::query::Handling;
use mrms_fhir::write::{Capabilities, capabilities};
use mrms_fhir::{Kind, Query, Refusal, Why, bundle, etag, page};
use serde_json::{Value, json};

use crate::answer::{self, FhirError, prefers};
use crate::guard::{
    must_accept_json, must_have_token, must_send_json, put_headers, wants_resource,
};
use crate::server::{FhirServer, Server};
use crate::work::with_home;
use crate::{adding, consenting, content, gather};

/// Longest body, in bytes: a document as base64.
const MOST_BODY: usize = 45 * 1024 * 1024;

type Pairs = Vec<(String, String)>;
type Answer = Result<Response, FhirError>;

/// All routes.
pub fn router(server: FhirServer) -> Router {
    let FhirServer(server) = server;
    let guarded = Router::new()
        .route("/fhir", get(nothing_here).post(nothing_here))
        .route("/fhir/", get(nothing_here).post(nothing_here))
        .route("/fhir/Binary/{id}", get(binary))
        .route("/fhir/{kind}", get(search).post(create))
        .route("/fhir/{kind}/_search", post(search_by_form))
        .route("/fhir/{kind}/{id}", get(read).put(update))
        .route("/fhir/{kind}/{id}/_history", get(history))
        .route("/fhir/{kind}/{id}/_history/{version}", get(vread))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(from_fn_with_state(Arc::clone(&server), must_have_token));
    Router::new()
        .route("/fhir/metadata", get(metadata))
        .route("/fhir/.well-known/smart-configuration", get(smart))
        .merge(guarded)
        .layer(from_fn(put_headers))
        .with_state(server)
}

async fn nothing_here() -> FhirError {
    FhirError(
        Why::NotFound
            .because("There is nothing at this address.")
            .hint("/fhir/metadata says what is here."),
    )
}

async fn wrong_method(method: Method) -> FhirError {
    FhirError(
        Why::NoSuchAction
            .because(format!("{method} is not done here."))
            .hint("/fhir/metadata says what is."),
    )
}

fn kind(name: &str) -> Result<Kind, Refusal> {
    Kind::parse(name).ok_or_else(|| {
        Why::NotFound
            .because(format!("There are no resources {name:?} here."))
            .hint("/fhir/metadata names those that are here.")
    })
}

/// `GET /metadata`.
async fn metadata(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Parameters(pairs): Parameters<Pairs>,
) -> Answer {
    must_accept_json(&headers, &pairs)?;
    let settings = &server.settings;
    let of =
        Capabilities { base: &settings.base, version: settings.version, since: settings.since };
    Ok(answer::json(StatusCode::OK, &capabilities(&of).to_string()))
}

/// `GET /.well-known/smart-configuration`: there is no OAuth here, and so nothing that SMART would need.
async fn smart(State(server): State<Arc<Server>>) -> Response {
    let text = json!({
        "issuer": server.settings.base,
        "grant_types_supported": [],
        "scopes_supported": [],
        "response_types_supported": [],
        "code_challenge_methods_supported": [],
        "capabilities": [],
    });
    axum::Json(text).into_response()
}

/// `GET /TYPE`.
async fn search(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Parameters(pairs): Parameters<Pairs>,
    headers: HeaderMap,
) -> Answer {
    found(server, &name, pairs, &headers).await
}

/// `POST /TYPE/_search`: the same, with its parameters in a body, where no log of addresses has them.
async fn search_by_form(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Parameters(mut pairs): Parameters<Pairs>,
    headers: HeaderMap,
    form: Result<Form<Pairs>, axum::extract::rejection::FormRejection>,
) -> Answer {
    let Form(more) = form.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Why::TooLong.because("The search is too long."),
        _ => Why::NotFhir
            .because("A search is sent with Content-Type: application/x-www-form-urlencoded."),
    })?;
    pairs.extend(more);
    found(server, &name, pairs, &headers).await
}

async fn found(server: Arc<Server>, name: &str, pairs: Pairs, headers: &HeaderMap) -> Answer {
    must_accept_json(headers, &pairs)?;
    let handling = match prefers(headers, "handling=lenient") {
        true => Handling::Lenient,
        false => Handling::Strict,
    };
    let base = server.settings.base.clone();
    let query = Query::parse(kind(name)?, &pairs, handling, &base)?;
    let text = with_home(server, move |work| {
        let page = page::page(&query, gather::all(work, &query)?);
        Ok(bundle::searchset(&base, &query, &page))
    });
    Ok(answer::json(StatusCode::OK, &text.await?))
}

/// `GET /TYPE/ID`.
async fn read(
    State(server): State<Arc<Server>>,
    Path((name, id)): Path<(String, String)>,
    Parameters(pairs): Parameters<Pairs>,
    headers: HeaderMap,
) -> Answer {
    must_accept_json(&headers, &pairs)?;
    let kind = kind(&name)?;
    let mut versions = with_home(server, move |work| gather::versions(work, kind, &id)).await?;
    let newest = versions.swap_remove(0);
    let known = headers.get(IF_NONE_MATCH).and_then(|header| header.to_str().ok());
    // A Consent runs out without a further version, and says so.
    let may_be_the_same = kind != Kind::Consent;
    if let Some(known) = known.filter(|_| may_be_the_same)
        && etag::parse(known) == Ok(newest.version)
    {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    Ok(answer::resource(&newest))
}

/// `GET /TYPE/ID/_history/VERSION`.
async fn vread(
    State(server): State<Arc<Server>>,
    Path((name, id, version)): Path<(String, String, String)>,
    Parameters(pairs): Parameters<Pairs>,
    headers: HeaderMap,
) -> Answer {
    must_accept_json(&headers, &pairs)?;
    let kind = kind(&name)?;
    let found = with_home(server, move |work| {
        let versions = gather::versions(work, kind, &id)?;
        let of_version = versions.into_iter().find(|one| one.version.to_string() == version);
        of_version.ok_or_else(|| {
            Why::NotFound.because(format!("{kind}/{id} has no version {version:?}."))
        })
    });
    Ok(answer::resource(&found.await?))
}

/// `GET /TYPE/ID/_history`.
async fn history(
    State(server): State<Arc<Server>>,
    Path((name, id)): Path<(String, String)>,
    Parameters(pairs): Parameters<Pairs>,
    headers: HeaderMap,
) -> Answer {
    must_accept_json(&headers, &pairs)?;
    let (kind, base) = (kind(&name)?, server.settings.base.clone());
    let versions = with_home(server, move |work| gather::versions(work, kind, &id)).await?;
    Ok(answer::json(StatusCode::OK, &bundle::history(&base, &versions)))
}

/// `GET /Binary/ID`.
async fn binary(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Parameters(pairs): Parameters<Pairs>,
    request: Request,
) -> Answer {
    // A look at the head would open the record as well.
    if request.method() != Method::GET {
        return Err(Why::NoSuchAction.because("A Binary is read with GET alone.").into());
    }
    let format = pairs.iter().any(|(name, value)| name == "_format" && value.contains("json"));
    match format || wants_resource(request.headers()) {
        true => content::as_resource(server, id).await,
        false => content::as_bytes(server, id).await,
    }
}

fn parsed(headers: &HeaderMap, body: &Bytes) -> Result<Value, Refusal> {
    must_send_json(headers)?;
    serde_json::from_slice(body)
        .map_err(|error| Why::Invalid.because(format!("The body is no JSON: {error}.")))
}

/// `POST /Consent`, `POST /DocumentReference`.
async fn create(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Answer {
    let kind = kind(&name)?;
    if !matches!(kind, Kind::Consent | Kind::DocumentReference) {
        return Err(Why::NoSuchAction.because(format!("No {kind} is made here.")).into());
    }
    let body =
        body.map_err(|_| Why::TooLong.because(format!("A body has at most {MOST_BODY} bytes.")))?;
    let value = parsed(&headers, &body)?;
    let base = server.settings.base.clone();
    let unless = match headers.get("if-none-exist").map(|header| header.to_str()) {
        None => None,
        Some(Ok(text)) if kind == Kind::Consent => {
            let pairs: Pairs = decoded(text);
            Some(Query::parse(kind, &pairs, Handling::Strict, &base)?)
        }
        Some(_) => {
            return Err(Why::Invalid
                .because("If-None-Exist is for Consents, with search parameters.")
                .into());
        }
    };
    let (resource, is_new) = with_home(server, move |work| {
        if let Some(query) = &unless
            && let Some(known) = consenting::existing(work, query)?
        {
            return Ok((known, false));
        }
        let made = match kind {
            Kind::Consent => consenting::create(work, &value)?,
            _ => adding::create(work, &value)?,
        };
        Ok((made, true))
    })
    .await?;
    Ok(answer::wrote(&base, &resource, is_new, &headers))
}

/// The parameters in a text such as `status=active&actor=x`.
fn decoded(text: &str) -> Pairs {
    let uri: Result<axum::http::Uri, _> = format!("/?{}", text.trim_start_matches('?')).parse();
    let parameters = uri.ok().and_then(|uri| Parameters::<Pairs>::try_from_uri(&uri).ok());
    parameters.map(|Parameters(pairs)| pairs).unwrap_or_default()
}

/// `PUT /Consent/ID`.
async fn update(
    State(server): State<Arc<Server>>,
    Path((name, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Answer {
    let kind = kind(&name)?;
    if kind != Kind::Consent {
        return Err(Why::NoSuchAction.because(format!("No {kind} is changed here.")).into());
    }
    let body =
        body.map_err(|_| Why::TooLong.because(format!("A body has at most {MOST_BODY} bytes.")))?;
    let value = parsed(&headers, &body)?;
    let base = server.settings.base.clone();
    let if_match = headers.get(IF_MATCH).and_then(|header| header.to_str().ok()).map(str::to_owned);
    let resource =
        with_home(server, move |work| consenting::update(work, &id, if_match.as_deref(), &value))
            .await?;
    Ok(answer::wrote(&base, &resource, false, &headers))
}
