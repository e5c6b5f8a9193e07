//! Values as JSON, for people and scripts; one way only.
//!
//! | Clarity | JSON |
//! |---|---|
//! | int, uint | a number up to ±(2^53 - 1), which every JSON reader keeps exact; beyond, a decimal string |
//! | buffer | `"0x…"` |
//! | bool | `true`, `false` |
//! | principal, strings | a string |
//! | `none` | `null` |
//! | `(some x)` | as `x`; so `(some none)` is `null` too |
//! | `(ok x)`, `(err x)` | `{"ok": x}`, `{"err": x}` |
//! | list | an array |
//! | tuple | an object |
//!
//! The other direction needs the declared types: [`crate::abi`].

use serde_json::Value as Json;

use super::Value;

/// The greatest whole number up to which a double is exact.
const MAX_SAFE_NUMBER: u64 = (1 << 53) - 1;

impl Value {
    /// The value as JSON. Numbers beyond ±(2^53 - 1) are decimal strings, buffers `0x` and
    /// hexadecimal digits, optionals the value or `null`, responses `{"ok": …}` or `{"err": …}`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Int(number) => match i64::try_from(*number) {
                Ok(small) if small.unsigned_abs() <= MAX_SAFE_NUMBER => small.into(),
                _ => number.to_string().into(),
            },
            Self::UInt(number) => match u64::try_from(*number) {
                Ok(small) if small <= MAX_SAFE_NUMBER => small.into(),
                _ => number.to_string().into(),
            },
            Self::Buffer(bytes) => format!("0x{}", hex::encode(bytes)).into(),
            Self::Bool(truth) => (*truth).into(),
            Self::Principal(principal) => principal.to_string().into(),
            Self::Ok(inner) => serde_json::json!({ "ok": inner.to_json() }),
            Self::Err(inner) => serde_json::json!({ "err": inner.to_json() }),
            Self::None => Json::Null,
            Self::Some(inner) => inner.to_json(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Tuple(tuple) => {
                tuple.iter().map(|(name, field)| (name.to_string(), field.to_json())).collect()
            }
            Self::StringAscii(text) => text.as_str().into(),
            Self::StringUtf8(text) => text.as_str().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clarity::ClarityName;

    #[test]
    fn numbers_beyond_a_doubles_precision_are_strings() {
        assert_eq!(Value::uint(MAX_SAFE_NUMBER).to_json(), json!(9_007_199_254_740_991u64));
        assert_eq!(Value::uint(MAX_SAFE_NUMBER + 1).to_json(), json!("9007199254740992"));
        assert_eq!(Value::Int(-9_007_199_254_740_991).to_json(), json!(-9_007_199_254_740_991i64));
        assert_eq!(Value::Int(-9_007_199_254_740_992).to_json(), json!("-9007199254740992"));
        assert_eq!(Value::uint(u128::MAX).to_json(), json!(u128::MAX.to_string()));
    }

    #[test]
    fn every_kind_has_its_json() {
        let tuple = Value::tuple([
            (ClarityName::literal("expiry"), Value::None),
            (ClarityName::literal("content"), Value::some(Value::buffer([1, 2]))),
        ]);
        let value = Value::ok(Value::List(vec![
            tuple.unwrap(),
            Value::Bool(true),
            Value::err(Value::uint(1u8)),
            Value::StringAscii("a".parse().unwrap()),
            Value::StringUtf8("é".into()),
        ]));
        let json = json!({"ok": [
            {"content": "0x0102", "expiry": null}, true, {"err": 1}, "a", "é",
        ]});
        assert_eq!(value.to_json(), json);
    }
}
