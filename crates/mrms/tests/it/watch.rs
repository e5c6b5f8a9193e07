//! `mrms watch` tells each event once, by the ways that were chosen, and names nothing that was not chosen.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use serde_json::Value;

use crate::support::{Home, NOTE, text};

fn told(home: &Home, more: &[&str]) -> Vec<Value> {
    let command = [&["watch", "--once"], more].concat();
    home.json("patient", &command).ok().rows()
}

fn kinds(told: &[Value]) -> Vec<&str> {
    told.iter().map(|one| text(one, "event")).collect()
}

/// Answers so many requests with this status, and gives what came in.
fn server(status: &'static str, requests: usize) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = thread::spawn(move || {
        let mut bodies = Vec::new();
        for _ in 0..requests {
            let (mut stream, _) = listener.accept().unwrap();
            let mut came = Vec::new();
            let mut piece = [0; 4096];
            loop {
                let count = stream.read(&mut piece).unwrap();
                came.extend_from_slice(&piece[..count]);
                let text = String::from_utf8_lossy(&came).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.to_lowercase();
                let length = length.split("content-length: ").nth(1).unwrap();
                let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
                if body.len() >= length || count == 0 {
                    bodies.push(body.to_owned());
                    break;
                }
            }
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        }
        bodies
    });
    (url, served)
}

#[test]
fn each_event_is_told_once_and_without_names() {
    let home = Home::with(&["patient", "clinic", "other"]);
    let id = home.create("blood-test.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, NOTE);
    assert!(told(&home, &[]).is_empty(), "what was before the first time is known");
    home.json("clinic", &["access", &id, "-o", "again"]).ok();
    home.json("other", &["access", &id, "-o", "no"]).refused(4, "no-access");
    let letter = home.work().join("letter.txt");
    std::fs::write(&letter, NOTE).unwrap();
    home.json("clinic", &["send", home.principal("patient"), "letter.txt"]).ok();
    let first = told(&home, &[]);
    let mut found = kinds(&first);
    found.sort_unstable();
    assert_eq!(found, ["opened", "refused", "sent"]);
    for one in &first {
        let sentence = text(one, "text");
        assert!(sentence.starts_with("Somebody"), "{sentence}");
        assert!(!one.to_string().contains("blood"), "{one}");
        assert!(!one.to_string().contains("ST"), "{one}");
    }
    assert!(told(&home, &[]).is_empty(), "once");
    home.remember_and_end(&id);
}

impl Home {
    /// A grant that ends within a day is told once, with a name where that was chosen.
    fn remember_and_end(&self, id: &str) {
        self.json("patient", &["people", "add", self.principal("other"), "--name", "Dr O"]).ok();
        self.json("patient", &["grant", id, self.principal("other"), "--for", "12h"]).ok();
        let ending = told(self, &["--names"]);
        assert_eq!(kinds(&ending), ["ends-soon"]);
        assert_eq!(
            text(&ending[0], "text"),
            "The access of Dr O to a record of yours ends within a day."
        );
        assert!(told(self, &["--names"]).is_empty(), "once");
    }
}

#[test]
fn message_that_was_not_taken_waits_and_is_told_later_once() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    told(&home, &[]);
    home.assert_opens("clinic", &id, NOTE);
    let (url, served) = server("503 Service Unavailable", 1);
    home.json("patient", &["watch", "--once", "--webhook", &url]).refused(6, "not-told");
    served.join().unwrap();
    let (url, served) = server("200 OK", 2);
    let ntfy = format!("{url}/secret-topic");
    assert_eq!(told(&home, &["--webhook", &url, "--ntfy", &ntfy]).len(), 1);
    let bodies: Vec<Value> =
        served.join().unwrap().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(text(&bodies[0], "event"), "opened");
    assert_eq!(text(&bodies[1], "topic"), "secret-topic");
    assert_eq!(text(&bodies[1], "message"), "Somebody opened a record of yours.");
    assert!(told(&home, &[]).is_empty(), "once");
    home.json("patient", &["watch", "--once", "--webhook", "http://192.0.2.1/"])
        .refused(2, "usage");
}
