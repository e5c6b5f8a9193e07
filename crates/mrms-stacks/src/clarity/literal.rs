//! `Display`: a value as Clarity source would write it.
//!
//! What the hosted API calls `repr`: `u1`, `0x00ff`, `'ST….name`, `(some u1)`, `(list 1 2)`,
//! `(tuple (a u1))`, `"text"`, `u"caf\u{e9}"`.

use std::fmt::{self, Write};

use super::Value;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::UInt(number) => write!(f, "u{number}"),
            Self::Buffer(bytes) => write!(f, "0x{}", hex::encode(bytes)),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Principal(principal) => write!(f, "'{principal}"),
            Self::Ok(inner) => write!(f, "(ok {inner})"),
            Self::Err(inner) => write!(f, "(err {inner})"),
            Self::None => f.write_str("none"),
            Self::Some(inner) => write!(f, "(some {inner})"),
            Self::List(items) => {
                f.write_str("(list")?;
                for item in items {
                    write!(f, " {item}")?;
                }
                f.write_char(')')
            }
            Self::Tuple(tuple) => {
                f.write_str("(tuple")?;
                for (name, field) in tuple.iter() {
                    write!(f, " ({name} {field})")?;
                }
                f.write_char(')')
            }
            Self::StringAscii(text) => quoted(f, text.as_str()),
            Self::StringUtf8(text) => {
                f.write_char('u')?;
                quoted(f, text)
            }
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            ' '..='~' => f.write_char(character)?,
            _ => write!(f, "\\u{{{:x}}}", u32::from(character))?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clarity::ClarityName;

    #[test]
    fn values_are_written_as_clarity_source() {
        let principal: mrms_core::Principal = "ST000000000000000000002AMW42H.c".parse().unwrap();
        let fields = [("b", Value::Bool(true)), ("a", Value::uint(1u8))]
            .map(|(name, value)| (ClarityName::literal(name), value));
        for (value, literal) in [
            (Value::Int(-1), "-1"),
            (Value::buffer([0, 255]), "0x00ff"),
            (Value::principal(principal), "'ST000000000000000000002AMW42H.c"),
            (
                Value::ok(Value::some(Value::uint(u128::MAX))),
                &format!("(ok (some u{}))", u128::MAX),
            ),
            (Value::err(Value::None), "(err none)"),
            (Value::List(vec![]), "(list)"),
            (Value::List(vec![Value::Int(1), Value::Int(2)]), "(list 1 2)"),
            (Value::tuple(fields).unwrap(), "(tuple (a u1) (b true))"),
            (Value::StringAscii("a\"\\\n".parse().unwrap()), r#""a\"\\\n""#),
            (Value::StringUtf8("né".into()), r#"u"n\u{e9}""#),
        ] {
            assert_eq!(value.to_string(), literal);
        }
    }
}
