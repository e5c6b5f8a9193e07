//! Reads our own binary formats: strictly, within bounds, and without panics. Also declares byte
//! strings of fixed length that are sealed to somebody.
//!
//! A [`Reader`] takes fields from the front and must be empty at the end. Knows no format: the
//! modules that know one turn [`Short`] into their own error.

use mrms_core::{ContractId, ContractName, Principal, StandardPrincipal};

/// Declares a byte string of a fixed length that is sealed to somebody: public, but not printed.
macro_rules! sealed_bytes {
    ($(#[$doc:meta])* $name:ident, $length:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name([u8; $length]);

        impl $name {
            /// How many bytes there are.
            pub const LENGTH: usize = $length;

            /// Bytes that were read.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}
pub(crate) use sealed_bytes;

/// The bytes ended inside a field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Short;

/// Takes fields from the front of a byte string.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Short> {
        let (field, rest) = self.0.split_at_checked(count).ok_or(Short)?;
        self.0 = rest;
        Ok(field)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let (field, rest) = self.0.split_first_chunk().ok_or(Short)?;
        self.0 = rest;
        Ok(*field)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Short> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Short> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn u128(&mut self) -> Result<u128, Short> {
        self.array().map(u128::from_be_bytes)
    }

    /// A field of 0 to 255 bytes behind its length.
    pub(crate) fn short_field(&mut self) -> Result<&'a [u8], Short> {
        let length = self.u8()?;
        self.take(usize::from(length))
    }

    /// Everything that is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A principal in its consensus serialization (SIP-005), taking up exactly these bytes.
pub(crate) fn principal(bytes: &[u8]) -> Option<Principal> {
    let mut reader = Reader::new(bytes);
    let kind = reader.u8().ok()?;
    let account = StandardPrincipal::new(reader.u8().ok()?, reader.array().ok()?)?;
    let principal = match kind {
        5 => Principal::Standard(account),
        6 => {
            let name = std::str::from_utf8(reader.short_field().ok()?).ok()?;
            let name: ContractName = name.parse().ok()?;
            Principal::Contract(ContractId { deployer: account, name })
        }
        _ => return None,
    };
    reader.is_empty().then_some(principal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_must_fill_its_field() {
        let account: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let contract: Principal = "ST000000000000000000002AMW42H.wallet".parse().unwrap();
        for known in [account, contract] {
            let bytes = known.to_consensus_bytes();
            assert_eq!(principal(&bytes), Some(known));
            assert_eq!(principal(&[&bytes[..], &[0]].concat()), None);
            for length in 0..bytes.len() {
                assert_eq!(principal(&bytes[..length]), None);
            }
        }
        assert_eq!(principal(&[7; 22]), None);
        assert_eq!(principal(&[&[5, 32][..], &[0; 20]].concat()), None);
    }
}
