//! [`Request`]: a reader asks a person to open something to them.
//!
//! It has the asker's whole signed card inside, and the same account signs the request. It gives nobody any right: the
//! person reads it, may narrow it, and grants or does not. Whoever asked learns of no refusal.

use mrms_core::{ChainId, Purpose, RecordId, StandardPrincipal, UnixTime};
use mrms_stacks::clarity::{Reading, Value};

use crate::card::Card;
use crate::document::{Document, DocumentError, SignedDocument, ascii, read_text};
use crate::text::FieldText;

/// The longest text of what is asked for, in bytes.
pub const MOST_WHAT: usize = 200;
/// The longest time that can be asked for, in seconds: about 100 years.
pub const LONGEST: u64 = 36_525 * 86_400;

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub asker: SignedDocument<Card>,
    /// What they ask for, in their words.
    pub what: FieldText<MOST_WHAT>,
    /// The record that they mean, if they know its id.
    pub record: Option<RecordId>,
    /// For how long, in seconds: 1 to [`LONGEST`].
    pub seconds: u64,
    /// What for.
    pub purpose: Purpose,
    /// When it was made, by its maker's clock.
    pub issued: UnixTime,
    /// From when on it is not taken any more.
    pub valid_until: UnixTime,
}

impl Request {
    /// Who asks, as their card says.
    #[must_use]
    pub const fn card(&self) -> &Card {
        self.asker.document()
    }

    /// Whether it is over at this time.
    #[must_use]
    pub fn has_expired(&self, now: UnixTime) -> bool {
        now >= self.valid_until
    }
}

impl Document for Request {
    const TOPIC: &'static str = "request";
    const CALLED: &'static str = "a request";
    /// A card, the words, and what else there is: a QR code holds it.
    const MOST_BYTES: usize = 1_200;

    fn signer(&self) -> StandardPrincipal {
        self.card().principal
    }

    fn chain_id(&self) -> ChainId {
        self.card().chain_id
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { asker, what, record, seconds, purpose, issued, valid_until } = self;
        vec![
            ("card", Value::buffer(asker.to_bytes())),
            ("what", Value::StringUtf8(what.as_str().to_owned())),
            ("record", Value::optional(record.map(|record| Value::uint(record.number())))),
            ("seconds", Value::uint(*seconds)),
            ("purpose", ascii(purpose)),
            ("issued", Value::uint(issued.seconds())),
            ("until", Value::uint(valid_until.seconds())),
        ]
    }

    fn from_fields(fields: &Reading<'_>) -> Result<Self, DocumentError> {
        let unknown = |field| DocumentError::Unknown { field };
        let purpose: Purpose =
            fields.field("purpose")?.ascii()?.parse().map_err(|_| unknown("purpose"))?;
        let record = fields.field("record")?.optional()?.map(|id| id.uint()).transpose()?;
        let seconds = fields.field("seconds")?.uint64()?;
        if !(1..=LONGEST).contains(&seconds) {
            return Err(unknown("time"));
        }
        Ok(Self {
            asker: SignedDocument::from_bytes(fields.field("card")?.buffer()?)?,
            what: read_text(&fields.field("what")?, "what it asks for")?,
            record: record.map(RecordId::new),
            seconds,
            purpose,
            issued: UnixTime::from_seconds(fields.field("issued")?.uint64()?),
            valid_until: UnixTime::from_seconds(fields.field("until")?.uint64()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use mrms_stacks::keys::SigningKey;
    use mrms_stacks::network::TransactionVersion;

    use super::*;
    use crate::card::Kind;
    use crate::document::{armor, bytes_of_text, tuple};

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_bytes(&[byte; 32]).unwrap()
    }

    fn card(byte: u8, longest: bool) -> SignedDocument<Card> {
        let text = |most: usize| "é".repeat(most / 2);
        let card = Card {
            principal: key(byte).address(TransactionVersion::Testnet),
            kind: Kind::Practice,
            name: FieldText::new(if longest { "Clinic B" } else { "B" }).unwrap(),
            organisation: longest.then(|| FieldText::new(&text(64)).unwrap()),
            address: None,
            key_hash: Card::hash_of_key(b"key"),
            chain_id: ChainId::EMBEDDED,
            genesis: [7; 32],
            contract: "ST000000000000000000002AMW42H.medical-records-management".parse().unwrap(),
            issued: UnixTime::from_seconds(1_700_000_000),
            serial: 3,
        };
        SignedDocument::sign(card, &key(byte)).unwrap()
    }

    fn request() -> Request {
        Request {
            asker: card(1, false),
            what: FieldText::new("blood tests of May").unwrap(),
            record: None,
            seconds: 30 * 86_400,
            purpose: Purpose::Treatment,
            issued: UnixTime::from_seconds(1_700_000_000),
            valid_until: UnixTime::from_seconds(1_701_000_000),
        }
    }

    #[test]
    fn request_is_read_as_it_was_signed_and_fits_a_code() {
        let signed = SignedDocument::sign(request(), &key(1)).unwrap();
        assert_eq!(SignedDocument::from_text(&signed.to_text()).unwrap(), signed);
        let long = Request {
            asker: card(1, true),
            what: FieldText::new(&"w".repeat(MOST_WHAT)).unwrap(),
            record: Some(RecordId::new(u128::MAX)),
            ..request()
        };
        let signed = SignedDocument::sign(long.clone(), &key(1)).unwrap();
        assert!(signed.to_bytes().len() < Request::MOST_BYTES, "{}", signed.to_bytes().len());
        assert_eq!(SignedDocument::<Request>::from_bytes(&signed.to_bytes()).unwrap(), signed);
        assert!(!long.has_expired(UnixTime::from_seconds(1_700_999_999)));
        assert!(long.has_expired(UnixTime::from_seconds(1_701_000_000)));
    }

    #[test]
    fn request_that_was_changed_on_its_way_is_refused() {
        let bytes = SignedDocument::sign(request(), &key(1)).unwrap().to_bytes();
        for position in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[position] ^= 1;
            assert!(SignedDocument::<Request>::from_bytes(&altered).is_err(), "byte {position}");
        }
        // Another's card, under one's own signature.
        let stolen = Request { asker: card(2, false), ..request() };
        assert!(SignedDocument::sign(stolen, &key(1)).is_err());
        // A card is no request.
        assert!(SignedDocument::<Request>::from_bytes(&card(1, false).to_bytes()).is_err());
        let long = armor(&vec![0; 100_000]);
        assert!(SignedDocument::<Request>::from_bytes(&bytes_of_text(&long).unwrap()).is_err());
    }

    #[test]
    fn texts_that_act_on_a_screen_and_absurd_times_are_refused_when_read() {
        let with = |name: &str, value: Value| {
            let mut fields = request().fields();
            for field in &mut fields {
                if field.0 == name {
                    field.1 = value.clone();
                }
            }
            let fields = tuple(fields);
            Request::from_fields(&fields.read())
        };
        for bad in ["a\u{1b}[2J", "a\u{202e}b", "a\nb", "", &"a".repeat(100_000)] {
            let refused = with("what", Value::StringUtf8(bad.to_owned())).unwrap_err();
            assert!(matches!(refused, DocumentError::Text { .. }), "{bad:?}");
        }
        for seconds in [0, LONGEST + 1, u64::MAX] {
            assert!(with("seconds", Value::uint(seconds)).is_err());
        }
        assert!(with("purpose", ascii("FUN")).is_err());
        assert!(with("record", Value::optional(Some(Value::uint(u128::MAX)))).is_ok());
    }
}
