//! Clarity values and types as text: the `repr` that Stacks APIs return beside the hexadecimal.
//!
//! There are two spellings: the node writes a principal bare, the hosted API writes a quote before it, as in
//! source code.

use std::fmt::Write as _;

use clarity::vm::Value;
use clarity::vm::types::{CharType, SequenceData};
use serde_json::{Value as JsonValue, json};

use crate::hexadecimal;

/// Bytes in hexadecimal, with the prefix `0x`.
pub(crate) fn hex_0x(bytes: &[u8]) -> String {
    format!("0x{}", hexadecimal::encode(bytes))
}

/// A value as `{"hex", "repr"}`, the format of the hosted API.
pub(super) fn hex_and_repr(bytes: &[u8]) -> JsonValue {
    json!({"hex": hex_0x(bytes), "repr": hosted_repr(bytes)})
}

/// The value as the node writes it, such as `(ok true)`.
pub(super) fn node_repr(bytes: &[u8]) -> String {
    decode(bytes).map(|value| value.to_string()).unwrap_or_default()
}

/// The value as the hosted API writes it, such as `(ok 'ST…)`.
pub(super) fn hosted_repr(bytes: &[u8]) -> String {
    let mut text = String::new();
    if let Some(value) = decode(bytes) {
        write_value(&mut text, &value);
    }
    text
}

/// Returns none for bytes that are not a value. The ledger stores no such bytes.
fn decode(bytes: &[u8]) -> Option<Value> {
    Value::deserialize_read(&mut &*bytes, None, false).ok()
}

fn write_value(text: &mut String, value: &Value) {
    // Writing to a `String` never fails.
    let _ = match value {
        Value::Int(number) => write!(text, "{number}"),
        Value::UInt(number) => write!(text, "u{number}"),
        Value::Bool(truth) => write!(text, "{truth}"),
        Value::Principal(principal) => write!(text, "'{principal}"),
        Value::CallableContract(contract) => write!(text, "'{}", contract.contract_identifier),
        Value::Optional(optional) => match &optional.data {
            None => write!(text, "none"),
            Some(inner) => {
                wrap(text, "some", inner);
                Ok(())
            }
        },
        Value::Response(response) => {
            wrap(text, if response.committed { "ok" } else { "err" }, &response.data);
            Ok(())
        }
        Value::Tuple(tuple) => {
            text.push_str("(tuple");
            for (name, inner) in &tuple.data_map {
                let _ = write!(text, " ({name} ");
                write_value(text, inner);
                text.push(')');
            }
            text.push(')');
            Ok(())
        }
        Value::Sequence(SequenceData::Buffer(buffer)) => write!(text, "{}", hex_0x(&buffer.data)),
        Value::Sequence(SequenceData::List(list)) => {
            text.push_str("(list");
            for inner in &list.data {
                text.push(' ');
                write_value(text, inner);
            }
            text.push(')');
            Ok(())
        }
        Value::Sequence(SequenceData::String(CharType::ASCII(ascii))) => {
            write!(text, "{ascii}")
        }
        Value::Sequence(SequenceData::String(CharType::UTF8(utf8))) => {
            write!(text, "{utf8}")
        }
    };
}

fn wrap(text: &mut String, word: &str, inner: &Value) {
    let _ = write!(text, "({word} ");
    write_value(text, inner);
    text.push(')');
}

/// A type of a contract's interface in Clarity's syntax: `{"buffer":{"length":32}}` becomes `(buff 32)`.
pub(super) fn type_text(interface: &JsonValue) -> String {
    let JsonValue::Object(compound) = interface else {
        return match interface.as_str().unwrap_or_default() {
            "uint128" => "uint",
            "int128" => "int",
            other => other,
        }
        .to_owned();
    };
    let Some((kind, of)) = compound.iter().next() else { return String::new() };
    let length = || of["length"].to_string();
    match kind.as_str() {
        "buffer" => format!("(buff {})", length()),
        "string-ascii" => format!("(string-ascii {})", length()),
        "string-utf8" => format!("(string-utf8 {})", length()),
        "optional" => format!("(optional {})", type_text(of)),
        "response" => format!("(response {} {})", type_text(&of["ok"]), type_text(&of["error"])),
        "list" => format!("(list {} {})", length(), type_text(&of["type"])),
        "tuple" => {
            let field = |field: &JsonValue| {
                let name = field["name"].as_str().unwrap_or_default();
                format!(" ({name} {})", type_text(&field["type"]))
            };
            let fields: String = of.as_array().into_iter().flatten().map(field).collect();
            format!("(tuple{fields})")
        }
        other => other.to_owned(),
    }
}

/// A function of a contract's interface as a Clarity declaration: `(define-public (f (n uint)))`.
pub(super) fn function_text(interface: &JsonValue) -> String {
    let text = |value: &JsonValue| value.as_str().unwrap_or_default().to_owned();
    let access = match interface["access"].as_str() {
        Some("read_only") => "read-only",
        Some(other) => other,
        None => "public",
    };
    let argument = |argument: &JsonValue| {
        format!(" ({} {})", text(&argument["name"]), type_text(&argument["type"]))
    };
    let arguments: String =
        interface["args"].as_array().into_iter().flatten().map(argument).collect();
    format!("(define-{access} ({}{arguments}))", text(&interface["name"]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn bytes_that_are_not_a_value_have_no_text() {
        assert_eq!(hosted_repr(&[0xff]), "");
        assert_eq!(node_repr(&[]), "");
    }

    #[test]
    fn values_are_written_as_in_source_code() {
        let account = [&[5, 26][..], &[0; 20]].concat();
        let tuple = [
            &[0x0c, 0, 0, 0, 2, 1][..],
            b"a",
            &[0x0a, 0x01],
            &7_u128.to_be_bytes(),
            &[1],
            b"b",
            &account,
        ]
        .concat();
        let list = [&[0x0b, 0, 0, 0, 2, 3][..], &[4]].concat();
        for (bytes, text) in [
            (vec![0x07, 0x03], "(ok true)"),
            (vec![0x08, 0x09], "(err none)"),
            (account.clone(), "'ST000000000000000000002AMW42H"),
            (tuple, "(tuple (a (some u7)) (b 'ST000000000000000000002AMW42H))"),
            (list, "(list true false)"),
            (vec![2, 0, 0, 0, 2, 0xab, 0xcd], "0xabcd"),
            ([&[0x0d, 0, 0, 0, 2][..], b"hi"].concat(), "\"hi\""),
            ([&[0x0e, 0, 0, 0, 2][..], "é".as_bytes()].concat(), "u\"\\u{c3a9}\""),
        ] {
            assert_eq!(hosted_repr(&bytes), text);
        }
        assert_eq!(node_repr(&account), "ST000000000000000000002AMW42H");
    }

    #[test]
    fn functions_are_written_as_they_are_declared() {
        let interface = json!({
            "name": "grant",
            "access": "public",
            "args": [
                {"name": "user", "type": "principal"},
                {"name": "expiry", "type": {"optional": "uint128"}},
                {"name": "notes", "type": {"list": {"type": {"buffer": {"length": 32}}, "length": 4}}},
                {"name": "at", "type": {"tuple": [{"name": "x", "type": "int128"}]}},
            ],
        });
        assert_eq!(
            function_text(&interface),
            "(define-public (grant (user principal) (expiry (optional uint)) \
             (notes (list 4 (buff 32))) (at (tuple (x int)))))"
        );
    }
}
