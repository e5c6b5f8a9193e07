//! Calling any function with JSON: what is refused and how it is named, then what is encoded.

use mrms_core::Principal;
use mrms_stacks::abi::{Access, ArgumentError, Function, Interface};
use mrms_stacks::clarity::{ClarityName, Value};
use serde_json::{Value as Json, json};

const INTERFACE: &str = include_str!("fixtures/interface.json");
const USER: &str = "ST000000000000000000002AMW42H";
const CONTRACT: &str = "ST000000000000000000002AMW42H.token";

fn function(name: &str) -> Function {
    Interface::parse(INTERFACE).unwrap().function(name).unwrap().clone()
}

fn grant(json: Json) -> Result<Vec<Value>, ArgumentError> {
    function("grant-record-access").arguments_from_json(&json)
}

/// The arguments of `every-type`, with one of them replaced.
fn every_type_with(name: &str, json: Json) -> Result<Vec<Value>, ArgumentError> {
    let mut arguments = json!({
        "signed": -5, "flag": true, "content": "0x0102", "ascii": "abcd", "utf8": "日本é!",
        "token": CONTRACT, "answer": {"ok": 1},
        "grants": [{"user": USER}, {"user": CONTRACT, "expiry": "7"}],
    });
    arguments[name] = json;
    function("every-type").arguments_from_json(&arguments)
}

fn message(refused: Result<Vec<Value>, ArgumentError>) -> String {
    refused.unwrap_err().to_string()
}

#[test]
fn missing_and_unknown_arguments_are_named() {
    assert_eq!(message(grant(json!({"record-id": 1}))), "user is missing, principal is expected");
    assert_eq!(
        message(grant(json!({"record-id": 1, "user": USER, "expires": 5}))),
        "expires is unknown, one of record-id, user, expiry is expected"
    );
    assert_eq!(
        message(function("get-contract-version").arguments_from_json(&json!({"a": 1}))),
        "a is unknown, nothing is expected"
    );
    let not_an_object =
        "the arguments of grant-record-access are given as an object, {\"name\": value}";
    assert_eq!(message(grant(json!([1, USER]))), not_an_object);
    assert_eq!(
        message(every_type_with("grants", json!([{"expiry": 1}]))),
        "grants[0].user is missing, principal is expected"
    );
    assert_eq!(
        message(every_type_with("grants", json!([{"user": USER, "until": 1}]))),
        "grants[0].until is unknown, one of user, expiry is expected"
    );
}

#[test]
fn another_kind_of_json_is_named_with_the_type_expected() {
    for (name, json, found) in [
        ("signed", json!(true), "int is expected, true or false"),
        ("flag", json!("true"), "bool is expected, a string"),
        ("content", json!(12), "(buff 4) is expected, a number"),
        ("ascii", json!(null), "(string-ascii 4) is expected, null"),
        ("utf8", json!([]), "(string-utf8 4) is expected, an array"),
        ("answer", json!({}), "(response uint nothing) is expected, an object"),
        ("answer", json!({"ok": 1, "err": 2}), "(response uint nothing) is expected, an object"),
        (
            "grants",
            json!({}),
            "(list 2 (tuple (user principal) (expiry (optional uint)))) is expected, an object",
        ),
    ] {
        let expected = format!("{name}: {found} was given");
        assert_eq!(message(every_type_with(name, json)), expected);
    }
}

#[test]
fn numbers_that_are_not_exact_are_refused() {
    for number in [
        json!(-1),
        json!(1.5),
        json!("1.0"),
        json!("+1"),
        json!(" 1"),
        json!("0x1"),
        json!(""),
        json!("-"),
        json!("340282366920938463463374607431768211456"),
    ] {
        let refused = grant(json!({"record-id": number, "user": USER}));
        assert!(matches!(refused, Err(ArgumentError::Number { .. })), "{number}");
    }
    // What a parser may have rounded.
    let rounded: Json = serde_json::from_str("18446744073709551616").unwrap();
    let refused = grant(json!({"record-id": rounded, "user": USER}));
    assert!(message(refused).ends_with("(beyond 64 bits, as a string)"));
}

#[test]
fn more_than_the_declared_length_is_refused() {
    for (name, json, given) in [
        ("content", json!("0x0102030405"), "5 bytes"),
        ("content", json!("ééé"), "6 bytes"),
        ("ascii", json!("abcde"), "5 characters"),
        ("utf8", json!("日本日本日"), "5 characters"),
        ("grants", json!([{"user": USER}, {"user": USER}, {"user": USER}]), "3 items"),
    ] {
        let refused = message(every_type_with(name, json));
        assert!(refused.ends_with(&format!("{given} were given")), "{refused}");
    }
}

#[test]
fn texts_that_do_not_read_are_refused_with_the_reason() {
    let refused = message(every_type_with("content", json!("0x123")));
    assert!(refused.contains("an even number of hexadecimal digits"), "{refused}");
    let mistyped = USER.replace("2AMW", "2BMW");
    let refused = message(grant(json!({"record-id": 1, "user": mistyped})));
    assert!(refused.starts_with("user: principal is expected"), "{refused}");
    assert!(refused.contains("its checksum is wrong"), "{refused}");
    let refused = message(every_type_with("token", json!(USER)));
    assert!(refused.contains("names an account, not a contract"), "{refused}");
    let refused = message(every_type_with("ascii", json!("né")));
    assert!(refused.contains("the character 'é' at byte 1"), "{refused}");
}

#[test]
fn values_of_another_type_or_number_are_refused() {
    let grant = function("grant-record-access");
    let user = || Value::principal(USER.parse::<Principal>().unwrap());
    let refused = grant.check(&[Value::uint(1u8), user()]);
    assert!(matches!(refused, Err(ArgumentError::Count { expected: 3, found: 2, .. })));
    let refused = grant.check(&[Value::Int(1), user(), Value::None]).unwrap_err();
    assert_eq!(refused.to_string(), "record-id: uint is expected, an int was given");
    assert_eq!(grant.check(&[Value::uint(1u8), user(), Value::some(Value::uint(5u8))]), Ok(()));
}

#[test]
fn anything_else_is_no_interface() {
    for json in ["", "{}", "[]", r#"{"functions": [{"name": "f"}]}"#] {
        assert!(Interface::parse(json).is_err(), "{json}");
    }
    let deep = format!(
        r#"{{"functions":[],"maps":[{{"name":"m","value":"bool","key":{}"bool""#,
        r#"{"optional":"#.repeat(100_000)
    );
    assert!(Interface::parse(&deep).is_err());
}

#[test]
fn a_grant_is_encoded_in_the_functions_order() {
    let user = Value::principal(USER.parse::<Principal>().unwrap());
    let until = |expiry| vec![Value::uint(123u8), user.clone(), expiry];
    let height = Value::some(Value::uint(50_000u32));
    for (expiry, expected) in
        [(json!(50_000), height.clone()), (json!("50000"), height), (json!(null), Value::None)]
    {
        let arguments = grant(json!({"expiry": expiry, "user": USER, "record-id": 123}));
        assert_eq!(arguments, Ok(until(expected)));
    }
    assert_eq!(grant(json!({"user": USER, "record-id": "123"})), Ok(until(Value::None)));
}

#[test]
fn every_type_is_encoded() {
    let (user, token) =
        (USER.parse::<Principal>().unwrap(), CONTRACT.parse::<Principal>().unwrap());
    let field = |name, value| (ClarityName::literal(name), value);
    let arguments = every_type_with("signed", json!(i128::MIN.to_string())).unwrap();
    let first = Value::tuple([field("user", Value::principal(user)), field("expiry", Value::None)]);
    let second = Value::tuple([
        field("user", Value::principal(token.clone())),
        field("expiry", Value::some(Value::uint(7u8))),
    ]);
    let expected = vec![
        Value::Int(i128::MIN),
        Value::Bool(true),
        Value::buffer([1, 2]),
        Value::StringAscii("abcd".parse().unwrap()),
        Value::StringUtf8("日本é!".into()),
        Value::principal(token),
        Value::ok(Value::uint(1u8)),
        Value::List(vec![first.unwrap(), second.unwrap()]),
    ];
    assert_eq!(arguments, expected);
    assert_eq!(function("every-type").check(&arguments), Ok(()));

    let text = every_type_with("content", json!("né")).unwrap();
    assert_eq!(text[2], Value::buffer("né".as_bytes()));
    let failed = every_type_with("answer", json!({"err": null})).unwrap();
    assert_eq!(failed[6], Value::err(Value::None));
}

#[test]
fn what_a_node_answers_is_read_whole() {
    let interface = Interface::parse(INTERFACE).unwrap();
    assert_eq!(function("get-contract-version").access, Access::ReadOnly);
    assert_eq!(function("append-entry").access, Access::Private);
    assert_eq!(interface.map("records").unwrap().value.to_string(), "(tuple (patient principal))");
    assert_eq!(interface.clarity_version.as_deref(), Some("Clarity2"));
    assert_eq!(interface.function("no-such-function"), None);
    let again = serde_json::to_string(&interface).unwrap();
    assert_eq!(
        serde_json::from_str::<Json>(&again).unwrap(),
        serde_json::from_str::<Json>(INTERFACE).unwrap()
    );
    assert_eq!(Interface::parse(&again).unwrap(), interface);
}

#[test]
fn null_in_nested_optionals_is_the_outer_none() {
    let append = function("append-entry");
    let nested = |json| append.arguments_from_json(&json!({"nested": json})).unwrap().remove(0);
    assert_eq!(nested(json!(null)), Value::None);
    assert_eq!(nested(json!(1)), Value::some(Value::some(Value::uint(1u8))));
}
