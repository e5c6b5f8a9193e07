//! Raw calls: any function of any contract, by JSON named after its arguments.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::service::Service;
use crate::support::{Home, number, text};

const COUNTER: &str = "(define-data-var count uint u0)
(define-read-only (get-count) (var-get count))
(define-public (add (n uint) (who (optional principal)))
  (begin
    (asserts! (> n u0) (err u7))
    (var-set count (+ (var-get count) n))
    (ok { count: (var-get count), who: who })))
";

fn call(
    home: &Home,
    who: &str,
    function: &str,
    arguments: serde_json::Value,
) -> crate::support::Run {
    home.json(who, &["contract", "call", function, &arguments.to_string()])
}

#[test]
fn the_four_functions_do_their_work_by_raw_calls() {
    let home = Home::with(&["patient", "clinic"]);
    let clinic = home.principal("clinic");
    let content = "0x6865616c7468";
    let created = call(
        &home,
        "patient",
        "create-medical-record",
        json!({"record-id": 123, "encrypted-content": content}),
    )
    .ok()
    .object();
    assert_eq!(created["status"], "success");
    call(&home, "clinic", "access-medical-record", json!({"record-id": 123}))
        .refused(4, "no-access");

    let grant = |expiry: serde_json::Value| {
        let arguments = json!({"record-id": 123, "user": clinic, "expiry": expiry});
        call(&home, "patient", "grant-record-access", arguments)
    };
    grant(json!(50_000)).refused(1, "expiry-in-past");
    assert_eq!(grant(json!(950_000)).ok().object()["result_repr"], "(ok true)");
    let opened =
        call(&home, "clinic", "access-medical-record", json!({"record-id": 123})).ok().object();
    let result = text(&opened, "result_repr");
    assert!(result.starts_with("(ok (tuple") && result.contains(content), "{result}");
    let revoke = json!({"record-id": 123, "user": clinic});
    call(&home, "patient", "revoke-record-access", revoke).ok();
    call(&home, "clinic", "access-medical-record", json!({"record-id": 123}))
        .refused(4, "grant-revoked");
    assert_eq!(grant(json!(null)).ok().object()["result_repr"], "(ok true)");
    call(&home, "clinic", "access-medical-record", json!({"record-id": 123})).ok();

    let trail = home.json("patient", &["audit", "123", "--verify"]).ok().rows();
    let done: Vec<_> = trail
        .iter()
        .filter(|line| line["outcome"] == "ok")
        .map(|line| text(line, "action"))
        .collect();
    assert_eq!(done, ["create", "grant", "access", "revoke", "grant", "access"]);
}

#[test]
fn text_is_taken_as_utf_8_and_numbers_beyond_64_bits_as_text() {
    let home = Home::with(&["patient"]);
    let largest = u128::MAX.to_string();
    let arguments = json!({"record-id": largest, "encrypted-content": "Blutdruck 120 zu 80 – gut"});
    call(&home, "patient", "create-medical-record", arguments).ok();
    let line = [
        "contract",
        "read",
        "get-record-version",
        &format!(r#"{{"record-id": "{largest}", "version": 1}}"#),
    ];
    let read = home.json("patient", &line).ok().object();
    let expected = hex::encode("Blutdruck 120 zu 80 – gut");
    assert!(text(&read, "result_repr").contains(&expected), "{read}");
}

#[test]
fn content_of_other_software_is_told_from_damage_done_here() {
    let home = Home::with(&["patient"]);
    let arguments = json!({"record-id": 5, "encrypted-content": "plain words"});
    call(&home, "patient", "create-medical-record", arguments).ok();
    home.json("patient", &["access", "5", "-o", "out"]).refused(5, "not-an-envelope");
    let verified = home.json("patient", &["verify", "5"]).ok().object();
    assert_eq!(verified["intact"], true, "it is what its author put on chain");
    assert!(!home.has("out"));
    let listed = home.json("patient", &["list"]).ok().object();
    assert_eq!(listed["name"], json!(null));
}

#[test]
fn read_answers_without_a_passphrase_and_without_a_trace() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", "note");
    home.json("patient", &["create", "note.txt", "--id", "123"]).ok();
    let before = home.json("patient", &["show", "123"]).ok().object();
    let arguments = json!({"record-id": 123, "user": home.principal("patient")}).to_string();
    let mut command =
        home.command_without_passphrase("patient", &["contract", "read", "has-access"]);
    command.args([&arguments, "--json"]);
    let read = home.run(command).ok().object();
    assert_eq!((&read["result"], text(&read, "result_repr")), (&json!(true), "true"));
    let version = home.text("patient", &["contract", "read", "get-contract-version"]).ok();
    assert!(version.printed().contains(mrms_contract::RELEASE), "{}", version.printed());
    assert_eq!(home.json("patient", &["show", "123"]).ok().object(), before);
}

#[test]
fn refused_call_is_one_error_with_the_contracts_reason() {
    let home = Home::with(&["patient"]);
    let run = call(&home, "patient", "access-medical-record", json!({"record-id": 404}));
    assert_eq!(run.rows().len(), 1, "one object is printed:\n{}", run.printed());
    run.refused(3, "record-not-found");
}

#[test]
fn arguments_that_do_not_fit_are_refused_by_name() {
    let home = Home::with(&["patient"]);
    for (arguments, named) in [
        (r#"{"record-id": 1, "user": "nobody", "expiry": null}"#, "user"),
        (r#"{"record-id": -1, "user": "ST000000000000000000002AMW42H"}"#, "record-id"),
        (r#"{"record-id": 1.5, "user": "ST000000000000000000002AMW42H"}"#, "record-id"),
        (
            r#"{"record-id": 1, "user": "ST000000000000000000002AMW42H", "expiry": "soon"}"#,
            "expiry",
        ),
        (r#"{"record-id": 1, "user": "ST000000000000000000002AMW42H", "until": 1}"#, "until"),
        (r#"{"user": "ST000000000000000000002AMW42H"}"#, "record-id"),
        (r#"[1]"#, "object"),
        (r#"{"record-id": "#, "JSON"),
    ] {
        let run = home.json("patient", &["contract", "call", "grant-record-access", arguments]);
        let error = run.refused(2, "usage");
        assert!(text(&error, "message").contains(named), "{arguments}: {error}");
    }
    let large = format!(r#"{{"record-id": 1, "encrypted-content": "{}"}}"#, "a".repeat(65_537));
    let run = home.json("patient", &["contract", "call", "create-medical-record", &large]);
    assert!(text(&run.refused(2, "usage"), "message").contains("encrypted-content"));
    home.assert_unharmed();
}

#[test]
fn functions_and_contracts_that_are_not_there_are_not_found() {
    let home = Home::with(&["patient"]);
    let error =
        home.json("patient", &["contract", "call", "delete-record"]).refused(3, "no-such-function");
    assert!(text(&error, "hint").contains("create-medical-record"), "{error}");
    home.json("patient", &["contract", "call", "get-record", r#"{"record-id": 1}"#])
        .refused(3, "no-such-function");
    home.json("patient", &["contract", "read", "access-medical-record", r#"{"record-id": 1}"#])
        .refused(3, "no-such-function");
    let absent = format!("{}.absent", home.principal("patient"));
    for line in [&["call", "add", "{}"][..], &["read", "get-count"], &["status"], &["source"]] {
        let line = [&["contract"], line, &["--contract", &absent]].concat();
        home.json("patient", &line).refused(3, "no-such-contract");
    }
}

#[test]
fn another_contract_is_deployed_called_and_read() {
    let home = Home::with(&["patient", "clinic"]);
    home.file("counter.clar", COUNTER);
    let deployed = home.json("clinic", &["contract", "deploy", "counter.clar"]).ok().object();
    let id = text(&deployed, "contract_id").to_owned();
    assert_eq!(id, format!("{}.counter", home.principal("clinic")));
    let arguments = json!({"n": 5, "who": home.principal("patient")}).to_string();
    let line = ["contract", "call", "add", &arguments, "--contract", &id];
    let called = home.json("patient", &line).ok().object();
    assert!(text(&called, "result_repr").contains("(count u5)"), "{called}");
    let read = home.json("patient", &["contract", "read", "get-count", "--contract", &id]);
    assert_eq!(read.ok().object()["result_repr"], "u5");
    let refused =
        home.json("patient", &["contract", "call", "add", r#"{"n": 0}"#, "--contract", &id]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.printed().contains("transaction-failed"), "{}", refused.printed());

    let status = home.json("patient", &["contract", "status", "--contract", &id]).ok().object();
    assert_eq!(status["source_matches"], false);
    let source = home.text("patient", &["contract", "source", "--contract", &id]).ok();
    assert_eq!(source.printed(), COUNTER);
    home.file("other-name.clar", COUNTER);
    let line = ["contract", "deploy", "other-name.clar", "--name", "counter-2"];
    let renamed = home.json("clinic", &line).ok().object();
    assert!(text(&renamed, "contract_id").ends_with(".counter-2"));
    home.assert_unharmed();
}

#[test]
fn contract_that_is_wrong_or_taken_is_not_deployed() {
    let home = Home::with(&["patient"]);
    home.file("counter.clar", COUNTER);
    home.json("patient", &["contract", "deploy", "counter.clar"]).ok();
    let taken = home.json("patient", &["contract", "deploy", "counter.clar"]);
    taken.refused(1, "transaction-rejected");
    home.json("patient", &["contract", "deploy"]).refused(1, "transaction-rejected");
    home.file("broken.clar", "(define-public (broken) (ok (undefined)))");
    let broken = home.json("patient", &["contract", "deploy", "broken.clar"]);
    assert_eq!(broken.code, Some(1), "{broken:?}");
    home.file("1st.clar", COUNTER);
    home.json("patient", &["contract", "deploy", "1st.clar"]).refused(2, "usage");
    home.json("patient", &["contract", "deploy", "nowhere.clar"]).refused(3, "file-not-found");
    let id = format!("{}.broken", home.principal("patient"));
    home.json("patient", &["contract", "status", "--contract", &id]).refused(3, "no-such-contract");
    home.assert_unharmed();
}

#[test]
fn source_on_chain_is_the_one_in_the_repository() {
    let home = Home::with(&["patient"]);
    let source = home.text("patient", &["contract", "source"]).ok();
    let file = "/../../clarity/deployed/medical-records-management.clar";
    let file = std::fs::read(format!("{}{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert!(source.stdout == file, "the source on chain differs from the contract's file");
}

#[test]
fn costs_are_measured_and_bounded_by_the_block() {
    let home = Home::with(&["patient"]);
    home.create("note.txt", "note");
    let before = home.json("patient", &["audit"]).ok().rows().len();
    let rows = home.json("patient", &["contract", "costs"]).ok().rows();
    for call in ["create, 1,000 bytes", "access", "grant, sealed", "amend, 1,000 bytes"] {
        let row = rows.iter().find(|row| row["call"] == call).unwrap();
        assert!(number(row, "per_block") > 100, "{row}");
        assert!(number(row, "read_count") <= 20, "{row}");
    }
    assert_eq!(home.json("patient", &["audit"]).ok().rows().len(), before, "nothing is written");
}

/// `look` and `all` take 20⁵ steps of the innermost function.
const FOLDS: &str = "(define-constant L (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19 u20))
(define-private (a (n uint) (s uint)) (+ s n))
(define-private (b (n uint) (s uint)) (fold a L s))
(define-private (c (n uint) (s uint)) (fold b L s))
(define-private (d (n uint) (s uint)) (fold c L s))
(define-read-only (look) (fold d L u0))
(define-public (all) (ok (fold d L u0)))
";

#[test]
fn call_that_takes_too_much_is_refused_and_not_kept_and_a_node_ends_while_one_runs() {
    let home = Home::with(&["patient"]);
    home.file("folds.clar", FOLDS);
    let deployed = home.json("patient", &["contract", "deploy", "folds.clar"]).ok().object();
    let id = text(&deployed, "contract_id").to_owned();
    let call = ["contract", "call", "all", "{}", "--contract", &id];
    let nothing_is_kept = || {
        let outbox = std::fs::read_dir(home.profile_folder("patient").join("outbox")).unwrap();
        let kept = outbox.filter(|entry| {
            entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "json")
        });
        assert_eq!(kept.count(), 0);
    };
    home.json("patient", &call).refused(1, "transaction-rejected");
    nothing_is_kept();
    let node = Service::start(&home, "patient", &["node", "run"]);
    home.json("patient", &call).refused(1, "transaction-rejected");
    let again = home.json("patient", &call).refused(1, "transaction-rejected");
    assert!(text(&again, "message").contains("refused before"), "{again}");
    nothing_is_kept();
    home.create("note.txt", "note");

    let address = text(&node.told, "url").trim_start_matches("http://").to_owned();
    let body = json!({"sender": home.principal("patient"), "arguments": []}).to_string();
    let request = format!(
        "POST /v2/contracts/call-read/{}/look HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        id.replace('.', "/"),
        body.len()
    );
    let readers: Vec<TcpStream> = (0..3)
        .map(|_| {
            let mut reader = TcpStream::connect(&address).unwrap();
            reader.write_all(request.as_bytes()).unwrap();
            reader
        })
        .collect();
    std::thread::sleep(Duration::from_millis(50));
    let began = Instant::now();
    node.stop();
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    drop(readers);
    home.assert_unharmed();
}
