//! Who comes in: which users of this machine, at which origin, and past strangers at the door.

use std::thread;

use nix::unistd::{Uid, setfsuid};

use super::browser::{Browser, Page, open};
use crate::service::Service;
use crate::support::{Home, NOTE};

/// Two users of this machine who run nothing here.
const ANA: u32 = 64_001;
const BEN: u32 = 64_002;

/// Does this as a program of another user of this machine does: the sockets that it makes are that user's.
fn by(user: u32, asked: impl FnOnce() -> Page + Send) -> Page {
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            setfsuid(Uid::from_raw(user));
            asked()
        });
        other.join().unwrap()
    })
}

/// The code of a further link.
fn code(home: &Home) -> String {
    let link = home.json("patient", &["portal", "link"]).ok().object();
    link["link"].as_str().unwrap().split_once("/#k=").unwrap().1.to_owned()
}

#[test]
fn another_user_of_the_machine_gets_nothing_whatever_they_send() {
    // Only root can be somebody else.
    if !Uid::effective().is_root() {
        return;
    }
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let (service, browser) = open(&home, "patient");
    let record = format!("/records/{id}");
    browser.get(&record).has(200, &["note.txt"]);
    let said = [
        "These pages are for the user account",
        "Diese Seiten sind für das Benutzerkonto",
        "Estas páginas son para la cuenta",
    ];
    // With the cookie that the person's browser sent to a port of theirs, and without.
    for one in [browser.clone(), Browser { cookie: String::new(), ..browser.clone() }] {
        for path in [record.as_str(), "/", "/enter", "/assets/portal.css", "/nowhere"] {
            let answer = by(ANA, || one.get(path)).has(403, &said);
            assert!(!answer.text.contains("note.txt"), "{answer:?}");
        }
        by(ANA, || one.send("POST /lock", "token=x")).has(403, &said);
    }
    let code = format!("code={}", code(&home));
    let answer = by(ANA, || browser.send("POST /enter", &code));
    assert_eq!(answer.has(403, &said).cookie, None);
    browser.get(&record).has(200, &["note.txt"]);
    assert_eq!(browser.send("POST /enter", &code).status, 303, "it is not used");
    service.stop();
}

#[test]
fn session_of_one_user_is_none_of_another_where_all_users_may_come_in() {
    if !Uid::effective().is_root() {
        return;
    }
    let home = Home::with(&["patient"]);
    let service = Service::start(&home, "patient", &["portal", "--any-user"]);
    let url = service.told["url"].as_str().unwrap();
    let stranger = Browser::at(url.trim_start_matches("http://"));
    let sent = format!("code={}", code(&home));
    let entered = by(ANA, || stranger.send("POST /enter", &sent));
    entered.leads_to("/");
    let anas = Browser { cookie: entered.cookie.unwrap(), ..stranger };
    by(ANA, || anas.get("/unlock")).has(200, &["passphrase"]);
    by(BEN, || anas.get("/unlock")).leads_to("/enter");
    anas.get("/unlock").has(200, &["passphrase"]);
    let own = Browser::enter(service.told["link"].as_str().unwrap());
    by(ANA, || own.get("/unlock")).leads_to("/enter");
    service.stop();
}

#[test]
fn browser_gives_its_key_and_comes_in_by_it_at_the_portals_own_port_alone() {
    let home = Home::with(&["patient"]);
    let (service, browser) = open(&home, "patient");
    // A point of the curve by its form.
    let key = format!("BA{}", "A".repeat(85));
    let known = home.root().join("portal-browsers.json");
    let answer = [("challenge", "none"), ("key", key.as_str()), ("signature", "none")];
    let port = browser.host.rsplit_once(':').unwrap().1.to_owned();
    for host in ["127.0.0.1:9".to_owned(), "127.0.0.1".to_owned(), "localhost:9".to_owned()] {
        let elsewhere = Browser { host, ..browser.clone() };
        elsewhere.post("/browser", &[("key", &key)]).has(422, &[]);
        assert!(!known.exists(), "{}", elsewhere.host);
        let came = elsewhere.post("/enter/known", &answer).has(422, &[]);
        assert_eq!(came.cookie, None);
    }
    // At its own port it is asked, and does not know who answers.
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        let here = Browser { host, ..browser.clone() };
        let came = here.post("/enter/known", &answer).has(403, &[]);
        assert_eq!(came.cookie, None);
    }
    assert_eq!(browser.post("/browser", &[("key", &key)]).status, 204);
    assert!(known.exists());
    service.stop();
}

#[test]
fn wrong_codes_of_strangers_keep_nobody_out_who_has_the_right_one() {
    let home = Home::with(&["patient"]);
    let service = Service::start(&home, "patient", &["portal"]);
    let link = service.told["link"].as_str().unwrap();
    let (url, _) = link.split_once("/#k=").unwrap();
    let address = url.trim_start_matches("http://").to_owned();
    let kept = home.root().join("portal-links.json");
    let before = std::fs::read(&kept).unwrap();
    let stranger = Browser::at(&address);
    for count in 0..20 {
        stranger.post("/enter", &[("code", &format!("GUESS{count}"))]).has(403, &["not right"]);
    }
    assert_eq!(std::fs::read(&kept).unwrap(), before, "wrong ones write nothing");
    Browser::enter(link).get("/unlock").has(200, &["passphrase"]);
    service.stop();
}
