//! Requests and answers over HTTP: limits, timeouts, and when to try again.
//!
//! Knows nothing of Stacks, and serves other clients of this workspace, too. TLS is rustls with
//! AWS-LC and the platform's own roots. What is larger than a message goes by [`super::stream`].

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ureq::http::{HeaderMap, Uri};

use super::{ClientError, ClientSettings, PlainHttp};

/// Longest answer that is read: a block's worth of hexadecimal and more.
const ANSWER_MAX: u64 = 16 << 20;
/// Longest pause that a server can ask for. Public APIs count requests by the minute.
const PAUSE_MAX: Duration = Duration::from_secs(65);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An answer, whatever its status.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer {
    /// What was asked.
    pub url: String,
    /// The status, after RFC 9110 section 15.
    pub status: u16,
    /// The body, whole.
    pub body: Vec<u8>,
    headers: HeaderMap,
}

impl Answer {
    pub(super) fn new(url: &str, status: u16, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { url: url.to_owned(), status, body, headers }
    }

    /// Whether the status is one of the 200s.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header's text, if it is there and text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON, of an answer that is a success.
    ///
    /// # Errors
    ///
    /// [`ClientError::Answer`], and [`ClientError::Transport`] for a status that may pass.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        if !self.is_success() {
            return Err(self.unexpected());
        }
        serde_json::from_slice(&self.body).map_err(|error| self.wrong(error))
    }

    /// An answer that can't be understood.
    pub fn wrong(&self, reason: impl fmt::Display) -> ClientError {
        ClientError::Answer { url: self.url.clone(), reason: reason.to_string() }
    }

    /// A status that nothing is to be made of.
    #[must_use]
    pub fn unexpected(&self) -> ClientError {
        let reason = format!("status {}: {}", self.status, self.told());
        if self.is_passing() {
            ClientError::Transport { url: self.url.clone(), reason }
        } else {
            ClientError::Answer { url: self.url.clone(), reason }
        }
    }

    /// The beginning of the body as text.
    pub(super) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        shortened(text.trim())
    }

    /// What an error says. The hosted API says it in JSON, as `message`; a node says it in a line of text.
    pub(super) fn told(&self) -> String {
        #[derive(Deserialize)]
        struct ErrorJson {
            message: String,
        }
        match serde_json::from_slice(&self.body) {
            Ok(ErrorJson { message }) => shortened(message.trim()),
            Err(_) => self.text(),
        }
    }

    /// Too many requests, or a fault of the server: the same request may succeed later.
    fn is_passing(&self) -> bool {
        self.status == 429 || (self.status >= 500 && self.status != 501)
    }
}

/// The beginning of a text that may be long.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What is asked.
#[derive(Clone, Copy)]
enum Request<'a> {
    Get,
    Head,
    Post { body: &'a [u8], kind: &'static str },
}

/// What leads to another try.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Retry {
    /// No answer, or one that says to come again.
    Read,
    /// Only no answer.
    Write,
    /// No answer, or one that says that too much was asked: the bytes do nothing twice.
    Broadcast,
    /// Nothing: it may have arrived, and must not arrive twice.
    Never,
}

/// How long one try may take.
#[derive(Clone, Copy)]
struct Bounds {
    /// For making a connection; `None` for the usual time.
    reach: Option<Duration>,
    /// For all of it; `None` for as long as the settings say.
    whole: Option<Duration>,
}

/// Whether a message may be sent again when no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Yes: whoever gets it twice does it once.
    WhenUnanswered,
    /// No.
    Never,
}

/// Requests to one address.
pub struct Transport {
    pub(super) agent: ureq::Agent,
    base: String,
    pub(super) settings: ClientSettings,
    /// Whether anything ever answered.
    is_reached: AtomicBool,
    /// In a hurry: whether it was told that the address does not answer, and whether it left a request wholly unanswered.
    is_told: AtomicBool,
    is_silent: AtomicBool,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Transport {
    /// Requests to this address; asks nothing yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`].
    pub fn new(url: &str, settings: ClientSettings) -> Result<Self, ClientError> {
        let wrong = |reason| ClientError::Url { url: url.to_owned(), reason };
        let uri: Uri = url.parse().map_err(|_| wrong("it cannot be read"))?;
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| wrong("it names no host"))?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(wrong("a name or password does not belong into it"));
        }
        if uri.query().is_some() {
            return Err(wrong("it has a query"));
        }
        let is_near = is_loopback(host);
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_near || settings.plain_http == PlainHttp::Anywhere => {}
            Some("http") => return Err(wrong("unencrypted HTTP is only for this machine")),
            _ => return Err(wrong("it does not begin with https:// or http://")),
        }
        let config = ureq::Agent::config_builder()
            .tls_config(mrms_tls::config())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT.min(settings.timeout)))
            .timeout_global(Some(settings.timeout))
            .user_agent(concat!("mrms/", env!("CARGO_PKG_VERSION")));
        // A proxy of the environment is for what lies outside.
        let config = if is_near { config.proxy(None) } else { config };
        let base = url.trim_end_matches('/').to_owned();
        Ok(Self {
            agent: config.build().into(),
            base,
            settings,
            is_reached: AtomicBool::new(false),
            is_told: AtomicBool::new(false),
            is_silent: AtomicBool::new(false),
        })
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.base
    }

    /// How long the first pause between two tries is.
    #[must_use]
    pub fn pause(&self) -> Duration {
        self.settings.pause
    }

    /// Asks for a path.
    ///
    /// # Errors
    ///
    /// [`ClientError::Transport`] or [`ClientError::Answer`].
    pub fn get(&self, path: &str) -> Result<Answer, ClientError> {
        self.send(path, Request::Get, Retry::Read)
    }

    /// Asks for the headers of a path.
    ///
    /// # Errors
    ///
    /// [`ClientError::Transport`] or [`ClientError::Answer`].
    pub fn head(&self, path: &str) -> Result<Answer, ClientError> {
        self.send(path, Request::Head, Retry::Read)
    }

    /// Sends a message as JSON.
    ///
    /// # Errors
    ///
    /// [`ClientError::Transport`], and the message may have arrived; [`ClientError::Answer`].
    pub fn post_json(
        &self,
        path: &str,
        message: &impl Serialize,
        repeat: Repeat,
    ) -> Result<Answer, ClientError> {
        let body = serde_json::to_vec(message).map_err(|error| ClientError::Answer {
            url: format!("{}{path}", self.base),
            reason: error.to_string(),
        })?;
        let retry = match repeat {
            Repeat::WhenUnanswered => Retry::Write,
            Repeat::Never => Retry::Never,
        };
        self.send(path, Request::Post { body: &body, kind: "application/json" }, retry)
    }

    /// Asks a question that has a body and changes nothing.
    pub(super) fn ask(&self, path: &str, body: &serde_json::Value) -> Result<Answer, ClientError> {
        let body = body.to_string();
        let request = Request::Post { body: body.as_bytes(), kind: "application/json" };
        self.send(path, request, Retry::Read)
    }

    /// Sends bytes that may be sent again as they are.
    pub(super) fn post(&self, path: &str, body: &[u8]) -> Result<Answer, ClientError> {
        self.send(path, Request::Post { body, kind: "application/octet-stream" }, Retry::Broadcast)
    }

    fn send(&self, path: &str, request: Request<'_>, retry: Retry) -> Result<Answer, ClientError> {
        let url = format!("{}{path}", self.base);
        let (mut pause, begun) = (self.settings.pause, Instant::now());
        let mut tries = 1;
        loop {
            let reach = self.settings.reach.filter(|_| !self.is_reached.load(Ordering::Relaxed));
            let bounds = Bounds { reach, whole: self.hurried(tries, retry) };
            let (outcome, asked) = match self.once(&url, request, bounds) {
                Ok((answer, asked)) => {
                    self.is_reached.store(true, Ordering::Relaxed);
                    (Ok(answer), asked)
                }
                Err(error) => (Err(error), None),
            };
            let again = match &outcome {
                Ok(answer) if retry == Retry::Broadcast => answer.status == 429,
                Ok(answer) => retry == Retry::Read && answer.is_passing(),
                Err(ClientError::Transport { .. }) => retry != Retry::Never,
                Err(_) => false,
            };
            let is_late = |reach: Duration| begun.elapsed().saturating_add(pause) > reach;
            let is_away = outcome.is_err() && reach.is_some_and(is_late);
            let is_last = is_away || tries >= self.attempts();
            if again && outcome.is_err() {
                self.tell_unanswered(is_last);
            }
            if !again || is_last {
                return outcome;
            }
            thread::sleep(asked.unwrap_or(pause).min(PAUSE_MAX));
            pause = pause.saturating_mul(2);
            tries += 1;
        }
    }

    /// How long a try may take, where a person waits; `None` for as long as the settings say.
    fn hurried(&self, tries: u32, retry: Retry) -> Option<Duration> {
        let hurry = self.settings.hurry.as_ref().filter(|_| retry != Retry::Never)?;
        let is_short = tries == 1 || self.is_silent.load(Ordering::Relaxed);
        is_short.then_some(hurry.first.min(self.settings.timeout))
    }

    fn attempts(&self) -> u32 {
        let is_hopeless = self.settings.hurry.is_some() && self.is_silent.load(Ordering::Relaxed);
        if is_hopeless { 1 } else { self.settings.attempts }
    }

    /// Tells once that the address does not answer, where a person waits.
    fn tell_unanswered(&self, is_last: bool) {
        let Some(hurry) = &self.settings.hurry else { return };
        if is_last {
            self.is_silent.store(true, Ordering::Relaxed);
        }
        if !self.is_told.swap(true, Ordering::Relaxed) {
            (hurry.tell)(&self.base);
        }
    }

    /// One request; the pause that the server asks for beside the answer.
    fn once(
        &self,
        url: &str,
        request: Request<'_>,
        bounds: Bounds,
    ) -> Result<(Answer, Option<Duration>), ClientError> {
        let key = self.settings.api_key.as_ref().map(|key| ("x-api-key", key.0.as_str()));
        let answered = match request {
            Request::Get => within(with(self.agent.get(url), key), bounds).call(),
            Request::Head => within(with(self.agent.head(url), key), bounds).call(),
            Request::Post { body, kind } => {
                let post = with(self.agent.post(url), key).header("content-type", kind);
                within(post, bounds).send(body)
            }
        };
        let mut response = answered.map_err(|error| fault(url, &error))?;
        let status = response.status().as_u16();
        let seconds = response.headers().get("retry-after").and_then(|text| text.to_str().ok());
        let asked = seconds.and_then(|text| text.parse().ok()).map(Duration::from_secs);
        let body = response.body_mut().with_config().limit(ANSWER_MAX).read_to_vec();
        let body = body.map_err(|error| fault(url, &error))?;
        let headers = response.headers().clone();
        Ok((Answer::new(url, status, headers, body), asked))
    }
}

/// The request with this header, if there is one.
fn with<B>(
    request: ureq::RequestBuilder<B>,
    header: Option<(&str, &str)>,
) -> ureq::RequestBuilder<B> {
    match header {
        Some((name, value)) => request.header(name, value),
        None => request,
    }
}

/// The request, whose connection may take so long.
fn within<B>(request: ureq::RequestBuilder<B>, bounds: Bounds) -> ureq::RequestBuilder<B> {
    let request = match bounds.whole {
        Some(whole) => request.config().timeout_global(Some(whole)).build(),
        None => request,
    };
    let Some(reach) = bounds.reach else { return request };
    let connect = Some(reach.min(CONNECT_TIMEOUT));
    request.config().timeout_resolve(connect).timeout_connect(connect).build()
}

pub(super) fn fault(url: &str, error: &ureq::Error) -> ClientError {
    let (url, reason) = (url.to_owned(), error.to_string());
    match error {
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => {
            ClientError::Answer { url, reason }
        }
        _ => ClientError::Transport { url, reason },
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str, plain_http: PlainHttp) -> Option<String> {
        let settings = ClientSettings { plain_http, ..ClientSettings::default() };
        Transport::new(url, settings).err().map(|error| error.to_string())
    }

    #[test]
    fn error_is_told_whether_it_comes_as_json_or_as_text() {
        let json = r#"{"statusCode":404,"error":"Not Found","message":"Block not found"}"#;
        let long = format!("{{\"message\":\"{}\"}}", "x".repeat(400));
        for (body, told) in [
            (json, "status 404: Block not found".to_owned()),
            ("No such transaction\n", "status 404: No such transaction".to_owned()),
            (r#"{"error":"gone"}"#, r#"status 404: {"error":"gone"}"#.to_owned()),
            (&long, format!("status 404: {}…", "x".repeat(300))),
            ("", "status 404: ".to_owned()),
        ] {
            let answer = Answer::new("http://127.0.0.1", 404, HeaderMap::new(), body.into());
            let ClientError::Answer { reason, .. } = answer.unexpected() else {
                unreachable!("the status is no passing one")
            };
            assert_eq!(reason, told);
        }
    }

    #[test]
    fn unencrypted_http_leaves_this_machine_only_when_allowed() {
        for near in ["http://127.0.0.1:20443", "http://localhost:1/", "http://[::1]:1"] {
            assert_eq!(refusal(near, PlainHttp::LoopbackOnly), None, "{near}");
        }
        for far in ["http://example.org", "http://10.0.0.1:20443", "http://127.0.0.1.example.org"] {
            assert!(refusal(far, PlainHttp::LoopbackOnly).is_some(), "{far}");
            assert_eq!(refusal(far, PlainHttp::Anywhere), None, "{far}");
        }
        assert_eq!(refusal("https://example.org", PlainHttp::LoopbackOnly), None);
    }

    #[test]
    fn what_is_no_address_of_a_node_is_refused() {
        for url in ["", "example.org", "ftp://example.org", "https://", "https://me:pw@example.org"]
        {
            assert!(refusal(url, PlainHttp::Anywhere).is_some(), "{url:?}");
        }
    }
}
