//! STREAM: the payload of an age file, 64 KiB chunks of ChaCha20-Poly1305, on every core.
//!
//! Follows C2SP age, "Payload": a 16-byte nonce, then chunks under HKDF(file key, nonce,
//! "payload"), whose nonces are an 11-byte counter and a byte that marks the last chunk. Chunks are
//! independent, so workers read in turns, encrypt or decrypt at the same time, and write in order:
//! the bytes are the same for any number of workers. Writes a chunk of content only after verifying
//! it. Knows no headers and no recipients.

mod pipeline;

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use rand_core::CryptoRng;

use crate::kdf::{self, TAG_LENGTH};
use crate::secret::FileKey;

use pipeline::{Direction, Failed, Position, Slot, grow, run};

/// Bytes of content in a chunk.
pub const CHUNK_LENGTH: usize = 64 * 1024;
/// Bytes of the payload's nonce.
pub(crate) const NONCE_LENGTH: usize = 16;
const PAYLOAD_INFO: &[u8] = b"payload";

/// How many threads seal and open chunks at the same time: 1 to 16.
///
/// More than 16 would wait for memory. Each has up to 320 KiB of buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workers(NonZeroUsize);

impl Workers {
    /// The calling thread alone.
    pub const ONE: Self = Self(NonZeroUsize::MIN);
    const MOST: usize = 16;

    /// This many, at most 16.
    #[must_use]
    pub fn new(count: NonZeroUsize) -> Self {
        Self(count.min(NonZeroUsize::new(Self::MOST).unwrap_or(count)))
    }

    /// As many as this process may run at the same time, at most 16.
    #[must_use]
    pub fn available() -> Self {
        std::thread::available_parallelism().map_or(Self::ONE, Self::new)
    }

    /// The number, at least 1.
    #[must_use]
    pub const fn count(self) -> usize {
        self.0.get()
    }
}

/// Why a payload could not be sealed or opened. What was written before it must be discarded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The input could not be read.
    #[error("the input cannot be read")]
    Read {
        /// What the reader said.
        #[source]
        source: io::Error,
    },
    /// The output could not be written.
    #[error("the output cannot be written")]
    Write {
        /// What the writer said.
        #[source]
        source: io::Error,
    },
    /// The payload is too short to have a nonce and a chunk.
    #[error("the ciphertext ends before its first chunk")]
    NoChunk,
    /// The payload ends between two chunks: the rest is missing.
    #[error("the ciphertext was cut short")]
    CutShort,
    /// Something follows the last chunk.
    #[error("the ciphertext goes on after its end")]
    Extended,
    /// A chunk did not verify: it was altered, or the payload was cut short or added to inside it.
    #[error("the ciphertext was altered or cut short (chunk {chunk})")]
    Altered {
        /// Which chunk of 64 KiB, from 0.
        chunk: u64,
    },
}

/// Bytes of a sealed payload for this many bytes of content: the nonce, the content, and a tag for
/// each chunk. Saturates, far beyond what any disk holds.
#[must_use]
pub const fn payload_length(content: u64) -> u64 {
    let chunks = content.div_ceil(CHUNK_LENGTH as u64);
    let chunks = if chunks == 0 { 1 } else { chunks };
    content.saturating_add(chunks * TAG_LENGTH as u64).saturating_add(NONCE_LENGTH as u64)
}

/// Seals `content` to its end: writes a fresh nonce and the chunks. Returns the bytes read.
pub(crate) fn seal<R: Read + Send, W: Write + Send>(
    file_key: &FileKey,
    content: R,
    mut payload: W,
    workers: Workers,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<u64, StreamError> {
    let mut nonce = [0; NONCE_LENGTH];
    rng.fill_bytes(&mut nonce);
    payload.write_all(&nonce).map_err(|source| StreamError::Write { source })?;
    run(&Seal(key(file_key, &nonce)), content, payload, workers).map(|passed| passed.read)
}

/// Opens a payload whose nonce was read already. Returns the bytes of content.
pub(crate) fn open<R: Read + Send, W: Write + Send>(
    file_key: &FileKey,
    nonce: &[u8; NONCE_LENGTH],
    chunks: R,
    content: W,
    workers: Workers,
) -> Result<u64, StreamError> {
    run(&Open(key(file_key, nonce)), chunks, content, workers).map(|passed| passed.written)
}

/// Reads the nonce with which a payload begins.
pub(crate) fn read_nonce(payload: &mut impl Read) -> Result<[u8; NONCE_LENGTH], StreamError> {
    let mut nonce = [0; NONCE_LENGTH];
    payload.read_exact(&mut nonce).map_err(|source| match source.kind() {
        io::ErrorKind::UnexpectedEof => StreamError::NoChunk,
        _ => StreamError::Read { source },
    })?;
    Ok(nonce)
}

fn key(file_key: &FileKey, nonce: &[u8; NONCE_LENGTH]) -> LessSafeKey {
    kdf::cipher(&kdf::hkdf(file_key.expose(), nonce, &[PAYLOAD_INFO]))
}

/// An 88-bit counter, big-endian, then 1 for the last chunk and 0 for the others.
fn chunk_nonce(index: u64, position: Position) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&index.to_be_bytes());
    nonce[11] = u8::from(position == Position::Last);
    nonce
}

struct Seal(LessSafeKey);

impl Direction for Seal {
    const INPUT: usize = CHUNK_LENGTH;

    fn chunk(
        &self,
        index: u64,
        position: Position,
        length: usize,
        slot: &mut Slot,
        _: &mut Slot,
    ) -> Result<usize, Failed> {
        let (body, tag) = slot[..length + TAG_LENGTH].split_at_mut(length);
        kdf::seal_chunk(&self.0, chunk_nonce(index, position), body, tag);
        Ok(length + TAG_LENGTH)
    }
}

struct Open(LessSafeKey);

impl Open {
    /// Opens a chunk into `content`, if it is the one that was sealed at this place.
    fn open(&self, index: u64, position: Position, chunk: &[u8], content: &mut [u8]) -> bool {
        let Some((body, tag)) = chunk.split_last_chunk::<TAG_LENGTH>() else { return false };
        let nonce = Nonce::assume_unique_for_key(chunk_nonce(index, position));
        let content = &mut content[..body.len()];
        self.0.open_separate_gather(nonce, Aad::empty(), body, tag, content).is_ok()
    }
}

impl Direction for Open {
    const INPUT: usize = CHUNK_LENGTH + TAG_LENGTH;

    fn chunk(
        &self,
        index: u64,
        position: Position,
        length: usize,
        slot: &mut Slot,
        spare: &mut Slot,
    ) -> Result<usize, Failed> {
        let failed = |released, error| Err(Failed { released, error });
        if length == 0 {
            return failed(0, StreamError::NoChunk);
        }
        grow(spare, slot.len());
        let content = length.saturating_sub(TAG_LENGTH);
        let chunk = &slot[..length];
        // Only empty content ends with an empty chunk.
        if (content > 0 || index == 0) && self.open(index, position, chunk, spare) {
            std::mem::swap(slot, spare);
            return Ok(content);
        }
        // A full chunk may be genuine, but in the wrong place. Then its content is released, and
        // the error tells what happened.
        let (elsewhere, error) = match position {
            Position::Inner => (Position::Last, StreamError::Extended),
            Position::Last => (Position::Inner, StreamError::CutShort),
        };
        if content == CHUNK_LENGTH && self.open(index, elsewhere, chunk, spare) {
            std::mem::swap(slot, spare);
            return failed(content, error);
        }
        failed(0, StreamError::Altered { chunk: index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};
    use zeroize::Zeroizing;

    fn file_key() -> FileKey {
        FileKey::new(Zeroizing::new([4; 16]))
    }

    fn workers(count: usize) -> Workers {
        Workers::new(NonZeroUsize::new(count).unwrap())
    }

    fn sealed(content: &[u8], count: usize) -> Vec<u8> {
        let mut payload = Vec::new();
        let mut rng = StdRng::seed_from_u64(5);
        let read = seal(&file_key(), content, &mut payload, workers(count), &mut rng).unwrap();
        assert_eq!(read, content.len() as u64);
        payload
    }

    fn opened(mut payload: &[u8], count: usize) -> Result<Vec<u8>, StreamError> {
        let mut content = Vec::new();
        let nonce = read_nonce(&mut payload)?;
        open(&file_key(), &nonce, payload, &mut content, workers(count))?;
        Ok(content)
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|index| (index / 7) as u8).collect()
    }

    const LENGTHS: [usize; 16] = [
        0,
        1,
        // Where the first buffer grows.
        4 * 1024 - 2 * TAG_LENGTH,
        4 * 1024 - TAG_LENGTH - 1,
        4 * 1024 - TAG_LENGTH,
        4 * 1024 - TAG_LENGTH + 1,
        4 * 1024,
        CHUNK_LENGTH - 1,
        CHUNK_LENGTH,
        CHUNK_LENGTH + 1,
        4 * CHUNK_LENGTH,
        4 * CHUNK_LENGTH + 1,
        5 * CHUNK_LENGTH,
        8 * CHUNK_LENGTH,
        9 * CHUNK_LENGTH - 1,
        33 * CHUNK_LENGTH + 5,
    ];

    #[test]
    fn a_payload_cut_anywhere_is_refused() {
        let payload = sealed(&content(9 * CHUNK_LENGTH), 2);
        let chunk = CHUNK_LENGTH + TAG_LENGTH;
        for chunks in 0..9 {
            for extra in [0, 1, TAG_LENGTH - 1, TAG_LENGTH, TAG_LENGTH + 1, chunk - 1] {
                let length = NONCE_LENGTH + chunks * chunk + extra;
                for count in [1, 3] {
                    assert!(opened(&payload[..length], count).is_err(), "{chunks} {extra}");
                }
            }
        }
        assert!(matches!(opened(&payload[..15], 1), Err(StreamError::NoChunk)));
        assert!(matches!(opened(&payload[..16], 1), Err(StreamError::NoChunk)));
    }

    #[test]
    fn what_is_added_swapped_or_altered_is_refused_at_its_chunk() {
        let payload = sealed(&content(9 * CHUNK_LENGTH), 2);
        let chunk = CHUNK_LENGTH + TAG_LENGTH;
        let longer = [&payload[..], &[0]].concat();
        assert!(matches!(opened(&longer, 2), Err(StreamError::Extended)));
        let longer = [&payload[..], &payload[NONCE_LENGTH..]].concat();
        assert!(matches!(opened(&longer, 2), Err(StreamError::Extended)));
        let shorter = &payload[..NONCE_LENGTH + 5 * chunk];
        assert!(matches!(opened(shorter, 2), Err(StreamError::CutShort)));
        for index in 0..9 {
            let mut altered = payload.clone();
            altered[NONCE_LENGTH + index * chunk + 77] ^= 0x80;
            for count in [1, 4] {
                let error = opened(&altered, count).unwrap_err();
                assert!(
                    matches!(error, StreamError::Altered { chunk } if chunk == index as u64),
                    "{error:?}"
                );
            }
        }
        let mut swapped = payload;
        let (left, right) = swapped[NONCE_LENGTH..].split_at_mut(chunk);
        left.swap_with_slice(&mut right[..chunk]);
        assert!(matches!(opened(&swapped, 2), Err(StreamError::Altered { chunk: 0 })));
    }

    #[test]
    fn content_is_written_up_to_the_chunk_that_fails() {
        let plain = content(12 * CHUNK_LENGTH);
        let mut payload = sealed(&plain, 2);
        payload[NONCE_LENGTH + 6 * (CHUNK_LENGTH + TAG_LENGTH)] ^= 1;
        for count in [1, 2, 5] {
            let (nonce, chunks) = payload.split_first_chunk().unwrap();
            let mut out = Vec::new();
            let result = open(&file_key(), nonce, chunks, &mut out, workers(count));
            assert!(matches!(result, Err(StreamError::Altered { chunk: 6 })));
            assert!(out == plain[..6 * CHUNK_LENGTH]);
        }
    }

    #[test]
    fn errors_of_reader_and_writer_come_through() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let plain = content(9 * CHUNK_LENGTH);
        for count in [1, 3] {
            let mut rng = StdRng::seed_from_u64(6);
            let input = plain.as_slice().chain(Broken);
            let result = seal(&file_key(), input, io::sink(), workers(count), &mut rng);
            assert!(matches!(result, Err(StreamError::Read { .. })));
            let result = seal(&file_key(), &plain[..], Broken, workers(count), &mut rng);
            assert!(matches!(result, Err(StreamError::Write { .. })));
            let result = run(&Seal(key(&file_key(), &[0; 16])), &plain[..], Broken, workers(count));
            assert!(matches!(result, Err(StreamError::Write { .. })));
        }
    }

    #[test]
    fn a_panicking_reader_ends_the_other_workers_too() {
        struct Panics(u32);
        impl Read for Panics {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                assert!(self.0 < 20, "the reader panics");
                Ok(buffer.len())
            }
        }
        let run = || {
            let mut rng = StdRng::seed_from_u64(6);
            seal(&file_key(), Panics(0), io::sink(), workers(3), &mut rng)
        };
        assert!(std::panic::catch_unwind(run).is_err());
    }

    #[test]
    fn every_length_round_trips_with_the_same_bytes_for_any_number_of_workers() {
        for length in LENGTHS {
            let plain = content(length);
            let payload = sealed(&plain, 1);
            assert_eq!(payload.len() as u64, payload_length(length as u64));
            for count in [1, 2, 3, 16] {
                assert!(sealed(&plain, count) == payload, "{length} bytes, {count} workers");
                assert!(opened(&payload, count).unwrap() == plain, "{length} bytes");
            }
        }
    }

    #[test]
    fn readers_that_give_a_little_at_a_time_change_nothing() {
        struct Slow<'a>(&'a [u8]);
        impl Read for Slow<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let length = buffer.len().min(1_000);
                self.0.read(&mut buffer[..length])
            }
        }
        let plain = content(5 * CHUNK_LENGTH);
        let mut payload = Vec::new();
        let mut rng = StdRng::seed_from_u64(5);
        seal(&file_key(), Slow(&plain), &mut payload, workers(2), &mut rng).unwrap();
        assert!(payload == sealed(&plain, 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_bit_flip_is_found(length in 0usize..200_000, at: proptest::sample::Index, bit in 0u8..8) {
            let mut payload = sealed(&content(length), 1);
            let at = at.index(payload.len());
            payload[at] ^= 1 << bit;
            prop_assert!(opened(&payload, 2).is_err());
        }
    }
}
