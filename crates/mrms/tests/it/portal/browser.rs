//! A browser without script, as the tests of the portal have it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::service::Service;
use crate::support::Home;

/// The passphrase of every profile of a test.
pub(in crate::portal) fn passphrase(home: &Home) -> String {
    let file = home.work().join("../passphrase");
    fs::read_to_string(file).unwrap().trim_end().to_owned()
}

pub(in crate::portal) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// What the portal answered.
#[derive(Debug)]
pub(in crate::portal) struct Page {
    pub(in crate::portal) status: u16,
    /// Where the browser is to go.
    pub(in crate::portal) to: Option<String>,
    pub(in crate::portal) cookie: Option<String>,
    pub(in crate::portal) text: String,
}

impl Page {
    #[track_caller]
    pub(in crate::portal) fn has(self, status: u16, parts: &[&str]) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        for part in parts {
            assert!(self.text.contains(part), "{part}: {}", self.text);
        }
        self
    }

    #[track_caller]
    pub(in crate::portal) fn leads_to(&self, to: &str) {
        assert_eq!((self.status, self.to.as_deref()), (303, Some(to)), "{self:?}");
    }
}

/// A browser that came in.
#[derive(Clone)]
pub(in crate::portal) struct Browser {
    pub(in crate::portal) address: String,
    /// What it calls the portal, with the port.
    pub(in crate::portal) host: String,
    pub(in crate::portal) cookie: String,
}

impl Browser {
    /// One that has not come in, at this address and port.
    pub(in crate::portal) fn at(address: &str) -> Self {
        Self { host: address.to_owned(), address: address.to_owned(), cookie: String::new() }
    }

    /// Comes in with this link.
    pub(in crate::portal) fn enter(link: &str) -> Self {
        let (url, code) = link.split_once("/#k=").unwrap();
        let mut browser = Self::at(url.trim_start_matches("http://"));
        let entered = browser.post("/enter", &[("code", code)]);
        entered.leads_to("/");
        browser.cookie = entered.cookie.unwrap();
        browser
    }

    pub(in crate::portal) fn send(&self, head: &str, body: &str) -> Page {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let Self { host, cookie, .. } = self;
        write!(
            stream,
            "{head} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\nsec-fetch-site: same-origin\r\n\
             accept-language: en\r\nconnection: close\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        let header = |wanted: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            let mut found = lines.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.next().map(|(_, value)| value.split(';').next().unwrap().to_owned())
        };
        Page {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            to: header("location"),
            cookie: header("set-cookie"),
            text: text.to_owned(),
        }
    }

    pub(in crate::portal) fn get(&self, path: &str) -> Page {
        self.send(&format!("GET {path}"), "")
    }

    /// Sends a form with the token that the session's pages have.
    pub(in crate::portal) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = match path {
            "/enter" => String::new(),
            // A page that there is with and without an open profile, whoever acts for whom.
            _ => match self.get("/unlock") {
                Page { status: 200, text, .. } => text,
                _ => self.get("/welcome").text,
            },
        };
        let token = token.split("name=\"token\" value=\"").nth(1).unwrap_or_default();
        let token = token.split('"').next().unwrap_or_default();
        let token = [("token", token)];
        let all = fields.iter().chain(&token);
        let pairs: Vec<_> =
            all.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        self.send(&format!("POST {path}"), &pairs.join("&"))
    }

    pub(in crate::portal) fn unlock(&self, profile: &str, passphrase: &str) -> Page {
        let fields = [("profile", profile), ("passphrase", passphrase), ("minutes", "15")];
        self.post("/unlock", &fields)
    }
}

/// The portal of a home, and a browser in which this profile is open.
pub(in crate::portal) fn open(home: &Home, profile: &str) -> (Service, Browser) {
    let service = Service::start(home, profile, &["portal"]);
    let browser = Browser::enter(service.told["link"].as_str().unwrap());
    browser.unlock(profile, &passphrase(home)).leads_to("/");
    (service, browser)
}

/// Another browser, in which nothing is open.
pub(in crate::portal) fn another(home: &Home, profile: &str) -> Browser {
    let link = home.json(profile, &["portal", "link"]).ok().object();
    Browser::enter(link["link"].as_str().unwrap())
}
