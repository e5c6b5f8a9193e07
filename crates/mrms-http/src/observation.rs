//! [`Observation`]: times a request, counts it and writes its line in the log.
//!
//! The log and the metrics name the route and not the path, which may hold the id of a record or a person.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::response::Response;

use crate::Requests;

/// The stable code of a refusal. A server puts it in the extensions of its answer, for counters and log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalCode(pub &'static str);

/// A request that is being answered.
#[derive(Debug)]
pub struct Observation {
    began: Instant,
    method: Method,
    route: Option<MatchedPath>,
}

impl Observation {
    /// Begins when the head of a request has arrived.
    #[must_use]
    pub fn begin(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().cloned();
        Self { began: Instant::now(), method: request.method().clone(), route }
    }

    /// Ends when the head of the answer is known: counts and logs the request.
    pub fn end(self, response: &Response, requests: &Requests) {
        let Self { began, method, route } = self;
        let route = route.as_ref().map_or("none", MatchedPath::as_str);
        let (status, took) = (response.status().as_u16(), began.elapsed());
        requests.answered(route, status, took);
        let code = response.extensions().get::<RefusalCode>().map(|code| code.0);
        let took_ms = took.as_secs_f64() * 1_000.0;
        tracing::debug!(target: "mrms::http", %method, route, status, code, took_ms, "request");
    }
}
