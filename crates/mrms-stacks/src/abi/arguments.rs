//! A function's arguments from JSON named after them.
//!
//! `{"record-id": 123, "user": "ST…", "expiry": 50000}`, in any order. By declared type:
//!
//! | type | JSON |
//! |---|---|
//! | int, uint | a whole number of up to 64 bits, or decimal digits in a string for all 128 |
//! | buffer | `"0x…"` is hexadecimal; any other string is taken as its UTF-8 bytes |
//! | bool | `true`, `false` |
//! | principal, trait | `"ST…"`, `"ST….contract"` |
//! | strings | a string |
//! | optional | the inner value; `null`, or leaving it out, is `none` |
//! | response | `{"ok": …}` or `{"err": …}` |
//! | list | an array |
//! | tuple | an object with the tuple's fields |
//!
//! Nothing is guessed: what is unknown, missing, too long or of another type is refused by name.

use serde_json::Value as Json;

use super::{AbiType, Argument, Function};
use crate::clarity::{ParseNameError, Value};

/// Why JSON, or values, are not the arguments of a function. `argument` is the path to what was
/// refused: `expiry`, `users[2]`, `grants[0].user`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// Arguments, or a tuple's fields, are named in an object, and this is none.
    #[error("the arguments of {function} are given as an object, {{\"name\": value}}")]
    NotAnObject {
        /// The function.
        function: String,
    },
    /// An argument without a value, and its type is not an optional.
    #[error("{argument} is missing, {expected} is expected")]
    Missing {
        /// The argument.
        argument: String,
        /// Its type.
        expected: AbiType,
    },
    /// A name that the function, or the tuple, doesn't have.
    #[error("{argument} is unknown, {} expected", known(expected))]
    Unknown {
        /// The name as given, with its path.
        argument: String,
        /// The names that there are.
        expected: Vec<String>,
    },
    /// JSON, or a value, of another kind.
    #[error("{argument}: {expected} is expected, {found} was given")]
    Kind {
        /// The argument.
        argument: String,
        /// Its type.
        expected: AbiType,
        /// What was given.
        found: &'static str,
    },
    /// A number out of range, or not a whole one.
    #[error("{argument}: {expected} is expected, {text} is not one (beyond 64 bits, as a string)")]
    Number {
        /// The argument.
        argument: String,
        /// Its type.
        expected: AbiType,
        /// What was given.
        text: String,
    },
    /// A string that doesn't read as what the type needs.
    #[error("{argument}: {expected} is expected, {problem}")]
    Text {
        /// The argument.
        argument: String,
        /// Its type.
        expected: AbiType,
        /// What is wrong with it.
        problem: String,
    },
    /// More than the declared length.
    #[error("{argument}: {expected} is expected, {length} {unit} were given")]
    TooLong {
        /// The argument.
        argument: String,
        /// Its type, with the greatest length.
        expected: AbiType,
        /// The length given.
        length: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// Not as many values as arguments.
    #[error("{function} takes {expected} arguments, {found} were given")]
    Count {
        /// The function.
        function: String,
        /// How many it takes.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// The interface itself can't be right: a tuple with an impossible name, none, or one twice.
    #[error("{argument}: the interface declares an impossible type {declared}")]
    Interface {
        /// The argument.
        argument: String,
        /// Its type.
        declared: AbiType,
    },
}

fn known(names: &[String]) -> String {
    if names.is_empty() {
        "nothing is".to_owned()
    } else {
        format!("one of {} is", names.join(", "))
    }
}

impl Function {
    /// The arguments in their order, from JSON named after them.
    ///
    /// # Errors
    ///
    /// [`ArgumentError`], which names the argument and the type that it needs.
    pub fn arguments_from_json(&self, json: &Json) -> Result<Vec<Value>, ArgumentError> {
        let not_an_object = || ArgumentError::NotAnObject { function: self.name.clone() };
        let object = json.as_object().ok_or_else(not_an_object)?;
        named_values("", &self.args, object)
    }

    /// Checks values that are to be the arguments.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Count`] or [`ArgumentError::Kind`].
    pub fn check(&self, values: &[Value]) -> Result<(), ArgumentError> {
        let (expected, found) = (self.args.len(), values.len());
        if expected != found {
            let function = self.name.clone();
            return Err(ArgumentError::Count { function, expected, found });
        }
        for (Argument { name, kind }, value) in self.args.iter().zip(values) {
            if !kind.admits(value) {
                return Err(ArgumentError::Kind {
                    argument: name.clone(),
                    expected: kind.clone(),
                    found: value.kind(),
                });
            }
        }
        Ok(())
    }
}

fn named_values(
    path: &str,
    declared: &[Argument],
    object: &serde_json::Map<String, Json>,
) -> Result<Vec<Value>, ArgumentError> {
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if let Some(name) = object.keys().find(|name| declared.iter().all(|d| d.name != **name)) {
        let expected = declared.iter().map(|d| d.name.clone()).collect();
        return Err(ArgumentError::Unknown { argument: at(name), expected });
    }
    declared
        .iter()
        .map(|Argument { name, kind }| match (object.get(name), kind) {
            (Some(json), _) => Place { path: &at(name), kind }.value(json),
            (None, AbiType::Optional(_)) => Ok(Value::None),
            (None, _) => Err(ArgumentError::Missing { argument: at(name), expected: kind.clone() }),
        })
        .collect()
}

/// Where a value is wanted, and of which type.
struct Place<'a> {
    path: &'a str,
    kind: &'a AbiType,
}

impl Place<'_> {
    fn value(&self, json: &Json) -> Result<Value, ArgumentError> {
        match self.kind {
            AbiType::Int => self.number(json, Json::as_i64).map(Value::Int),
            AbiType::UInt => self.number(json, Json::as_u64).map(Value::UInt),
            AbiType::Bool => json.as_bool().map(Value::Bool).ok_or_else(|| self.unexpected(json)),
            AbiType::Principal => Ok(Value::Principal(self.parse(json)?)),
            AbiType::Trait => Ok(Value::principal(self.parse::<mrms_core::ContractId>(json)?)),
            AbiType::Nothing => {
                json.as_null().map(|()| Value::None).ok_or_else(|| self.unexpected(json))
            }
            AbiType::Buffer { length } => self.buffer(json, *length),
            AbiType::StringAscii { length } => {
                let text = self.text(json)?;
                self.limit(text.len(), *length, "characters")?;
                self.parse(json).map(Value::StringAscii)
            }
            AbiType::StringUtf8 { length } => {
                let text = self.text(json)?;
                self.limit(text.chars().count(), *length, "characters")?;
                Ok(Value::StringUtf8(text.to_owned()))
            }
            AbiType::List { item, length } => self.list(json, item, *length),
            AbiType::Optional(_) if json.is_null() => Ok(Value::None),
            AbiType::Optional(inner) => {
                Place { path: self.path, kind: inner }.value(json).map(Value::some)
            }
            AbiType::Response { ok, err } => self.response(json, ok, err),
            AbiType::Tuple(fields) => self.tuple(json, fields),
        }
    }

    fn unexpected(&self, json: &Json) -> ArgumentError {
        let found = match json {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        };
        let (argument, expected) = (self.path.to_owned(), self.kind.clone());
        ArgumentError::Kind { argument, expected, found }
    }

    fn limit(&self, length: usize, limit: u32, unit: &'static str) -> Result<(), ArgumentError> {
        if u32::try_from(length).is_ok_and(|length| length <= limit) {
            return Ok(());
        }
        let (argument, expected) = (self.path.to_owned(), self.kind.clone());
        Err(ArgumentError::TooLong { argument, expected, length, unit })
    }

    fn text<'j>(&self, json: &'j Json) -> Result<&'j str, ArgumentError> {
        json.as_str().ok_or_else(|| self.unexpected(json))
    }

    fn parse<T>(&self, json: &Json) -> Result<T, ArgumentError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        self.text(json)?.parse().map_err(|problem: T::Err| ArgumentError::Text {
            argument: self.path.to_owned(),
            expected: self.kind.clone(),
            problem: problem.to_string(),
        })
    }

    /// A JSON number where `exact` finds it exact, or digits in a string. Larger JSON numbers are
    /// refused rather than taken as whatever a parser rounded them to.
    fn number<N, T>(&self, json: &Json, exact: fn(&Json) -> Option<N>) -> Result<T, ArgumentError>
    where
        T: From<N> + std::str::FromStr,
    {
        let number = match json {
            Json::Number(_) => exact(json).map(T::from),
            // Digits only: no `+`, no spaces, nothing else that a parser may take.
            Json::String(text) if is_whole_number(text) => text.parse().ok(),
            Json::String(_) => None,
            _ => return Err(self.unexpected(json)),
        };
        number.ok_or_else(|| ArgumentError::Number {
            argument: self.path.to_owned(),
            expected: self.kind.clone(),
            text: json.to_string(),
        })
    }

    fn buffer(&self, json: &Json, limit: u32) -> Result<Value, ArgumentError> {
        let text = self.text(json)?;
        let bytes = match text.strip_prefix("0x") {
            None => text.as_bytes().to_vec(),
            Some(digits) => {
                mrms_core::hexadecimal::decode(digits).map_err(|_| ArgumentError::Text {
                    argument: self.path.to_owned(),
                    expected: self.kind.clone(),
                    problem: "after 0x an even number of hexadecimal digits is needed".to_owned(),
                })?
            }
        };
        self.limit(bytes.len(), limit, "bytes")?;
        Ok(Value::Buffer(bytes))
    }

    fn list(&self, json: &Json, item: &AbiType, limit: u32) -> Result<Value, ArgumentError> {
        let items = json.as_array().ok_or_else(|| self.unexpected(json))?;
        self.limit(items.len(), limit, "items")?;
        let values = items.iter().enumerate().map(|(index, json)| {
            Place { path: &format!("{}[{index}]", self.path), kind: item }.value(json)
        });
        values.collect::<Result<_, _>>().map(Value::List)
    }

    fn response(&self, json: &Json, ok: &AbiType, err: &AbiType) -> Result<Value, ArgumentError> {
        let object = json.as_object().filter(|object| object.len() == 1);
        let object = object.ok_or_else(|| self.unexpected(json))?;
        if let Some(json) = object.get("ok") {
            Place { path: &format!("{}.ok", self.path), kind: ok }.value(json).map(Value::ok)
        } else if let Some(json) = object.get("err") {
            Place { path: &format!("{}.err", self.path), kind: err }.value(json).map(Value::err)
        } else {
            Err(self.unexpected(json))
        }
    }

    fn tuple(&self, json: &Json, fields: &[Argument]) -> Result<Value, ArgumentError> {
        let object = json.as_object().ok_or_else(|| self.unexpected(json))?;
        let values = named_values(self.path, fields, object)?;
        let impossible = || ArgumentError::Interface {
            argument: self.path.to_owned(),
            declared: self.kind.clone(),
        };
        let names = fields.iter().map(|field| field.name.parse());
        let names: Vec<_> =
            names.collect::<Result<_, ParseNameError>>().map_err(|_| impossible())?;
        Value::tuple(names.into_iter().zip(values)).map_err(|_| impossible())
    }
}

fn is_whole_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
