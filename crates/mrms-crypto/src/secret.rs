//! Secret byte strings: wiped when dropped, printed as `..`, compared in constant time.
//!
//! Knows only lengths; each secret's purpose is stated where it is declared.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Declares a secret of a fixed length.
macro_rules! secret_bytes {
    ($(#[$doc:meta])* $visible:vis $name:ident, $length:expr) => {
        $(#[$doc])*
        $visible struct $name(zeroize::Zeroizing<[u8; $length]>);

        #[allow(dead_code, reason = "not every secret is used in every way")]
        impl $name {
            /// Bytes in this secret.
            pub(crate) const LENGTH: usize = $length;

            pub(crate) fn new(bytes: zeroize::Zeroizing<[u8; $length]>) -> Self {
                Self(bytes)
            }

            /// The only view of the bytes inside the crate; never to be logged or compared with `==`.
            pub(crate) fn expose(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl subtle::ConstantTimeEq for $name {
            fn ct_eq(&self, other: &Self) -> subtle::Choice {
                subtle::ConstantTimeEq::ct_eq(self.0.as_slice(), other.0.as_slice())
            }
        }
    };
}
pub(crate) use secret_bytes;

secret_bytes! {
    /// The key of one payload (C2SP age, "file key"): 16 random bytes, fresh for every version
    /// and every file.
    pub(crate) FileKey, 16
}

impl FileKey {
    /// A fresh key.
    pub(crate) fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(random(rng))
    }
}

/// Fresh secret bytes.
pub(crate) fn random<const N: usize>(rng: &mut (impl CryptoRng + ?Sized)) -> Zeroizing<[u8; N]> {
    let mut bytes = Zeroizing::new([0; N]);
    rng.fill_bytes(bytes.as_mut_slice());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_nothing_of_itself() {
        let key = FileKey::new(Zeroizing::new([0xab; 16]));
        assert_eq!(format!("{key:?}"), "FileKey(..)");
        assert_eq!(format!("{:#?}", Some(key)), "Some(\n    FileKey(..),\n)");
    }
}
