//! What is in a staff record: the organisation's identities, as a key file of age.
//!
//! A key on each line, the oldest first, with comments after `#`. Stock age reads it.

use mrms_core::Principal;
use mrms_crypto::HybridIdentity;
use zeroize::Zeroizing;

/// The longest content that is taken for a staff key, in bytes.
pub(crate) const MOST_BYTES: usize = 1 << 20;
/// More than a line with a key has.
const LINE: usize = 128;

/// Why the content of a staff record gives no keys.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StaffKeyError {
    /// It is longer than any, or no text.
    #[error("the staff record has something else than keys")]
    NotKeys,
    /// A line is no key.
    #[error("line {line} of the staff record is no key")]
    Line {
        /// Which, from 1.
        line: usize,
    },
    /// It has none.
    #[error("the staff record has no key")]
    None,
}

/// The file with these identities, the oldest first.
pub(crate) fn write(organisation: &Principal, identities: &[HybridIdentity]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity((identities.len() + 2) * LINE));
    text.push_str(&format!(
        "# Staff key of {organisation}\n# Whoever is no member opens nothing with it.\n"
    ));
    for identity in identities {
        text.push_str(&identity.to_secret_text());
        text.push('\n');
    }
    text
}

/// The identities in such a file, as text, the oldest first. Each was read once.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Zeroizing<String>>, StaffKeyError> {
    let text = std::str::from_utf8(bytes).map_err(|_| StaffKeyError::NotKeys)?;
    let mut identities = Vec::new();
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        HybridIdentity::parse(line).map_err(|_| StaffKeyError::Line { line: number + 1 })?;
        identities.push(Zeroizing::new(line.to_owned()));
    }
    if identities.is_empty() {
        return Err(StaffKeyError::None);
    }
    Ok(identities)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::access::holder::Organisation;

    #[test]
    fn keys_are_read_as_they_were_written_and_nothing_else_is_taken() {
        let mut rng = StdRng::seed_from_u64(1);
        let made: Vec<_> = (0..3).map(|_| HybridIdentity::generate(&mut rng)).collect();
        let organisation = "ST000000000000000000002AMW42H".parse().unwrap();
        let text = write(&organisation, &made);
        assert!(text.capacity() <= 5 * LINE, "it was not moved while it grew");
        let read = super::read(text.as_bytes()).unwrap();
        let back = Organisation::of_texts(organisation, &read);
        let recipients = |keys: &[HybridIdentity]| {
            keys.iter().map(|key| key.recipient().to_string()).collect::<Vec<_>>()
        };
        let mut expected = recipients(&made);
        expected.reverse();
        assert_eq!(recipients(back.identities()), expected, "the latest first");
        for (bytes, error) in [
            (&b"\xff"[..], StaffKeyError::NotKeys),
            (b"# nothing\n", StaffKeyError::None),
            (b"# one\n\nAGE-SECRET-KEY-PQ-1AAAA\n", StaffKeyError::Line { line: 3 }),
        ] {
            assert_eq!(super::read(bytes), Err(error));
        }
    }
}
