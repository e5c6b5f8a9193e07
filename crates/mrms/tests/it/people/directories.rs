//! Directories: who may replace one, what they can say of somebody, and who has left one.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::json;

use super::book::{add, card};
use crate::support::{Home, NOTE, text};

fn make(home: &Home, who: &str, file: &str, cards: &[&str]) {
    let line = ["directory", "make", "--name", "Region Nord", "-o", file, "--force"];
    home.json(who, &[&line[..], cards].concat()).ok();
}

fn end(home: &Home, name: &str) -> String {
    let principal = home.principal(name);
    principal[principal.len() - 4..].to_owned()
}

#[test]
fn people_of_a_directory_are_shown_as_listed_and_become_mine_when_i_add_them() {
    let home = Home::with(&["patient", "region", "doctor"]);
    let doctor = card(&home, "doctor", "Dr A");
    make(&home, "region", "nord.mrms", &[&doctor]);
    home.json("patient", &["directory", "add", "nord.mrms"]).refused(1, "not-confirmed");
    let you = ["directory", "add", "nord.mrms", "--yes", "--name", "You"];
    home.json("patient", &you).refused(2, "name-refused");
    let added = home.text("patient", &["directory", "add", "nord.mrms", "--yes"]).ok();
    assert!(added.stderr.contains(home.principal("region")), "{}", added.stderr);
    assert_eq!(added.printed(), "Region Nord is added: 1 card\n");
    let id = home.create("note.txt", NOTE);
    let error = home.json("patient", &["key", "trust", "Dr A"]).refused(3, "name-listed-only");
    let shown = format!("“Dr A” (…{}), listed by Region Nord", end(&home, "doctor"));
    assert!(text(&error, "message").contains(&shown), "{error}");
    // Their key is pinned by the card in the directory.
    home.json("doctor", &["key", "rotate", "--yes"]).ok();
    let grant = ["grant", &id, home.principal("doctor"), "--for", "30d", "--yes"];
    home.json("patient", &grant).refused(4, "key-not-on-card");
    let added = add(&home, "patient", "Dr A", &[]);
    assert_eq!(text(&added, "name"), "Dr A");
    let shown = home.json("patient", &["people", "show", "Dr A"]).ok().object();
    assert_eq!(text(&shown, "text"), doctor);
}

#[test]
fn directory_cannot_rename_somebody_among_my_people() {
    let home = Home::with(&["patient", "region", "doctor", "mallory"]);
    add(&home, "patient", &card(&home, "doctor", "Dr A"), &["--name", "My doctor"]);
    let renamed = card(&home, "doctor", "Dr Evil");
    let forged = card(&home, "mallory", "My doctor");
    make(&home, "region", "nord.mrms", &[&renamed, &forged]);
    home.json("patient", &["directory", "add", "nord.mrms", "--yes"]).ok();
    let shown = home.json("patient", &["people", "show", "My doctor"]).ok().object();
    assert_eq!(text(&shown, "principal"), home.principal("doctor"));
    assert_eq!(text(&shown["card"], "name"), "Dr A", "its card is the one that I took");
    let listed = home.text("patient", &["directory", "list"]).ok();
    assert!(listed.printed().contains("Dr Evil  among your people: My doctor"), "{listed:?}");
    home.json("patient", &["people", "add", &forged, "--yes"]).refused(4, "name-alike");
}

#[test]
fn update_tells_who_left_and_refuses_an_old_one_and_another_signer() {
    let home = Home::with(&["patient", "region", "doctor", "ward", "mallory"]);
    let (doctor, ward) = (card(&home, "doctor", "Dr A"), card(&home, "ward", "Ward 3"));
    make(&home, "region", "nord.mrms", &[&doctor, &ward]);
    let first = home.read("nord.mrms");
    home.json("patient", &["directory", "add", "nord.mrms", "--yes"]).ok();
    let same = home.json("patient", &["directory", "update"]).ok().object();
    assert_eq!(same["changed"], false);
    make(&home, "region", "nord.mrms", &[&ward]);
    let updated = home.text("patient", &["directory", "update", "region nord"]).ok();
    assert!(updated.printed().contains("listed no longer: Dr A"), "{updated:?}");
    let list = home.json("patient", &["directory", "list"]).ok().object();
    assert_eq!(list["left"], json!([{"name": "Dr A", "principal": home.principal("doctor")}]));
    let error = home.json("patient", &["key", "trust", "Dr A"]).refused(3, "name-unknown");
    assert!(!text(&error, "message").is_empty());

    home.file("nord.mrms", &first);
    home.json("patient", &["directory", "update"]).refused(4, "directory-old");
    home.json("patient", &["directory", "add", "nord.mrms", "--yes"]).refused(4, "directory-old");
    make(&home, "mallory", "nord.mrms", &[&ward]);
    let error = home.json("patient", &["directory", "update"]).refused(5, "directory-signer");
    let message = text(&error, "message");
    assert!(message.contains(home.principal("region")), "{message}");
    assert!(message.contains(home.principal("mallory")), "{message}");
    // A second directory can't take the place of the first one by its name.
    home.json("patient", &["directory", "add", "nord.mrms", "--yes"]).refused(4, "name-alike");
    let list = home.json("patient", &["directory", "list"]).ok().object();
    assert_eq!(text(&list, "publisher"), home.principal("region"));
    home.json("patient", &["directory", "remove", "Region Nord", "--yes"]).ok();
    home.json("patient", &["directory", "update", "Region Nord"]).refused(3, "directory-unknown");
}

/// A web server on loopback that answers so many requests with these bytes.
fn serve(body: Vec<u8>, times: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/people.mrms", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for _ in 0..times {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    url
}

#[test]
fn directory_comes_from_a_web_server_within_bounds() {
    let home = Home::with(&["patient", "region", "doctor"]);
    make(&home, "region", "nord.txt", &[&card(&home, "doctor", "Dr A")]);
    let url = serve(home.read("nord.txt"), 2);
    let added = home.json("patient", &["directory", "add", &url, "--yes"]).ok().object();
    assert_eq!(text(&added, "source"), url);
    home.json("patient", &["directory", "update"]).ok();
    let endless = serve(vec![b'a'; 4_000_000], 1);
    let refused = home.json("patient", &["directory", "add", &endless, "--yes"]);
    refused.refused(6, "document-unreachable");
    let page = serve(b"<html>Not found</html>".to_vec(), 1);
    home.json("patient", &["directory", "add", &page, "--yes"]).refused(1, "document");
    let away = "http://nord.example/people.mrms";
    home.json("patient", &["directory", "add", away, "--yes"]).refused(6, "document-unreachable");
    let own = card(&home, "doctor", "Dr A");
    home.json("patient", &["directory", "add", "no-such-file"]).refused(3, "file-not-found");
    home.file("card.mrms", mrms_people::document::bytes_of_text(&own).unwrap());
    home.json("patient", &["directory", "add", "card.mrms"]).refused(2, "document-kind");
}
