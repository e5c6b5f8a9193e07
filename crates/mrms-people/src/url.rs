//! [`ServiceUrl`]: where a node, a vault or a sponsor is reached.

use core::net::{IpAddr, Ipv6Addr};
use std::fmt;
use std::str::FromStr;

/// Longest address, in bytes.
pub const MOST_URL: usize = 200;

/// An `https` or `http` address with a host, and perhaps a port and a path. Nothing else: no name or password, no
/// query, no fragment, and only characters that everybody reads alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceUrl(String);

/// Why a text is no [`ServiceUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is longer than any.
    #[error("an address has {MOST_URL} characters at most")]
    TooLong,
    /// It begins with another scheme, or none.
    #[error("an address begins with https:// or http://")]
    Scheme,
    /// It names no host, or one that can't be read.
    #[error("the address names no host")]
    Host,
    /// Its port is no number from 1 to 65535.
    #[error("the port is no number from 1 to 65535")]
    Port,
    /// A name, a password, a query, or a character that has no place in it.
    #[error("an address has a host, perhaps a port and a path, and nothing else")]
    Other,
}

impl ServiceUrl {
    /// The address, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what is said there is encrypted on the way.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The host, as it stands in the address.
    #[must_use]
    pub fn host(&self) -> &str {
        host_and_port(authority(&self.0)).0
    }

    /// Whether it is on the machine of whoever reads it.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        let host = self.host().trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether everybody on the way could read and change what is said there.
    #[must_use]
    pub fn is_open_to_all(&self) -> bool {
        !self.is_encrypted() && !self.is_this_machine()
    }
}

/// What stands between the scheme and the path.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_once('/').map_or(rest, |(authority, _)| authority)
}

fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    let after_bracket = authority.rfind(']').unwrap_or_default();
    match authority[after_bracket..].find(':') {
        Some(at) => {
            let (host, port) = authority.split_at(after_bracket + at);
            (host, Some(&port[1..]))
        }
        None => (authority, None),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(allowed) && !label.starts_with('-')
    };
    host.split('.').all(is_label)
}

impl FromStr for ServiceUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let text = text.trim_end_matches('/');
        if text.len() > MOST_URL {
            return Err(UrlError::TooLong);
        }
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or(UrlError::Scheme)?;
        let in_path = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        let has_dots = path.split('/').any(|part| part == "." || part == "..");
        if !path.bytes().all(in_path) || path.contains("//") || has_dots {
            return Err(UrlError::Other);
        }
        let authority = authority(text);
        if authority.contains(['@', '?', '#', '\\', '%']) {
            return Err(UrlError::Other);
        }
        let (host, port) = host_and_port(authority);
        // A host in capitals is the same host; an address has one form.
        if !is_host(host) {
            return Err(UrlError::Host);
        }
        if let Some(port) = port {
            let is_port = port.bytes().all(|b| b.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|port| port > 0);
            if !is_port {
                return Err(UrlError::Port);
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_one_way() {
        for (text, host, is_near) in [
            ("https://node.clinic.example", "node.clinic.example", false),
            ("https://clinic.example:8443/node/", "clinic.example", false),
            ("http://127.0.0.1:20443", "127.0.0.1", true),
            ("http://localhost", "localhost", true),
            ("http://[::1]:20443", "[::1]", true),
            ("http://127.0.0.1.example.org", "127.0.0.1.example.org", false),
            ("http://10.0.0.1:1", "10.0.0.1", false),
        ] {
            let url: ServiceUrl = text.parse().unwrap();
            assert_eq!((url.host(), url.is_this_machine()), (host, is_near), "{text}");
            assert_eq!(url.as_str(), text.trim_end_matches('/'));
            let plain = text.starts_with("http://");
            assert_eq!(url.is_open_to_all(), plain && !is_near, "{text}");
        }
    }

    #[test]
    fn what_could_lead_elsewhere_than_it_looks_is_refused() {
        let long = format!("https://{}.example", "a".repeat(250));
        for (text, error) in [
            ("", UrlError::Scheme),
            ("ftp://clinic.example", UrlError::Scheme),
            ("HTTPS://clinic.example", UrlError::Scheme),
            ("file:///etc/passwd", UrlError::Scheme),
            ("https://", UrlError::Scheme),
            ("https:///x", UrlError::Host),
            ("https://Clinic.example", UrlError::Host),
            ("https://cl\u{456}nic.example", UrlError::Host),
            ("https://clinic..example", UrlError::Host),
            ("https://[::1", UrlError::Host),
            ("https://clinic.example:0", UrlError::Port),
            ("https://clinic.example:", UrlError::Port),
            ("https://clinic.example:+80", UrlError::Port),
            ("https://me:secret@clinic.example", UrlError::Other),
            ("http://127.0.0.1@clinic.example", UrlError::Other),
            ("https://clinic.example\\.elsewhere.example", UrlError::Other),
            ("https://clinic.example/?a=b", UrlError::Other),
            ("https://clinic.example/../x", UrlError::Other),
            ("https://clinic.example/\n", UrlError::Other),
            ("https://clinic.example/\u{202e}", UrlError::Other),
            (&long, UrlError::TooLong),
        ] {
            assert_eq!(text.parse::<ServiceUrl>(), Err(error), "{text:?}");
        }
    }
}
