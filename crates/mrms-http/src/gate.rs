//! [`Gate`]: which requests a server lets in at all, by the names in their head.
//!
//! A page in a browser can send requests to this machine. It can't choose the header `Host`, which is the name in its
//! own address, nor the header `Origin`, which names the page. So a server answers only to names that are its own, and
//! to no page of another origin unless that was allowed. This also ends DNS rebinding: the name that leads back to this
//! machine is still somebody else's. Standards: RFC 9110 section 7.2, RFC 9112 section 3.2, the Fetch standard.
//!
//! Says nothing about who may do what.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use axum::Json;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::RefusalCode;

/// A name by which clients reach a server: a DNS name or an address, without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

/// Why a text is no [`HostName`] or [`WebOrigin`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is no name of a host.
    #[error("{0:?} is no name of a host: give it like vault.example.org, without a port")]
    Host(String),
    /// It is no origin.
    #[error("{0:?} is no origin: give it like https://tools.example.org, or * for every page")]
    Origin(String),
}

impl FromStr for HostName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || NameError::Host(text.to_owned());
        if let Some(address) = address_of(text) {
            return Ok(Self(address.to_string()));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        let is_name = (1..=253).contains(&text.len()) && text.bytes().all(allowed);
        if !is_name || text.starts_with('.') {
            return Err(wrong());
        }
        Ok(Self(plain(text)))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Pages that may ask: those of one origin, or all (`*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebOrigin {
    /// Pages of every origin.
    Any,
    /// Pages of this one: scheme, name, and port if it is not the scheme's own.
    One(String),
}

impl FromStr for WebOrigin {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let authority = rest.and_then(|rest| rest.parse::<Authority>().ok());
        match authority.filter(is_host_and_port) {
            Some(_) => Ok(Self::One(text.to_ascii_lowercase())),
            None => Err(NameError::Origin(text.to_owned())),
        }
    }
}

/// Which requests a server lets in. By default those to this machine's own names, and no page of another origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// Further names of the server, as a reverse proxy passes them on.
    pub hosts: Vec<HostName>,
    /// Pages of other origins that may ask.
    pub origins: Vec<WebOrigin>,
}

/// Why a request is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateRefusal {
    /// It does not name one host.
    #[error("a request names one host, in one header Host")]
    NotOneHost,
    /// The name is none of the server's.
    #[error(
        "this server does not answer to the name {host}: allow it with --allow-host, or with hosts under [serve] in mrms.toml"
    )]
    OtherHost {
        /// The name.
        host: String,
    },
    /// A page of another origin asks.
    #[error("pages of other origins may not ask this server")]
    OtherOrigin,
    /// Another user of this machine asks ([`crate::Whose`]).
    #[error(
        "this server answers to programs of the user who runs it alone: with --any-user it answers to those of others as well"
    )]
    OtherUser,
}

impl GateRefusal {
    const fn code(&self) -> &'static str {
        match self {
            Self::NotOneHost => "not-one-host",
            Self::OtherHost { .. } => "other-host",
            Self::OtherOrigin => "other-origin",
            Self::OtherUser => "other-user",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::NotOneHost => StatusCode::BAD_REQUEST,
            Self::OtherHost { .. } => StatusCode::MISDIRECTED_REQUEST,
            Self::OtherOrigin | Self::OtherUser => StatusCode::FORBIDDEN,
        }
    }
}

impl IntoResponse for GateRefusal {
    fn into_response(self) -> Response {
        let code = self.code();
        let body = json!({"error": {"code": code, "message": self.to_string()}});
        let mut response = (self.status(), Json(body)).into_response();
        response.extensions_mut().insert(RefusalCode(code));
        response
    }
}

impl Gate {
    /// Looks at the head of a request that came to the address `own` of this machine.
    ///
    /// # Errors
    ///
    /// [`GateRefusal`].
    pub fn admit<B>(&self, request: &Request<B>, own: IpAddr) -> Result<(), GateRefusal> {
        let mut hosts = request.headers().get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => Some(authority(host)?),
            // Older clients name no host. No browser does that.
            (None, None) if request.version() < Version::HTTP_11 => None,
            _ => return Err(GateRefusal::NotOneHost),
        };
        // A request to a proxy names the host in its first line as well.
        let named = [host.as_ref(), request.uri().authority()];
        for authority in named.into_iter().flatten() {
            if !is_host_and_port(authority) {
                return Err(GateRefusal::NotOneHost);
            }
            if !self.is_own(authority.host(), own) {
                let host = authority.host().to_owned();
                return Err(GateRefusal::OtherHost { host });
            }
        }
        self.admit_origin(request.headers(), host.as_ref())
    }

    /// Whether the server answers to this name.
    fn is_own(&self, host: &str, own: IpAddr) -> bool {
        let listed = |name: &str| self.hosts.iter().any(|host| host.0 == name);
        match address_of(host) {
            Some(address) => {
                address.is_loopback()
                    || address == own.to_canonical()
                    || listed(&address.to_string())
            }
            None => {
                let name = plain(host);
                name == "localhost" || listed(&name)
            }
        }
    }

    fn admit_origin(
        &self,
        headers: &HeaderMap,
        host: Option<&Authority>,
    ) -> Result<(), GateRefusal> {
        for origin in headers.get_all(ORIGIN) {
            let origin = origin.to_str().map(str::to_ascii_lowercase).unwrap_or_default();
            // A page that this server's own address gave out.
            let (_, page) = origin.split_once("://").unwrap_or_default();
            let is_own = host.is_some_and(|host| page.eq_ignore_ascii_case(host.as_str()));
            let is_listed = self.origins.iter().any(|allowed| match allowed {
                WebOrigin::Any => true,
                WebOrigin::One(one) => *one == origin,
            });
            if !is_own && !is_listed {
                return Err(GateRefusal::OtherOrigin);
            }
        }
        Ok(())
    }
}

fn authority(host: &HeaderValue) -> Result<Authority, GateRefusal> {
    let authority = Authority::try_from(host.as_bytes()).map_err(|_| GateRefusal::NotOneHost)?;
    if authority.host().is_empty() || !is_host_and_port(&authority) {
        return Err(GateRefusal::NotOneHost);
    }
    Ok(authority)
}

/// Whether an authority is a name, perhaps with a port, and nothing else. The parser takes any text for a port
/// (`127.0.0.1:80.evil`) and a name of somebody before the host.
fn is_host_and_port(authority: &Authority) -> bool {
    let Some(rest) = authority.as_str().strip_prefix(authority.host()) else { return false };
    match rest.strip_prefix(':') {
        Some(port) => port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok(),
        None => rest.is_empty(),
    }
}

/// The address that a name is, in or without brackets.
fn address_of(host: &str) -> Option<IpAddr> {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    inner.unwrap_or(host).parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// A name as it is compared: in small letters, without the dot of the root.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().uri("/v2/info");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    fn code(gate: &Gate, own: IpAddr, headers: &[(&str, &str)]) -> Option<&'static str> {
        gate.admit(&request(headers), own).err().map(|refusal| refusal.code())
    }

    #[test]
    fn this_machines_names_are_let_in_and_others_are_not() {
        let gate = Gate::default();
        for host in [
            "localhost",
            "LocalHost:20443",
            "localhost.",
            "127.0.0.1:20443",
            "[::1]:1",
            "127.9.9.9",
        ] {
            assert_eq!(code(&gate, HERE, &[("host", host)]), None, "{host}");
        }
        for host in [
            "attacker.example:20443",
            "localhost.attacker.example",
            "127.0.0.1.nip.io",
            "192.168.0.9",
            "notlocalhost",
        ] {
            assert_eq!(code(&gate, HERE, &[("host", host)]), Some("other-host"), "{host}");
        }
    }

    #[test]
    fn own_address_and_listed_names_are_let_in() {
        let own: IpAddr = "192.168.0.9".parse().unwrap();
        assert_eq!(code(&Gate::default(), own, &[("host", "192.168.0.9:20444")]), None);
        let mapped: IpAddr = "::ffff:192.168.0.9".parse().unwrap();
        assert_eq!(code(&Gate::default(), mapped, &[("host", "192.168.0.9")]), None);
        let gate = Gate {
            hosts: vec!["Vault.Example.ORG.".parse().unwrap(), "10.1.2.3".parse().unwrap()],
            origins: Vec::new(),
        };
        for host in ["vault.example.org", "VAULT.example.org:443", "10.1.2.3:80"] {
            assert_eq!(code(&gate, HERE, &[("host", host)]), None, "{host}");
        }
        assert_eq!(code(&gate, HERE, &[("host", "example.org")]), Some("other-host"));
    }

    #[test]
    fn request_names_exactly_one_host() {
        let gate = Gate::default();
        let wrong = Some("not-one-host");
        assert_eq!(code(&gate, HERE, &[]), wrong);
        assert_eq!(code(&gate, HERE, &[("host", "localhost"), ("host", "localhost")]), wrong);
        for host in [
            "",
            "a b",
            "me@localhost",
            "local\u{a0}host",
            "127.0.0.1:20445.evil",
            "localhost:20445.evil.example",
            "127.0.0.1:evil",
            "localhost:",
            "localhost:+80",
            "localhost:65536",
            "[::1]:80.evil",
            "[::1]80",
            "[::1].evil",
        ] {
            let host = HeaderValue::from_bytes(host.as_bytes()).unwrap();
            let mut request = request(&[]);
            request.headers_mut().insert(HOST, host);
            let refusal = gate.admit(&request, HERE).unwrap_err();
            assert_eq!(refusal, GateRefusal::NotOneHost);
        }
        let old = Request::builder().version(Version::HTTP_10).body(()).unwrap();
        assert_eq!(gate.admit(&old, HERE), Ok(()));
    }

    #[test]
    fn host_in_the_first_line_counts_as_well() {
        let request = Request::builder().uri("http://attacker.example/v2/info");
        let request = request.header("host", "localhost").body(()).unwrap();
        let refusal = Gate::default().admit(&request, HERE).unwrap_err();
        assert!(matches!(refusal, GateRefusal::OtherHost { .. }));
        let request = Request::builder().uri("http://localhost:80.evil/v2/info");
        let request = request.header("host", "localhost").body(()).unwrap();
        assert_eq!(Gate::default().admit(&request, HERE), Err(GateRefusal::NotOneHost));
    }

    #[test]
    fn pages_of_other_origins_are_not_let_in_unless_they_are_listed() {
        let from = |origin: &'static str| [("host", "localhost:20443"), ("origin", origin)];
        let gate = Gate::default();
        assert_eq!(code(&gate, HERE, &from("http://localhost:20443")), None, "the server's own");
        for origin in ["https://attacker.example", "null", "http://localhost:3000", ""] {
            assert_eq!(code(&gate, HERE, &from(origin)), Some("other-origin"), "{origin}");
        }
        let gate =
            Gate { hosts: Vec::new(), origins: vec!["http://localhost:3000".parse().unwrap()] };
        assert_eq!(code(&gate, HERE, &from("http://localhost:3000")), None);
        assert_eq!(code(&gate, HERE, &from("http://localhost:3001")), Some("other-origin"));
        let gate = Gate { hosts: Vec::new(), origins: vec!["*".parse().unwrap()] };
        assert_eq!(code(&gate, HERE, &from("null")), None);
    }

    #[test]
    fn what_is_no_name_is_refused_in_the_settings() {
        for name in ["", "a b", "https://example.org", "example.org:443", ".org", "a/b", "*"] {
            assert!(name.parse::<HostName>().is_err(), "{name:?}");
        }
        for origin in [
            "",
            "example.org",
            "https://",
            "ftp://example.org",
            "https://a/b",
            "https://me@a",
            "https://a:b",
        ] {
            assert!(origin.parse::<WebOrigin>().is_err(), "{origin:?}");
        }
    }
}
