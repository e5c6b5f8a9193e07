//! Reading a value of known shape, with the path to what was unexpected in every error.
//!
//! ```
//! use mrms_stacks::clarity::{ReadError, Value};
//!
//! fn expiry(answer: &Value) -> Result<Option<u64>, ReadError> {
//!     let grant = answer.read().ok()?.some()?;
//!     grant.field("expiry")?.optional()?.map(|height| height.uint64()).transpose()
//! }
//!
//! let refused = expiry(&Value::ok(Value::some(Value::None))).unwrap_err();
//! assert_eq!(refused.to_string(), "ok.some: a tuple was expected, none was found");
//! ```

use mrms_core::{ContractId, Principal, StandardPrincipal};

use super::{Tuple, Value};

/// Why a value doesn't have the shape that was expected. `path` leads to the place, empty for the
/// value itself: `ok.some.expiry`, `ok[2].actor`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A value of another kind.
    #[error("{}{expected} was expected, {found} was found", at(path))]
    Kind {
        /// Where.
        path: String,
        /// The kind expected.
        expected: &'static str,
        /// The kind found.
        found: &'static str,
    },
    /// A tuple without the field.
    #[error("{}no field {name}", at(path))]
    NoField {
        /// The tuple.
        path: String,
        /// The field's name.
        name: String,
    },
    /// A number that doesn't fit.
    #[error("{}{number} does not fit into 64 bits", at(path))]
    TooGreat {
        /// Where.
        path: String,
        /// The number.
        number: u128,
    },
    /// A buffer of another length.
    #[error("{}{expected} bytes were expected, {found} were found", at(path))]
    Length {
        /// Where.
        path: String,
        /// The length expected, in bytes.
        expected: usize,
        /// The length found, in bytes.
        found: usize,
    },
    /// The contract answered `(err …)`.
    #[error("{}the contract refused with {value}", at(path))]
    Refused {
        /// Where the response is.
        path: String,
        /// What the err holds.
        value: Value,
    },
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

/// A value and the path that led to it.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    value: &'a Value,
    path: String,
}

impl Value {
    /// Begins to read this value by its expected shape.
    #[must_use]
    pub const fn read(&self) -> Reading<'_> {
        Reading { value: self, path: String::new() }
    }
}

macro_rules! read_as {
    ($($(#[$doc:meta])* $name:ident: $kind:literal, $pattern:pat => $result:expr, $type:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        ///
        /// [`ReadError::Kind`] for any other kind of value.
        pub fn $name(&self) -> Result<$type, ReadError> {
            match self.value {
                $pattern => Ok($result),
                _ => Err(self.unexpected($kind)),
            }
        }
    )*};
}

impl<'a> Reading<'a> {
    /// The value itself.
    #[must_use]
    pub const fn value(&self) -> &'a Value {
        self.value
    }

    /// The path that led here, empty at the start.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    fn unexpected(&self, expected: &'static str) -> ReadError {
        ReadError::Kind { path: self.path.clone(), expected, found: self.value.kind() }
    }

    fn step(&self, value: &'a Value, name: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Reading { value, path: format!("{}{dot}{name}", self.path) }
    }

    read_as! {
        /// The number of a `uint`.
        uint: "a uint", Value::UInt(number) => *number, u128;
        /// The number of an `int`.
        int: "an int", Value::Int(number) => *number, i128;
        /// The truth of a `bool`.
        bool: "a bool", Value::Bool(truth) => *truth, bool;
        /// The bytes of a buffer.
        buffer: "a buffer", Value::Buffer(bytes) => bytes, &'a [u8];
        /// The principal.
        principal: "a principal", Value::Principal(principal) => principal, &'a Principal;
        /// The account of a principal that is no contract.
        account: "an account's principal",
            Value::Principal(Principal::Standard(account)) => account, &'a StandardPrincipal;
        /// The contract of a principal that is one.
        contract: "a contract's principal",
            Value::Principal(Principal::Contract(id)) => id, &'a ContractId;
        /// The text of a `string-ascii`.
        ascii: "a string-ascii", Value::StringAscii(text) => text.as_str(), &'a str;
        /// The text of a `string-utf8`.
        utf8: "a string-utf8", Value::StringUtf8(text) => text, &'a str;
        /// The fields of a tuple.
        tuple: "a tuple", Value::Tuple(tuple) => tuple, &'a Tuple;
    }

    /// The number of a `uint` below 2^64.
    ///
    /// # Errors
    ///
    /// [`ReadError::Kind`] for another kind, [`ReadError::TooGreat`] from 2^64 on.
    pub fn uint64(&self) -> Result<u64, ReadError> {
        let number = self.uint()?;
        let too_great = |_| ReadError::TooGreat { path: self.path.clone(), number };
        u64::try_from(number).map_err(too_great)
    }

    /// The bytes of a buffer of exactly `N` bytes.
    ///
    /// # Errors
    ///
    /// [`ReadError::Kind`] for another kind, [`ReadError::Length`] for another length.
    pub fn array<const N: usize>(&self) -> Result<[u8; N], ReadError> {
        let bytes = self.buffer()?;
        let (expected, found) = (N, bytes.len());
        let length = |_| ReadError::Length { path: self.path.clone(), expected, found };
        bytes.try_into().map_err(length)
    }

    /// A tuple's field.
    ///
    /// # Errors
    ///
    /// [`ReadError::Kind`] when it is no tuple, [`ReadError::NoField`] without the field.
    pub fn field(&self, name: &str) -> Result<Self, ReadError> {
        let field = self
            .tuple()?
            .field(name)
            .ok_or_else(|| ReadError::NoField { path: self.path.clone(), name: name.to_owned() })?;
        Ok(self.step(field, name))
    }

    /// What an optional holds, if anything.
    ///
    /// # Errors
    ///
    /// [`ReadError::Kind`] when it is no optional.
    pub fn optional(&self) -> Result<Option<Self>, ReadError> {
        match self.value {
            Value::None => Ok(None),
            Value::Some(inner) => Ok(Some(self.step(inner, "some"))),
            _ => Err(self.unexpected("an optional")),
        }
    }

    /// What an optional holds, where it must hold something.
    ///
    /// # Errors
    ///
    /// [`ReadError::Kind`] when it is no optional, or `none`.
    pub fn some(&self) -> Result<Self, ReadError> {
        self.optional()?.ok_or_else(|| self.unexpected("an optional that holds something"))
    }

    /// What a response holds: `Ok` of an ok, `Err` of an err.
    ///
    /// # Errors
    ///
    /// [`ReadError::Kind`] when it is no response.
    pub fn response(&self) -> Result<Result<Self, Self>, ReadError> {
        match self.value {
            Value::Ok(inner) => Ok(Ok(self.step(inner, "ok"))),
            Value::Err(inner) => Ok(Err(self.step(inner, "err"))),
            _ => Err(self.unexpected("a response")),
        }
    }

    /// What an ok response holds.
    ///
    /// # Errors
    ///
    /// [`ReadError::Kind`] when it is no response, [`ReadError::Refused`] when it is an err.
    pub fn ok(&self) -> Result<Self, ReadError> {
        self.response()?.map_err(|refused| ReadError::Refused {
            path: self.path.clone(),
            value: refused.value.clone(),
        })
    }

    /// A list's items.
    ///
    /// # Errors
    ///
    /// [`ReadError::Kind`] when it is no list.
    pub fn list(&self) -> Result<impl ExactSizeIterator<Item = Self>, ReadError> {
        let Value::List(items) = self.value else { return Err(self.unexpected("a list")) };
        let path = self.path.clone();
        Ok(items
            .iter()
            .enumerate()
            .map(move |(index, value)| Reading { value, path: format!("{path}[{index}]") }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clarity::ClarityName;

    fn grant(expiry: Value) -> Value {
        Value::ok(Value::some(Value::tuple([(ClarityName::literal("expiry"), expiry)]).unwrap()))
    }

    #[test]
    fn what_is_unexpected_is_named_with_its_path() {
        let value = grant(Value::Int(1));
        let tuple = value.read().ok().unwrap().some().unwrap();
        let refused = tuple.field("until").err().unwrap();
        assert_eq!(refused.to_string(), "ok.some: no field until");
        let refused = tuple.field("expiry").unwrap().uint().unwrap_err();
        assert_eq!(refused.to_string(), "ok.some.expiry: a uint was expected, an int was found");
        assert_eq!(
            value.read().uint().unwrap_err().to_string(),
            "a uint was expected, an ok response was found"
        );
        let value = Value::List(vec![Value::None, Value::uint(1u128 << 64)]);
        let second = value.read().list().unwrap().nth(1).unwrap();
        assert_eq!(
            second.uint64().unwrap_err().to_string(),
            "[1]: 18446744073709551616 does not fit into 64 bits"
        );
        let value = Value::buffer([1, 2, 3]);
        assert_eq!(
            value.read().array::<4>().unwrap_err().to_string(),
            "4 bytes were expected, 3 were found"
        );
    }

    #[test]
    fn a_refusal_of_the_contract_is_told_apart() {
        let value = Value::err(Value::uint(403u16));
        let refused = ReadError::Refused { path: String::new(), value: Value::uint(403u16) };
        assert_eq!(value.read().ok().err(), Some(refused));
        assert_eq!(value.read().response().unwrap().unwrap_err().uint(), Ok(403));
        assert!(matches!(Value::None.read().some(), Err(ReadError::Kind { .. })));
    }

    #[test]
    fn a_grant_is_read() {
        let value = grant(Value::some(Value::uint(50_000u32)));
        let expiry = value.read().ok().unwrap().some().unwrap().field("expiry").unwrap();
        assert_eq!(expiry.optional().unwrap().unwrap().uint64(), Ok(50_000));
        let open = grant(Value::None);
        let expiry = open.read().ok().unwrap().some().unwrap().field("expiry").unwrap();
        assert!(expiry.optional().unwrap().is_none());
    }
}
