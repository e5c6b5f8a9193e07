//! The consensus serialization of values (SIP-005), strict in both directions.
//!
//! A decoded value encodes to the bytes that it came from. Depth and lengths are bounded as the
//! chain bounds them, before memory is taken for what the bytes only announce.

use mrms_core::Principal;

use super::{Tuple, Value};
use crate::wire::{DecodeError, Reader, Writer};

/// Deepest nesting of a value; one without parts has depth 1.
pub const MAX_DEPTH: usize = 32;
/// Most bytes of a buffer or string, and most items of a list.
pub const MAX_SEQUENCE_LENGTH: usize = 1_048_576;
/// Most bytes of a value's serialization: Clarity measures values at 1 MiB in a way that lets the
/// serialization of a permitted one take up to twice that.
pub const MAX_ENCODED_LENGTH: usize = 2 * MAX_SEQUENCE_LENGTH;

const INT: u8 = 0x00;
const UINT: u8 = 0x01;
const BUFFER: u8 = 0x02;
const TRUE: u8 = 0x03;
const FALSE: u8 = 0x04;
const STANDARD_PRINCIPAL: u8 = 0x05;
const CONTRACT_PRINCIPAL: u8 = 0x06;
const OK: u8 = 0x07;
const ERR: u8 = 0x08;
const NONE: u8 = 0x09;
const SOME: u8 = 0x0a;
const LIST: u8 = 0x0b;
const TUPLE: u8 = 0x0c;
const STRING_ASCII: u8 = 0x0d;
const STRING_UTF8: u8 = 0x0e;

/// Why the chain could not hold a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A buffer, string or list with too many bytes or items, or too long a whole.
    #[error("{what} of length {length}, at most {limit} are allowed")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// Its length, in bytes or items.
        length: usize,
        /// The greatest length allowed.
        limit: usize,
    },
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("values nested more than {limit} deep")]
    TooDeep {
        /// The greatest depth allowed.
        limit: usize,
    },
}

impl Value {
    /// The consensus serialization.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the value is longer or deeper than Clarity allows.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = Vec::new();
        encode_value(self, &mut bytes)?;
        Ok(bytes)
    }

    /// The value that these bytes are, to the last.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for any other bytes than [`encode`](Self::encode) gives.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (length, limit) = (bytes.len(), MAX_ENCODED_LENGTH);
        if length > limit {
            return Err(DecodeError::TooLong { what: "a value", at: 0, length, limit });
        }
        let mut reader = Reader::new(bytes);
        let value = decode_value(&mut reader)?;
        reader.end()?;
        Ok(value)
    }

    /// The serialization as a node's RPC has it: `0x` and hexadecimal digits.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn to_hex(&self) -> Result<String, EncodeError> {
        Ok(format!("0x{}", hex::encode(self.encode()?)))
    }

    /// The value with this serialization in hexadecimal digits, with or without `0x`.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode), and [`DecodeError::Hex`].
    pub fn from_hex(text: &str) -> Result<Self, DecodeError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        Self::decode(&mrms_core::hexadecimal::decode(digits).map_err(|_| DecodeError::Hex)?)
    }
}

/// Appends a value of at most [`MAX_ENCODED_LENGTH`] bytes.
pub(crate) fn encode_value(value: &Value, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    encode_nested(value, out, start, 1)
}

fn encode_nested(
    value: &Value,
    out: &mut Vec<u8>,
    start: usize,
    depth: usize,
) -> Result<(), EncodeError> {
    if depth > MAX_DEPTH {
        return Err(EncodeError::TooDeep { limit: MAX_DEPTH });
    }
    match value {
        Value::Int(number) => {
            out.push(INT);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::UInt(number) => {
            out.push(UINT);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::Buffer(bytes) => encode_bytes(BUFFER, "a buffer", bytes, out)?,
        Value::Bool(true) => out.push(TRUE),
        Value::Bool(false) => out.push(FALSE),
        Value::Principal(Principal::Standard(account)) => {
            out.push(STANDARD_PRINCIPAL);
            out.account(account);
        }
        Value::Principal(Principal::Contract(id)) => {
            out.push(CONTRACT_PRINCIPAL);
            out.contract_id(id);
        }
        Value::Ok(inner) | Value::Err(inner) | Value::Some(inner) => {
            out.push(match value {
                Value::Ok(_) => OK,
                Value::Err(_) => ERR,
                _ => SOME,
            });
            encode_nested(inner, out, start, depth + 1)?;
        }
        Value::None => out.push(NONE),
        Value::List(items) => {
            check_length("a list", items.len())?;
            out.push(LIST);
            out.length(items.len());
            for item in items {
                encode_nested(item, out, start, depth + 1)?;
            }
        }
        Value::Tuple(tuple) => {
            check_length("a tuple", tuple.iter().len())?;
            out.push(TUPLE);
            out.length(tuple.iter().len());
            for (name, field) in tuple.iter() {
                out.short_text(name.as_str());
                encode_nested(field, out, start, depth + 1)?;
            }
        }
        Value::StringAscii(text) => {
            encode_bytes(STRING_ASCII, "a string-ascii", text.as_str().as_bytes(), out)?;
        }
        Value::StringUtf8(text) => {
            encode_bytes(STRING_UTF8, "a string-utf8", text.as_bytes(), out)?;
        }
    }
    let length = out.len() - start;
    if length > MAX_ENCODED_LENGTH {
        return Err(EncodeError::TooLong { what: "a value", length, limit: MAX_ENCODED_LENGTH });
    }
    Ok(())
}

fn encode_bytes(
    prefix: u8,
    what: &'static str,
    bytes: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    check_length(what, bytes.len())?;
    out.push(prefix);
    out.length(bytes.len());
    out.extend_from_slice(bytes);
    Ok(())
}

const fn check_length(what: &'static str, length: usize) -> Result<(), EncodeError> {
    if length > MAX_SEQUENCE_LENGTH {
        return Err(EncodeError::TooLong { what, length, limit: MAX_SEQUENCE_LENGTH });
    }
    Ok(())
}

/// Reads one value. The caller bounds the bytes that there are.
pub(crate) fn decode_value(reader: &mut Reader<'_>) -> Result<Value, DecodeError> {
    decode_nested(reader, 1)
}

fn decode_nested(reader: &mut Reader<'_>, depth: usize) -> Result<Value, DecodeError> {
    let at = reader.at();
    if depth > MAX_DEPTH {
        return Err(DecodeError::TooDeep { at, limit: MAX_DEPTH });
    }
    Ok(match reader.u8()? {
        INT => Value::Int(i128::from_be_bytes(reader.array()?)),
        UINT => Value::UInt(u128::from_be_bytes(reader.array()?)),
        BUFFER => Value::Buffer(decode_bytes(reader, "a buffer")?.to_vec()),
        TRUE => Value::Bool(true),
        FALSE => Value::Bool(false),
        STANDARD_PRINCIPAL => Value::Principal(reader.account()?.into()),
        CONTRACT_PRINCIPAL => Value::Principal(reader.contract_id()?.into()),
        OK => Value::ok(decode_nested(reader, depth + 1)?),
        ERR => Value::err(decode_nested(reader, depth + 1)?),
        NONE => Value::None,
        SOME => Value::some(decode_nested(reader, depth + 1)?),
        LIST => {
            let length = reader.length("a list", MAX_SEQUENCE_LENGTH)?;
            let mut items = reader.room_for(length);
            for _ in 0..length {
                items.push(decode_nested(reader, depth + 1)?);
            }
            Value::List(items)
        }
        TUPLE => Value::Tuple(decode_tuple(reader, depth)?),
        STRING_ASCII => {
            let at = reader.at();
            let text = decode_utf8(reader, "a string-ascii")?.to_owned();
            let refused = |_| DecodeError::Text { what: "a string-ascii", at };
            Value::StringAscii(text.try_into().map_err(refused)?)
        }
        STRING_UTF8 => Value::StringUtf8(decode_utf8(reader, "a string-utf8")?.to_owned()),
        byte => return Err(DecodeError::Unknown { what: "a kind of Clarity value", at, byte }),
    })
}

fn decode_tuple(reader: &mut Reader<'_>, depth: usize) -> Result<Tuple, DecodeError> {
    let tuple_at = reader.at();
    let length = reader.length("a tuple", MAX_SEQUENCE_LENGTH)?;
    let mut fields = reader.room_for(length);
    for _ in 0..length {
        let at = reader.at();
        let name = reader.clarity_name()?;
        if fields.last().is_some_and(|(last, _)| *last >= name) {
            return Err(DecodeError::TupleOrder { at });
        }
        fields.push((name, decode_nested(reader, depth + 1)?));
    }
    // In ascending order no name is there twice: what is left to refuse is an empty tuple.
    Tuple::new(fields).map_err(|_| DecodeError::EmptyTuple { at: tuple_at })
}

fn decode_bytes<'a>(reader: &mut Reader<'a>, what: &'static str) -> Result<&'a [u8], DecodeError> {
    let length = reader.length(what, MAX_SEQUENCE_LENGTH)?;
    reader.take(length)
}

fn decode_utf8<'a>(reader: &mut Reader<'a>, what: &'static str) -> Result<&'a str, DecodeError> {
    let at = reader.at();
    std::str::from_utf8(decode_bytes(reader, what)?).map_err(|_| DecodeError::Text { what, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(hex: &str) -> Result<Value, DecodeError> {
        Value::from_hex(hex)
    }

    #[test]
    fn damaged_bytes_are_refused_with_their_place() {
        assert_eq!(decode("0"), Err(DecodeError::Hex));
        assert_eq!(decode(""), Err(DecodeError::Truncated { at: 0, needed: 1 }));
        assert_eq!(decode("01ff"), Err(DecodeError::Truncated { at: 1, needed: 15 }));
        assert_eq!(decode("0900"), Err(DecodeError::Trailing { at: 1, extra: 1 }));
        let what = "a kind of Clarity value";
        assert_eq!(decode("0a0f"), Err(DecodeError::Unknown { what, at: 1, byte: 0x0f }));
        let what = "an address version";
        let account = format!("0520{}", "00".repeat(20));
        assert_eq!(decode(&account), Err(DecodeError::Unknown { what, at: 1, byte: 0x20 }));
        let what = "a string-ascii";
        assert_eq!(decode("0d0000000107"), Err(DecodeError::Text { what, at: 1 }));
        let what = "a string-utf8";
        assert_eq!(decode("0e00000001ff"), Err(DecodeError::Text { what, at: 1 }));
    }

    #[test]
    fn tuples_out_of_order_doubled_or_empty_are_refused() {
        assert_eq!(decode("0c00000000"), Err(DecodeError::EmptyTuple { at: 1 }));
        assert_eq!(decode("0c0000000201620901610a03"), Err(DecodeError::TupleOrder { at: 8 }));
        assert_eq!(decode("0c00000002016109016109"), Err(DecodeError::TupleOrder { at: 8 }));
        assert!(decode("0c00000002016109016209").is_ok());
    }

    #[test]
    fn announced_lengths_take_no_memory() {
        let truncated = decode("0b00100000");
        assert_eq!(truncated, Err(DecodeError::Truncated { at: 5, needed: 1 }));
        let (length, limit) = (0xffff_ffff, MAX_SEQUENCE_LENGTH);
        let too_long = |what| Err(DecodeError::TooLong { what, at: 1, length, limit });
        assert_eq!(decode("0bffffffff"), too_long("a list"));
        assert_eq!(decode("0cffffffff"), too_long("a tuple"));
        assert_eq!(decode("02ffffffff"), too_long("a buffer"));
    }

    #[test]
    fn nesting_ends_at_the_same_depth_both_ways() {
        let nested = |depth: usize| (1..depth).fold(Value::None, |inner, _| Value::some(inner));
        let deepest = nested(MAX_DEPTH);
        assert_eq!(Value::decode(&deepest.encode().unwrap()), Ok(deepest));
        let too_deep = EncodeError::TooDeep { limit: MAX_DEPTH };
        assert_eq!(nested(MAX_DEPTH + 1).encode(), Err(too_deep));
        let bytes = "0a".repeat(MAX_DEPTH) + "09";
        let too_deep = DecodeError::TooDeep { at: MAX_DEPTH, limit: MAX_DEPTH };
        assert_eq!(decode(&bytes), Err(too_deep));
        assert!(decode(&"0a".repeat(1_000_000)).is_err());
    }

    #[test]
    fn the_longest_buffer_passes_and_one_byte_more_does_not() {
        let longest = Value::buffer(vec![0; MAX_SEQUENCE_LENGTH]);
        assert_eq!(Value::decode(&longest.encode().unwrap()), Ok(longest));
        let longer = Value::buffer(vec![0; MAX_SEQUENCE_LENGTH + 1]);
        assert!(matches!(longer.encode(), Err(EncodeError::TooLong { what: "a buffer", .. })));
        let two = Value::List(vec![Value::buffer(vec![0; MAX_SEQUENCE_LENGTH]); 2]);
        assert!(matches!(two.encode(), Err(EncodeError::TooLong { what: "a value", .. })));
    }
}
