//! [`SignedDocument`]: something that an account signed for others to read, apart from any ledger.
//!
//! The bytes are the consensus serialization of `{content: {topic: …, …}, signature: (buff 65)}`. The signature
//! covers the content, under the domain `mrms-people` and the chain that the content names (SIP-018). A reader
//! takes exactly the fields it knows, so two programs never read one document in two ways.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mrms_core::{ChainId, StandardPrincipal};
use mrms_stacks::DecodeError;
use mrms_stacks::clarity::{AsciiString, ClarityName, EncodeError, ReadError, Reading, Value};
use mrms_stacks::keys::{RecoverableSignature, SignatureError, SigningKey};
use mrms_stacks::structured::{Domain, StructuredData};

use crate::base32;
use crate::pasted::text_in;
use crate::text::{FieldError, FieldText};
use crate::url::UrlError;

/// What every document as text begins with.
pub const TEXT_BEGINS: &str = "mrms:";
/// What the text in a QR code begins with. Base32 follows: a code holds capitals in less room.
pub const CODE_BEGINS: &str = "MRMS:";
/// The longest document that is read, in bytes: of a directory, which lists many cards.
pub const MOST_BYTES: usize = 1_000_000;

/// A kind of document.
pub trait Document: Sized {
    /// The word that names this kind.
    const TOPIC: &'static str;
    /// What a person calls it, with its article: `a card`.
    const CALLED: &'static str;
    /// The longest one, in bytes.
    const MOST_BYTES: usize;

    /// Who signs it.
    fn signer(&self) -> StandardPrincipal;

    /// The chain for which it is signed.
    fn chain_id(&self) -> ChainId;

    /// Its fields, without the topic.
    fn fields(&self) -> Vec<(&'static str, Value)>;

    /// Reads the fields.
    ///
    /// # Errors
    ///
    /// [`DocumentError`].
    fn from_fields(fields: &Reading<'_>) -> Result<Self, DocumentError>;
}

/// Why bytes or a text are no document, or not this kind of document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The text does not begin as documents do, or has a character that none has.
    #[error(
        "this is no text of mrms: such a text begins with {TEXT_BEGINS} and has letters, digits, - and _ alone"
    )]
    NotText,
    /// It is longer than any.
    #[error("it has {length} bytes; {most} are the most")]
    TooLong {
        /// Its length in bytes, as far as it was read.
        length: usize,
        /// The greatest length in bytes.
        most: usize,
    },
    /// It ended early, or is no Clarity value.
    #[error("it is damaged or was not copied whole")]
    Decode(#[source] DecodeError),
    /// It is longer or deeper than Clarity allows.
    #[error("it cannot be written")]
    Encode(#[from] EncodeError),
    /// It is a document of another kind.
    #[error("it is not {expected} but a document of the kind {found}")]
    OtherKind {
        /// What was expected, with its article.
        expected: &'static str,
        /// The topic that was found.
        found: String,
    },
    /// A field is missing, or of another shape.
    #[error("its content is not as this program knows it")]
    Read(#[from] ReadError),
    /// It has fields or an order that this program does not write.
    #[error("its content has more than this program knows; a newer mrms may have made it")]
    OtherForm,
    /// A text in it cannot be shown.
    #[error("its {field} cannot be taken")]
    Text {
        /// The field.
        field: &'static str,
        /// Why.
        #[source]
        source: FieldError,
    },
    /// A value is none of those that this program knows.
    #[error("its {field} is not one that this program knows")]
    Unknown {
        /// The field.
        field: &'static str,
    },
    /// An address in it is none.
    #[error("its {field} cannot be taken")]
    Address {
        /// The field.
        field: &'static str,
        /// Why.
        #[source]
        source: UrlError,
    },
    /// Its parts do not fit together.
    #[error("its {field} cannot be taken: {reason}")]
    Unfit {
        /// The field.
        field: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// Its maker did not sign this.
    #[error("its signature does not hold: it was altered, or somebody else made it")]
    Signature(#[from] SignatureError),
}

/// A document with the signature of its maker, which was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedDocument<D> {
    document: D,
    signature: [u8; 65],
}

impl<D: Document> SignedDocument<D> {
    /// Signs a document.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Encode`]; [`DocumentError::TooLong`]; [`DocumentError::Signature`] with the key of another account.
    pub fn sign(document: D, key: &SigningKey) -> Result<Self, DocumentError> {
        let data = bind(&document)?;
        let signature = data.sign(key);
        data.verify(&signature, &document.signer())?;
        let signed = Self { document, signature: signature.to_rsv() };
        let length = signed.to_bytes().len();
        if length > D::MOST_BYTES {
            return Err(DocumentError::TooLong { length, most: D::MOST_BYTES });
        }
        Ok(signed)
    }

    /// The document.
    #[must_use]
    pub const fn document(&self) -> &D {
        &self.document
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let value = tuple([
            ("content", content(&self.document)),
            ("signature", Value::buffer(self.signature)),
        ]);
        value.encode().unwrap_or_else(|_| unreachable!("what was signed or read can be encoded"))
    }

    /// Reads a document and checks its signature.
    ///
    /// # Errors
    ///
    /// [`DocumentError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DocumentError> {
        let signed = Self::read(bytes)?;
        let signature = RecoverableSignature::from_rsv(signed.signature);
        bind(&signed.document)?.verify(&signature, &signed.document.signer())?;
        Ok(signed)
    }

    /// Everything but the signature.
    fn read(bytes: &[u8]) -> Result<Self, DocumentError> {
        if bytes.len() > MOST_BYTES {
            return Err(DocumentError::TooLong { length: bytes.len(), most: MOST_BYTES });
        }
        let value = Value::decode(bytes).map_err(DocumentError::Decode)?;
        let outer = value.read();
        let inner = outer.field("content")?;
        let topic = inner.field("topic")?;
        if topic.ascii()? != D::TOPIC {
            return Err(DocumentError::OtherKind {
                expected: D::CALLED,
                found: topic.ascii()?.to_owned(),
            });
        }
        if bytes.len() > D::MOST_BYTES {
            return Err(DocumentError::TooLong { length: bytes.len(), most: D::MOST_BYTES });
        }
        let document = D::from_fields(&inner)?;
        let signature = outer.field("signature")?.array()?;
        let signed = Self { document, signature };
        if signed.to_bytes() != bytes {
            return Err(DocumentError::OtherForm);
        }
        Ok(signed)
    }

    /// The document as one word of text.
    #[must_use]
    pub fn to_text(&self) -> String {
        armor(&self.to_bytes())
    }

    /// Reads a document from text. White space in it, as mail programs add it, does not matter.
    ///
    /// # Errors
    ///
    /// [`DocumentError`].
    pub fn from_text(text: &str) -> Result<Self, DocumentError> {
        Self::from_bytes(&bytes_of_text(text)?)
    }
}

/// A document that this program read before and kept sealed since: its signature is not checked again.
pub(crate) fn kept<D: Document>(text: &str) -> Result<D, DocumentError> {
    Ok(SignedDocument::read(&bytes_of_text(text)?)?.document)
}

/// The topic of a document as bytes, of whatever kind, unchecked: to choose by which kind it is read.
#[must_use]
pub fn topic_of(bytes: &[u8]) -> Option<String> {
    let value = Value::decode(bytes).ok()?;
    let topic = value.read().field("content").ok()?.field("topic").ok()?;
    topic.ascii().ok().map(ToOwned::to_owned)
}

/// Bytes as text: `mrms:` and base64url.
#[must_use]
pub fn armor(bytes: &[u8]) -> String {
    format!("{TEXT_BEGINS}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Bytes as the text in a QR code: `MRMS:` and base32.
#[must_use]
pub fn armor_for_code(bytes: &[u8]) -> String {
    format!("{CODE_BEGINS}{}", base32::encode(bytes))
}

/// Whether a text is meant as a document, whole or not.
#[must_use]
pub fn begins_as_text(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with(TEXT_BEGINS) || text.starts_with(CODE_BEGINS)
}

/// The bytes of a document as text, of whatever kind: as [`armor`] or [`armor_for_code`] wrote it, in whatever it was pasted with.
///
/// # Errors
///
/// [`DocumentError::NotText`], [`DocumentError::TooLong`].
pub fn bytes_of_text(text: &str) -> Result<Vec<u8>, DocumentError> {
    let most = MOST_BYTES / 5 * 8 + TEXT_BEGINS.len();
    // White space may be as long as the rest.
    if text.len() > 2 * most {
        return Err(DocumentError::TooLong { length: text.len(), most });
    }
    let compact = text_in(text).ok_or(DocumentError::NotText)?;
    if let Some(body) = compact.strip_prefix(CODE_BEGINS) {
        return base32::decode(body).ok_or(DocumentError::NotText);
    }
    let body = compact.strip_prefix(TEXT_BEGINS).ok_or(DocumentError::NotText)?;
    URL_SAFE_NO_PAD.decode(body).map_err(|_| DocumentError::NotText)
}

/// The bytes of a document in a file: the file's own, or those of the text in it.
///
/// # Errors
///
/// As [`bytes_of_text`].
pub fn bytes_of_file(contents: &[u8]) -> Result<Vec<u8>, DocumentError> {
    // What some programs put before a text.
    let without_mark = contents.strip_prefix(b"\xef\xbb\xbf").unwrap_or(contents);
    match std::str::from_utf8(without_mark) {
        Ok(text) if begins_as_text(text) || is_mail_with_text(text) => bytes_of_text(text),
        _ => Ok(contents.to_vec()),
    }
}

/// Whether it is a text for people with a document in it. The bytes of a document have characters that no such text has.
fn is_mail_with_text(text: &str) -> bool {
    let is_for_people = |one: char| !one.is_control() || "\t\r\n".contains(one);
    text.chars().all(is_for_people) && text_in(text).is_some()
}

fn content<D: Document>(document: &D) -> Value {
    let mut fields = document.fields();
    fields.push(("topic", ascii(D::TOPIC)));
    tuple(fields)
}

fn bind<D: Document>(document: &D) -> Result<StructuredData, EncodeError> {
    let text = |text: &str| -> AsciiString {
        text.parse().unwrap_or_else(|_| unreachable!("a literal in ASCII"))
    };
    let domain =
        Domain { name: text("mrms-people"), version: text("1"), chain_id: document.chain_id() };
    StructuredData::new(&domain, &content(document))
}

/// A tuple of literal names, all different.
pub(crate) fn tuple(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (ClarityName::literal(name), value));
    Value::tuple(fields).unwrap_or_else(|_| unreachable!("the names of a document differ"))
}

/// A text that is ASCII by construction: a principal, a contract's id, a word of these documents.
pub(crate) fn ascii(text: impl std::fmt::Display) -> Value {
    match text.to_string().parse() {
        Ok(text) => Value::StringAscii(text),
        Err(_) => unreachable!("names and principals are ASCII"),
    }
}

/// Reads a text that is shown to people.
pub(crate) fn read_text<const MOST: usize>(
    reading: &Reading<'_>,
    field: &'static str,
) -> Result<FieldText<MOST>, DocumentError> {
    let text = reading.utf8()?;
    FieldText::new(text).map_err(|source| DocumentError::Text { field, source })
}
