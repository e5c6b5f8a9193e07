//! Clarity values: what contracts take and give (SIP-002, SIP-005 "Clarity Value Representation").
//!
//! [`Value`] is the whole vocabulary; [`Value::encode`] and [`Value::decode`] its consensus
//! serialization, [`Value::read`] the typed way into it, `Display` its Clarity literal,
//! [`Value::to_json`] its JSON, and [`Value::from_node_text`] reads what a node prints. Knows nothing
//! of declared types: that is [`crate::abi`].

mod codec;
mod json;
mod literal;
mod node_text;
mod read;
mod text;

use std::collections::BTreeMap;

use mrms_core::Principal;

pub use codec::{EncodeError, MAX_DEPTH, MAX_ENCODED_LENGTH, MAX_SEQUENCE_LENGTH};
pub(crate) use codec::{decode_value, encode_value};
pub use node_text::NodeTextError;
pub use read::{ReadError, Reading};
pub(crate) use text::NAME_MAX;
pub use text::{AsciiString, ClarityName, ParseNameError, TextError};

/// A Clarity value.
///
/// Lengths and nesting are not bounded here; [`encode`](Self::encode) refuses what the chain would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `int`: 128 bits, signed.
    Int(i128),
    /// `uint`: 128 bits, unsigned.
    UInt(u128),
    /// `(buff n)`: bytes.
    Buffer(Vec<u8>),
    /// `bool`.
    Bool(bool),
    /// `principal`: an account or a contract; a trait reference is a contract.
    Principal(Principal),
    /// `(ok …)`.
    Ok(Box<Value>),
    /// `(err …)`.
    Err(Box<Value>),
    /// `none`.
    None,
    /// `(some …)`.
    Some(Box<Value>),
    /// `(list …)`.
    List(Vec<Value>),
    /// `{name: …}`.
    Tuple(Tuple),
    /// `(string-ascii n)`.
    StringAscii(AsciiString),
    /// `(string-utf8 n)`.
    StringUtf8(String),
}

impl Value {
    /// A `uint`.
    #[must_use]
    pub fn uint(number: impl Into<u128>) -> Self {
        Self::UInt(number.into())
    }

    /// A buffer of these bytes.
    #[must_use]
    pub fn buffer(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Buffer(bytes.into())
    }

    /// A principal.
    #[must_use]
    pub fn principal(principal: impl Into<Principal>) -> Self {
        Self::Principal(principal.into())
    }

    /// `(ok value)`.
    #[must_use]
    pub fn ok(value: Self) -> Self {
        Self::Ok(Box::new(value))
    }

    /// `(err value)`.
    #[must_use]
    pub fn err(value: Self) -> Self {
        Self::Err(Box::new(value))
    }

    /// `(some value)`.
    #[must_use]
    pub fn some(value: Self) -> Self {
        Self::Some(Box::new(value))
    }

    /// `(some value)` or `none`.
    #[must_use]
    pub fn optional(value: Option<Self>) -> Self {
        value.map_or(Self::None, Self::some)
    }

    /// A tuple of these fields, in any order.
    ///
    /// # Errors
    ///
    /// As [`Tuple::new`].
    pub fn tuple(
        fields: impl IntoIterator<Item = (ClarityName, Self)>,
    ) -> Result<Self, TupleError> {
        Tuple::new(fields).map(Self::Tuple)
    }

    /// What kind of value it is, in Clarity's words, for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "an int",
            Self::UInt(_) => "a uint",
            Self::Buffer(_) => "a buffer",
            Self::Bool(_) => "a bool",
            Self::Principal(_) => "a principal",
            Self::Ok(_) => "an ok response",
            Self::Err(_) => "an err response",
            Self::None => "none",
            Self::Some(_) => "an optional",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::StringAscii(_) => "a string-ascii",
            Self::StringUtf8(_) => "a string-utf8",
        }
    }
}

/// Why fields don't make a tuple.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TupleError {
    /// Clarity has no empty tuples.
    #[error("a tuple has at least one field")]
    Empty,
    /// A name is there twice.
    #[error("the field {name} is there twice")]
    Duplicate {
        /// The name.
        name: ClarityName,
    },
}

/// A tuple's fields, at least one, in ascending order of their names' bytes: the order in which
/// they are serialized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuple(BTreeMap<ClarityName, Value>);

impl Tuple {
    /// A tuple of these fields, in any order.
    ///
    /// # Errors
    ///
    /// [`TupleError`] when there are none, or a name twice.
    pub fn new(fields: impl IntoIterator<Item = (ClarityName, Value)>) -> Result<Self, TupleError> {
        let mut tuple = BTreeMap::new();
        for (name, value) in fields {
            if tuple.contains_key(&name) {
                return Err(TupleError::Duplicate { name });
            }
            tuple.insert(name, value);
        }
        if tuple.is_empty() { Err(TupleError::Empty) } else { Ok(Self(tuple)) }
    }

    /// The field with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The fields in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&ClarityName, &Value)> {
        self.0.iter()
    }
}
