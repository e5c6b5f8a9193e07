//! A contract's interface: its functions, maps, variables and tokens with their declared types.
//!
//! Read from what a node answers to `/v2/contracts/interface` and from nothing else; lets a person
//! call any function of any contract with JSON named after its arguments
//! ([`Function::arguments_from_json`]).

mod arguments;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use arguments::ArgumentError;

use crate::clarity::Value;

/// Why a text is not a contract's interface.
#[derive(Debug, thiserror::Error)]
#[error("not a contract interface")]
pub struct InterfaceError(#[source] serde_json::Error);

/// What a contract offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Public, read-only and private functions.
    pub functions: Vec<Function>,
    /// Variables and constants.
    #[serde(default)]
    pub variables: Vec<Variable>,
    /// Maps.
    #[serde(default)]
    pub maps: Vec<Map>,
    /// Fungible tokens.
    #[serde(default)]
    pub fungible_tokens: Vec<FungibleToken>,
    /// Non-fungible tokens.
    #[serde(default)]
    pub non_fungible_tokens: Vec<NonFungibleToken>,
    /// The epoch in which the contract was analysed, as the node names it (`Epoch25`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// Its Clarity version, as the node names it (`Clarity2`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clarity_version: Option<String>,
}

impl Interface {
    /// The interface in a node's answer.
    ///
    /// # Errors
    ///
    /// [`InterfaceError`] for anything else; fields that a newer node adds are passed over.
    pub fn parse(json: &str) -> Result<Self, InterfaceError> {
        serde_json::from_str(json).map_err(InterfaceError)
    }

    /// The function with this name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// The map with this name.
    #[must_use]
    pub fn map(&self, name: &str) -> Option<&Map> {
        self.maps.iter().find(|map| map.name == name)
    }
}

/// Who can call a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Any transaction.
    Public,
    /// Anyone, and it changes nothing.
    ReadOnly,
    /// The contract itself.
    Private,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Who can call it.
    pub access: Access,
    /// Its arguments in their order.
    pub args: Vec<Argument>,
    /// What it gives back.
    pub outputs: Output,
}

/// An argument of a function, or a field of a tuple.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: AbiType,
}

/// What a function gives back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: AbiType,
}

/// A variable or a constant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: AbiType,
    /// Whether it can change.
    pub access: VariableAccess,
}

/// Whether a variable can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariableAccess {
    /// It can't.
    Constant,
    /// It can.
    Variable,
}

/// A map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Map {
    /// Its name.
    pub name: String,
    /// The type of its keys.
    pub key: AbiType,
    /// The type of its values.
    pub value: AbiType,
}

/// A fungible token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FungibleToken {
    /// Its name.
    pub name: String,
}

/// A non-fungible token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonFungibleToken {
    /// Its name.
    pub name: String,
    /// The type of what names one token.
    #[serde(rename = "type")]
    pub kind: AbiType,
}

/// A declared type. `Display` writes it as Clarity does: `(optional uint)`, `(buff 65536)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AbiType {
    /// `int`.
    #[serde(rename = "int128")]
    Int,
    /// `uint`.
    #[serde(rename = "uint128")]
    UInt,
    /// `bool`.
    #[serde(rename = "bool")]
    Bool,
    /// `principal`.
    #[serde(rename = "principal")]
    Principal,
    /// A contract that implements a trait.
    #[serde(rename = "trait_reference")]
    Trait,
    /// Of what can never be there: the err of a function that never fails.
    #[serde(rename = "none")]
    Nothing,
    /// `(buff n)`.
    #[serde(rename = "buffer")]
    Buffer {
        /// Most bytes.
        length: u32,
    },
    /// `(string-ascii n)`.
    #[serde(rename = "string-ascii")]
    StringAscii {
        /// Most characters.
        length: u32,
    },
    /// `(string-utf8 n)`.
    #[serde(rename = "string-utf8")]
    StringUtf8 {
        /// Most Unicode scalar values.
        length: u32,
    },
    /// `(list n t)`.
    #[serde(rename = "list")]
    List {
        /// The items' type.
        #[serde(rename = "type")]
        item: Box<AbiType>,
        /// Most items.
        length: u32,
    },
    /// `(optional t)`.
    #[serde(rename = "optional")]
    Optional(Box<AbiType>),
    /// `(response t t)`.
    #[serde(rename = "response")]
    Response {
        /// The type of an ok.
        ok: Box<AbiType>,
        /// The type of an err.
        #[serde(rename = "error")]
        err: Box<AbiType>,
    },
    /// `{name: t}`.
    #[serde(rename = "tuple")]
    Tuple(Vec<Argument>),
}

impl AbiType {
    /// Whether a value of this type could be this one: its kind, and every length within bounds.
    #[must_use]
    pub fn admits(&self, value: &Value) -> bool {
        let within = |length: usize, limit: &u32| u32::try_from(length).is_ok_and(|l| l <= *limit);
        match (self, value) {
            (Self::Int, Value::Int(_))
            | (Self::UInt, Value::UInt(_))
            | (Self::Bool, Value::Bool(_))
            | (Self::Principal, Value::Principal(_))
            | (Self::Trait, Value::Principal(mrms_core::Principal::Contract(_)))
            | (Self::Optional(_), Value::None) => true,
            (Self::Buffer { length }, Value::Buffer(bytes)) => within(bytes.len(), length),
            (Self::StringAscii { length }, Value::StringAscii(text)) => {
                within(text.as_str().len(), length)
            }
            (Self::StringUtf8 { length }, Value::StringUtf8(text)) => {
                within(text.chars().count(), length)
            }
            (Self::List { item, length }, Value::List(items)) => {
                within(items.len(), length) && items.iter().all(|value| item.admits(value))
            }
            (Self::Optional(inner), Value::Some(value)) => inner.admits(value),
            (Self::Response { ok, .. }, Value::Ok(value)) => ok.admits(value),
            (Self::Response { err, .. }, Value::Err(value)) => err.admits(value),
            (Self::Tuple(fields), Value::Tuple(tuple)) => {
                fields.len() == tuple.iter().len()
                    && fields.iter().all(|field| {
                        tuple.field(&field.name).is_some_and(|value| field.kind.admits(value))
                    })
            }
            _ => false,
        }
    }
}

impl fmt::Display for AbiType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int => f.write_str("int"),
            Self::UInt => f.write_str("uint"),
            Self::Bool => f.write_str("bool"),
            Self::Principal => f.write_str("principal"),
            Self::Trait => f.write_str("trait"),
            Self::Nothing => f.write_str("nothing"),
            Self::Buffer { length } => write!(f, "(buff {length})"),
            Self::StringAscii { length } => write!(f, "(string-ascii {length})"),
            Self::StringUtf8 { length } => write!(f, "(string-utf8 {length})"),
            Self::List { item, length } => write!(f, "(list {length} {item})"),
            Self::Optional(inner) => write!(f, "(optional {inner})"),
            Self::Response { ok, err } => write!(f, "(response {ok} {err})"),
            Self::Tuple(fields) => {
                f.write_str("(tuple")?;
                for Argument { name, kind } in fields {
                    write!(f, " ({name} {kind})")?;
                }
                f.write_str(")")
            }
        }
    }
}
