//! [`BucketHttp`]: sends the bucket client's requests with `ureq`, the HTTP client of the whole program.
//!
//! Knows nothing of buckets. Trust, proxies and TLS are thus the same for buckets, nodes and vaults: the platform's own
//! roots, the proxy of the environment, AWS-LC. `ureq` is synchronous, so a thread of the runtime waits for each request
//! and hands on the answer piece by piece.

use std::io::Read as _;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest,
    HttpResponse, HttpResponseBody, HttpService,
};
use object_store::{ClientOptions, Error};
use tokio::sync::mpsc;

/// How long a request may take, unless an option says otherwise.
const TIMEOUT: Duration = Duration::from_secs(120);
/// How long a connection may take to stand, unless an option says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read at once, and pieces that wait for their reader.
const PIECE: usize = 64 << 10;
const PIECES_AHEAD: usize = 2;

/// Makes [`BucketHttp`] from the options of a bucket.
#[derive(Debug)]
pub(super) struct BucketConnector;

impl HttpConnector for BucketConnector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let is_true = |key| options.get_config_value(&key).as_deref() == Some("true");
        if is_true(ClientConfigKey::AllowInvalidCertificates) {
            return Err(unusable("certificates are always checked"));
        }
        let connect = duration(options, ClientConfigKey::ConnectTimeout)?;
        let config = ureq::Agent::config_builder()
            .tls_config(mrms_tls::config())
            .https_only(!is_true(ClientConfigKey::AllowHttp))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(connect.unwrap_or(CONNECT_TIMEOUT)))
            .timeout_global(Some(duration(options, ClientConfigKey::Timeout)?.unwrap_or(TIMEOUT)))
            .user_agent(concat!("mrms/", env!("CARGO_PKG_VERSION")));
        let config = match options.get_config_value(&ClientConfigKey::ProxyUrl) {
            Some(address) => {
                let proxy = ureq::Proxy::new(&address);
                config.proxy(Some(proxy.map_err(|_| unusable("the proxy's address is wrong"))?))
            }
            None => config,
        };
        Ok(HttpClient::new(BucketHttp { agent: config.build().into() }))
    }
}

/// A duration among the options, such as `90 seconds`.
fn duration(
    options: &ClientOptions,
    key: ClientConfigKey,
) -> object_store::Result<Option<Duration>> {
    let text = options.get_config_value(&key);
    let parsed = text.map(|text| humantime::parse_duration(&text)).transpose();
    parsed.map_err(|_| unusable("a timeout is not a duration such as 90s"))
}

fn unusable(reason: &'static str) -> Error {
    Error::Generic { store: "bucket", source: reason.into() }
}

/// Requests to a bucket.
#[derive(Debug)]
struct BucketHttp {
    agent: ureq::Agent,
}

#[async_trait]
impl HttpService for BucketHttp {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let request = ureq::http::Request::from_parts(parts, body);
        let agent = self.agent.clone();
        let answered = tokio::task::spawn_blocking(move || send(&agent, request)).await;
        let stopped = |error| HttpError::new(HttpErrorKind::Interrupted, error);
        let (parts, body) = answered.map_err(stopped)??.into_parts();
        Ok(HttpResponse::from_parts(parts, pieces(body)))
    }
}

/// Sends a request and waits for the head of its answer.
fn send(
    agent: &ureq::Agent,
    request: ureq::http::Request<Bytes>,
) -> Result<ureq::http::Response<ureq::Body>, HttpError> {
    use ureq::http::Method;
    let has_body = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
    let (parts, body) = request.into_parts();
    let answered = if has_body {
        agent.run(ureq::http::Request::from_parts(parts, body.as_ref()))
    } else {
        agent.run(ureq::http::Request::from_parts(parts, ()))
    };
    answered.map_err(|error| HttpError::new(kind_of(&error), error))
}

/// What the bucket's client does with a failed request depends on this: it tries again unless the fault is certain to
/// come again.
fn kind_of(error: &ureq::Error) -> HttpErrorKind {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve)
        | ureq::Error::ConnectionFailed
        | ureq::Error::HostNotFound => HttpErrorKind::Connect,
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            HttpErrorKind::Connect
        }
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::Io(_) => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    }
}

/// The body of an answer. A thread reads it, at most [`PIECES_AHEAD`] pieces ahead; it ends when nobody reads on.
fn pieces(body: ureq::Body) -> HttpResponseBody {
    let (ready, mut waiting) = mpsc::channel(PIECES_AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut reader = body.into_reader();
        loop {
            let mut piece = vec![0; PIECE];
            let read = match reader.read(&mut piece) {
                Ok(0) => return,
                Ok(length) => {
                    piece.truncate(length);
                    Ok(Frame::data(Bytes::from(piece)))
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => Err(HttpError::new(HttpErrorKind::Interrupted, error)),
            };
            let is_over = read.is_err();
            if ready.blocking_send(read).is_err() || is_over {
                return;
            }
        }
    });
    let stream = futures_util::stream::poll_fn(move |context| waiting.poll_recv(context));
    HttpResponseBody::new(StreamBody::new(stream))
}
