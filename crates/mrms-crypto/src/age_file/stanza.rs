//! The kinds of stanza that this software knows (C2SP age, "Recipient types"): `X25519`,
//! `mlkem768x25519` and `scrypt`. Skips others, as the specification says.

use rand_core::CryptoRng;

use super::header::{self, HeaderFault, Stanza};
use super::keys::{Identity, Recipient};
use super::passphrase::{self, Passphrase, SALT_LENGTH, WorkFactor};
use crate::hybrid::{self, ENCAPSULATED_LENGTH, SEALED_LENGTH, SealedSecret};
use crate::kdf::{self, WRAP_LENGTH};
use crate::secret::FileKey;
use crate::x25519::{self, SHARE_LENGTH};

const X25519: &str = "X25519";
const HYBRID: &str = "mlkem768x25519";
const SCRYPT: &str = "scrypt";
const HYBRID_INFO: &[u8] = b"age-encryption.org/mlkem768x25519";

/// A file key, sealed in one of the known ways.
pub(super) enum Sealed {
    X25519 { share: [u8; SHARE_LENGTH], wrapped: [u8; WRAP_LENGTH] },
    Hybrid(Box<SealedSecret>),
    Passphrase { salt: [u8; SALT_LENGTH], work: WorkFactor, wrapped: [u8; WRAP_LENGTH] },
}

impl Sealed {
    pub(super) fn to(
        recipient: &Recipient,
        file_key: &FileKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        match recipient {
            Recipient::X25519(recipient) => {
                let (share, wrapped) = recipient.wrap(file_key, rng);
                Self::X25519 { share, wrapped }
            }
            Recipient::Hybrid(recipient) => {
                let sealed = recipient.seal(HYBRID_INFO, None, file_key.expose(), rng);
                Self::Hybrid(Box::new(sealed))
            }
        }
    }

    pub(super) fn under(
        passphrase: &Passphrase,
        work: WorkFactor,
        file_key: &FileKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let mut salt = [0; SALT_LENGTH];
        rng.fill_bytes(&mut salt);
        let key = passphrase::derive(&passphrase.normal(), &salt, work);
        Self::Passphrase { salt, work, wrapped: kdf::wrap(&key, file_key.expose()) }
    }

    pub(super) fn open(&self, identity: &Identity) -> Option<FileKey> {
        match (self, identity) {
            (Self::X25519 { share, wrapped }, Identity::X25519(identity)) => {
                identity.unwrap(share, wrapped)
            }
            (Self::Hybrid(sealed), Identity::Hybrid(identity)) => {
                identity.open(HYBRID_INFO, None, sealed).map(FileKey::new)
            }
            _ => None,
        }
    }

    pub(super) fn open_under(&self, passphrase: &Passphrase) -> Option<FileKey> {
        match self {
            Self::Passphrase { salt, work, wrapped } => {
                let open =
                    |form: &str| kdf::unwrap(&passphrase::derive(form, salt, *work), wrapped);
                passphrase.find(open).map(FileKey::new)
            }
            _ => None,
        }
    }

    /// The arguments as they are written, and the body.
    pub(super) fn to_text(&self, base64: impl Fn(&[u8]) -> String) -> (String, &[u8]) {
        match self {
            Self::X25519 { share, wrapped } => (format!("{X25519} {}", base64(share)), wrapped),
            Self::Hybrid(sealed) => {
                let (encapsulated, wrapped) = sealed.split_at(ENCAPSULATED_LENGTH);
                (format!("{HYBRID} {}", base64(encapsulated)), wrapped)
            }
            Self::Passphrase { salt, work, wrapped } => {
                (format!("{SCRYPT} {} {}", base64(salt), work.log_n()), wrapped)
            }
        }
    }

    /// `None` for a kind that is not known.
    fn read(stanza: &Stanza) -> Result<Option<Self>, HeaderFault> {
        let body = || stanza.body.as_slice().try_into().map_err(|_| HeaderFault::Arguments);
        let arguments = stanza.arguments.iter().map(String::as_str).collect::<Vec<_>>();
        let sealed = match arguments[..] {
            [X25519, share] => {
                let share = exactly(share)?;
                if x25519::is_low_order(&share) {
                    return Err(HeaderFault::LowOrder);
                }
                Self::X25519 { share, wrapped: body()? }
            }
            [HYBRID, encapsulated] => {
                let encapsulated: [u8; ENCAPSULATED_LENGTH] = exactly(encapsulated)?;
                if hybrid::has_low_order_share(&encapsulated) {
                    return Err(HeaderFault::LowOrder);
                }
                let wrapped: [u8; WRAP_LENGTH] = body()?;
                let mut sealed = Box::new([0; SEALED_LENGTH]);
                sealed[..ENCAPSULATED_LENGTH].copy_from_slice(&encapsulated);
                sealed[ENCAPSULATED_LENGTH..].copy_from_slice(&wrapped);
                Self::Hybrid(sealed)
            }
            [SCRYPT, salt, work] => Self::Passphrase {
                salt: exactly(salt)?,
                work: WorkFactor::from_stanza(work)?,
                wrapped: body()?,
            },
            [X25519 | HYBRID | SCRYPT, ..] => return Err(HeaderFault::Arguments),
            _ => return Ok(None),
        };
        Ok(Some(sealed))
    }
}

/// The stanzas of known kinds, each checked.
pub(super) fn known(stanzas: &[Stanza]) -> Result<Vec<Sealed>, HeaderFault> {
    let is_passphrase = |stanza: &Stanza| stanza.arguments.first().is_some_and(|a| a == SCRYPT);
    if stanzas.len() > 1 && stanzas.iter().any(is_passphrase) {
        return Err(HeaderFault::PassphraseNotAlone);
    }
    stanzas.iter().map(Sealed::read).filter_map(Result::transpose).collect()
}

fn exactly<const N: usize>(argument: &str) -> Result<[u8; N], HeaderFault> {
    header::decode(argument)?.try_into().map_err(|_| HeaderFault::Arguments)
}
