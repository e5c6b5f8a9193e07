//! Standard age v1 files, which stock age, rage and others open and write (C2SP age).
//!
//! Encrypts and decrypts streams in bounded memory: with recipients or a passphrase, binary or
//! armored. A file that is written has only hybrid or only X25519 recipients: one X25519 stanza
//! would undo what the hybrid ones protect. A file of somebody else that mixes them still opens,
//! since refusing it would protect nobody; [`EncryptedFile::sealed_for`] tells, so that the caller
//! can warn.
//!
//! Knows nothing of records: [`crate::content`] seals those.

mod armor;
mod header;
mod keys;
mod passphrase;
mod stanza;

use std::io::{self, BufRead, BufReader, Read, Write};

use rand_core::CryptoRng;

use crate::secret::FileKey;
use crate::stream::{self, StreamError, Workers};
use armor::{ArmorError, ArmorReader, ArmorWriter};
use header::Header;
use stanza::Sealed;

pub use header::HeaderFault;
pub use keys::{
    Identity, KeyFileError, Recipient, Recipients, RecipientsError, parse_identities,
    parse_recipients,
};
pub use passphrase::{Passphrase, WorkFactor};

const BUFFER_LENGTH: usize = 64 * 1024;

/// With what a file is encrypted.
#[derive(Debug)]
pub enum Protection<'a> {
    /// Any of these can open it.
    Recipients(&'a Recipients),
    /// Whoever knows the passphrase can open it.
    Passphrase(&'a Passphrase, WorkFactor),
}

/// With what a file is decrypted.
#[derive(Debug)]
pub enum Unlock<'a> {
    /// The first of these identities that fits.
    Identities(&'a [Identity]),
    /// A passphrase.
    Passphrase(&'a Passphrase),
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As bytes.
    Binary,
    /// As text between a BEGIN and an END line, a third longer.
    Armored,
}

/// With what kinds of keys a file was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealedFor {
    /// Hybrid recipients only.
    Hybrid,
    /// X25519 recipients only: a quantum computer would open it.
    X25519,
    /// Both: a quantum computer would open it.
    Mixed,
    /// A passphrase.
    Passphrase,
    /// Only kinds that this software does not know.
    Unknown,
}

/// Why a file did not open. What was written before must be discarded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// It is no age file.
    #[error("not an age file")]
    NotAgeFile,
    /// It is an age file of another format version than v1.
    #[error("an age file of a format other than v1")]
    UnsupportedVersion,
    /// The armor does not follow the format.
    #[error("the armor of the age file is not in order at line {line}")]
    Armor {
        /// Which line, from 1.
        line: u64,
    },
    /// The header does not follow the format.
    #[error("the header of the age file is not in order")]
    Header {
        /// What is wrong with it.
        #[source]
        fault: HeaderFault,
    },
    /// None of the identities is one of its recipients.
    #[error("no identity at hand opens this age file")]
    NoMatch,
    /// The passphrase is wrong.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// Identities were given, but the file needs a passphrase.
    #[error("this age file opens with a passphrase, not with an identity")]
    PassphraseNeeded,
    /// A passphrase was given, but the file needs an identity.
    #[error("this age file opens with an identity, not with a passphrase")]
    IdentityNeeded,
    /// The header was altered after it was written.
    #[error("the header of the age file was altered")]
    HeaderAltered,
    /// The payload could not be read or verified, or the content not written.
    #[error(transparent)]
    Stream(StreamError),
}

impl DecryptError {
    fn reading(error: io::Error) -> Self {
        Self::from(StreamError::Read { source: error })
    }
}

impl From<StreamError> for DecryptError {
    fn from(error: StreamError) -> Self {
        // An error of the armor comes as an error of the reader.
        if let StreamError::Read { source } = &error
            && let Some(fault) = source.get_ref().and_then(|fault| fault.downcast_ref())
        {
            let ArmorError { line } = *fault;
            return Self::Armor { line };
        }
        Self::Stream(error)
    }
}

impl From<HeaderFault> for DecryptError {
    fn from(fault: HeaderFault) -> Self {
        Self::Header { fault }
    }
}

/// Writes an age file: reads `input` to its end. Returns the bytes of content.
///
/// # Errors
///
/// [`StreamError::Read`] and [`StreamError::Write`]; what was written must be discarded.
pub fn encrypt<R: Read + Send, W: Write + Send>(
    protection: &Protection<'_>,
    encoding: Encoding,
    input: R,
    output: W,
    workers: Workers,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<u64, StreamError> {
    match encoding {
        Encoding::Binary => encrypt_binary(protection, input, output, workers, rng),
        Encoding::Armored => {
            let mut armor = ArmorWriter::new(output);
            let length = encrypt_binary(protection, input, &mut armor, workers, rng)?;
            armor.finish().map_err(|source| StreamError::Write { source })?;
            Ok(length)
        }
    }
}

fn encrypt_binary<R: Read + Send, W: Write + Send>(
    protection: &Protection<'_>,
    input: R,
    mut output: W,
    workers: Workers,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<u64, StreamError> {
    let file_key = FileKey::generate(rng);
    let stanzas = match protection {
        Protection::Recipients(recipients) => {
            recipients.as_slice().iter().map(|to| Sealed::to(to, &file_key, rng)).collect()
        }
        Protection::Passphrase(passphrase, work) => {
            vec![Sealed::under(passphrase, *work, &file_key, rng)]
        }
    };
    let header = header::write(&stanzas, &file_key);
    output.write_all(header.as_bytes()).map_err(|source| StreamError::Write { source })?;
    stream::seal(&file_key, input, output, workers, rng)
}

/// An age file whose header was read: it tells what it needs before it is decrypted.
pub struct EncryptedFile<'r> {
    header: Header,
    stanzas: Vec<Sealed>,
    payload: Box<dyn BufRead + Send + 'r>,
}

impl<'r> EncryptedFile<'r> {
    /// Reads the header, of a binary or an armored file.
    ///
    /// # Errors
    ///
    /// [`DecryptError`] when it is no age file, or its header does not follow the format. Checks
    /// every stanza of a known kind, also those for others.
    pub fn read(input: impl Read + Send + 'r) -> Result<Self, DecryptError> {
        let mut input = BufReader::with_capacity(BUFFER_LENGTH, input);
        let first = input.fill_buf().map_err(DecryptError::reading)?.first().copied();
        let mut payload: Box<dyn BufRead + Send + 'r> = match first {
            Some(b'a') => Box::new(input),
            Some(b'-' | b' ' | b'\t' | b'\r' | b'\n') => {
                Box::new(BufReader::with_capacity(BUFFER_LENGTH, ArmorReader::new(input)))
            }
            _ => return Err(DecryptError::NotAgeFile),
        };
        let header = Header::read(&mut payload)?;
        let stanzas = stanza::known(&header.stanzas)?;
        Ok(Self { header, stanzas, payload })
    }

    /// With what kinds of keys it was encrypted.
    #[must_use]
    pub fn sealed_for(&self) -> SealedFor {
        let any = |kind: fn(&Sealed) -> bool| self.stanzas.iter().any(kind);
        let hybrid = any(|stanza| matches!(stanza, Sealed::Hybrid(_)));
        let x25519 = any(|stanza| matches!(stanza, Sealed::X25519 { .. }));
        match (hybrid, x25519) {
            (true, true) => SealedFor::Mixed,
            (true, false) => SealedFor::Hybrid,
            (false, true) => SealedFor::X25519,
            (false, false) if self.stanzas.is_empty() => SealedFor::Unknown,
            (false, false) => SealedFor::Passphrase,
        }
    }

    /// How many bytes come after the header: a nonce and the encrypted content.
    pub(crate) fn payload_length(mut self) -> Result<u64, DecryptError> {
        io::copy(&mut self.payload, &mut io::sink()).map_err(DecryptError::reading)
    }

    /// Opens it: writes the content. Returns its length in bytes.
    ///
    /// Each byte that is written has been verified, but only `Ok` says that nothing is missing.
    ///
    /// # Errors
    ///
    /// [`DecryptError`].
    pub fn decrypt<W: Write + Send>(
        mut self,
        unlock: &Unlock<'_>,
        output: W,
        workers: Workers,
    ) -> Result<u64, DecryptError> {
        let file_key = self.file_key(unlock)?;
        self.header.verify(&file_key)?;
        let nonce = stream::read_nonce(&mut self.payload).map_err(|error| match error {
            StreamError::NoChunk => HeaderFault::NoPayload.into(),
            error => DecryptError::from(error),
        })?;
        Ok(stream::open(&file_key, &nonce, self.payload, output, workers)?)
    }

    fn file_key(&self, unlock: &Unlock<'_>) -> Result<FileKey, DecryptError> {
        let needs_passphrase = self.sealed_for() == SealedFor::Passphrase;
        match unlock {
            Unlock::Identities(_) if needs_passphrase => Err(DecryptError::PassphraseNeeded),
            Unlock::Identities(identities) => identities
                .iter()
                .flat_map(|identity| self.stanzas.iter().map(move |stanza| (stanza, identity)))
                .find_map(|(stanza, identity)| stanza.open(identity))
                .ok_or(DecryptError::NoMatch),
            Unlock::Passphrase(_) if !needs_passphrase => Err(DecryptError::IdentityNeeded),
            Unlock::Passphrase(passphrase) => self
                .stanzas
                .iter()
                .find_map(|stanza| stanza.open_under(passphrase))
                .ok_or(DecryptError::WrongPassphrase),
        }
    }
}

impl std::fmt::Debug for EncryptedFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncryptedFile")
            .field("sealed_for", &self.sealed_for())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
