//! The file format of an exported history, written and read as a stream.
//!
//! ```text
//! "mrms ledger history\n"   20 bytes
//! format                    1 byte: 2, or 1 if all headers are of format 1
//! genesis hash              32 bytes
//! tip height                u32
//! tip hash                  32 bytes
//! a block, for each height from 0 to the tip's:
//!     header                185 bytes in its format 1, 217 in 2, see `header`
//!     signature             65 bytes
//!     operations            u32 count; each a u32 length and its canonical bytes
//!     transactions          u32 count; each a u32 length and the bytes that were sent,
//!                           then a u32 length and the receipt's canonical bytes
//! SHA-256 of all of the above   32 bytes, and nothing after it
//! ```
//!
//! The blocks after one that somebody has already ([`super::export_later`]) are written in the same way, with another
//! beginning:
//!
//! ```text
//! "mrms later blocks\n"     18 bytes
//! height of that block      u32
//! hash of that block        32 bytes
//! format, genesis hash, tip height, tip hash; the blocks above it; SHA-256
//! ```
//!
//! Numbers are big-endian. A history has exactly one encoding. The digest shows whether the file is damaged;
//! only executing the blocks shows whether an intact file is a valid chain.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

use crate::chain::gap::Mark;
use crate::chain::header::{Header, encoded_length};
use crate::chain::identifiers::BlockHash;
use crate::chain::operation::Operation;
use crate::chain::replay::HistoricBlock;
use crate::chain::units::BlockHeight;

const MAGIC: &[u8; 20] = b"mrms ledger history\n";
const LATER: &[u8; 18] = b"mrms later blocks\n";
/// The format in which headers may be of format 2.
const FORMAT: u8 = 2;
/// The format in which they may not. Programs of before read it.
const FORMAT_1: u8 = 1;

/// The format of a history that ends with this header. All headers below one of format 1 are of format 1.
fn format_up_to(tip: &Header) -> u8 {
    if tip.ancestry_root.is_some() { FORMAT } else { FORMAT_1 }
}

/// The head of an exported history: which ledger it is of, and where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryHead {
    /// Hash of block 0, which identifies the ledger.
    pub genesis: BlockHash,
    /// Height of the newest block.
    pub height: BlockHeight,
    /// Hash of the newest block.
    pub tip: BlockHash,
}

/// Why bytes are not an exported history.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryFileError {
    /// They do not begin with the format's first line.
    #[error("it is no exported ledger")]
    NotHistory,
    /// A newer version of this program wrote it.
    #[error("exported ledger has format {found}, this program reads {supported}")]
    Format {
        /// The file's format.
        found: u8,
        /// The format that this program reads.
        supported: u8,
    },
    /// The file ends too early: the rest is missing, or somebody altered a length in it.
    #[error("exported ledger is cut off: it ends inside {field}")]
    Cut {
        /// What was being read.
        field: &'static str,
    },
    /// The digest at the end does not match the bytes before it.
    #[error("exported ledger is damaged: its digest is not that of its bytes")]
    Digest,
    /// Bytes follow the digest.
    #[error("exported ledger is damaged: bytes follow its end")]
    Trailing,
    /// A block does not decode.
    #[error("exported ledger is damaged: block {height} cannot be read")]
    Block {
        /// The block's height.
        height: BlockHeight,
    },
    /// The head does not match the blocks.
    #[error("exported ledger is altered: its {field} is not that of its blocks")]
    Head {
        /// What differs.
        field: &'static str,
    },
    /// Reading the file failed.
    #[error("exported ledger cannot be read")]
    Read {
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Writes a history, block by block.
pub(super) struct HistoryWriter<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> HistoryWriter<W> {
    /// Begins the history that ends with the block of `tip_header`.
    pub(super) fn begin(out: W, head: &HistoryHead, tip_header: &Header) -> io::Result<Self> {
        let mut writer = Self { out, digest: Sha256::new() };
        writer.put(MAGIC)?;
        writer.head(head, tip_header)?;
        Ok(writer)
    }

    /// Begins the blocks after `below`.
    pub(super) fn begin_after(
        out: W,
        below: &Mark,
        head: &HistoryHead,
        tip_header: &Header,
    ) -> io::Result<Self> {
        let mut writer = Self { out, digest: Sha256::new() };
        writer.put(LATER)?;
        writer.put(&below.height.get().to_be_bytes())?;
        writer.put(below.hash.as_bytes())?;
        writer.head(head, tip_header)?;
        Ok(writer)
    }

    fn head(&mut self, head: &HistoryHead, tip_header: &Header) -> io::Result<()> {
        // Without `..` here and below, so that a new field does not compile until it is written.
        let HistoryHead { genesis, height, tip } = head;
        self.put(&[format_up_to(tip_header)])?;
        self.put(genesis.as_bytes())?;
        self.put(&height.get().to_be_bytes())?;
        self.put(tip.as_bytes())
    }

    pub(super) fn block(&mut self, block: &HistoricBlock) -> io::Result<()> {
        // The hash is not written: the reader computes it from the header.
        let HistoricBlock { header, hash: _, signature, operations, contents } = block;
        self.put(&header.encode())?;
        self.put(signature)?;
        self.count(operations.len())?;
        for operation in operations {
            self.long(&operation.encode())?;
        }
        self.count(contents.len())?;
        for (transaction, receipt) in contents {
            self.long(transaction)?;
            self.long(receipt)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        let digest = self.digest.finalize_reset();
        self.out.write_all(&digest)?;
        self.out.flush()
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.out.write_all(bytes)
    }

    fn count(&mut self, number: usize) -> io::Result<()> {
        let number = u32::try_from(number).map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.put(&number.to_be_bytes())
    }

    fn long(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.count(bytes.len())?;
        self.put(bytes)
    }
}

/// Reads a history, block by block.
pub(super) struct HistoryReader<R> {
    from: R,
    digest: Sha256,
    pub(super) head: HistoryHead,
    format: u8,
    next: u64,
    /// The field of the head that does not match the blocks. Reported only after the digest has shown that
    /// the file is not merely damaged.
    contradiction: Option<&'static str>,
}

impl<R: Read> HistoryReader<R> {
    pub(super) fn begin(from: R) -> Result<Self, HistoryFileError> {
        let mut reader = Self::before(from);
        reader.magic(MAGIC)?;
        reader.head()?;
        Ok(reader)
    }

    /// Begins blocks that follow another one, and returns that one.
    pub(super) fn begin_after(from: R) -> Result<(Self, Mark), HistoryFileError> {
        let mut reader = Self::before(from);
        reader.magic(LATER)?;
        let height = BlockHeight::new(u32::from_be_bytes(reader.array("the height below")?));
        let hash = BlockHash::new(reader.array("the hash below")?);
        reader.head()?;
        reader.next = u64::from(height.get()) + 1;
        let below = Mark { genesis: reader.head.genesis, height, hash };
        Ok((reader, below))
    }

    fn before(from: R) -> Self {
        let nothing = BlockHash::new([0; 32]);
        let head = HistoryHead { genesis: nothing, height: BlockHeight::new(0), tip: nothing };
        let (digest, format, next, contradiction) = (Sha256::new(), FORMAT, 0, None);
        Self { from, digest, head, format, next, contradiction }
    }

    fn magic<const N: usize>(&mut self, expected: &[u8; N]) -> Result<(), HistoryFileError> {
        match self.array::<N>("its first line") {
            Ok(magic) if magic == *expected => Ok(()),
            Ok(_) | Err(HistoryFileError::Cut { .. }) => Err(HistoryFileError::NotHistory),
            Err(error) => Err(error),
        }
    }

    fn head(&mut self) -> Result<(), HistoryFileError> {
        match self.array("its format")? {
            [found @ (FORMAT_1 | FORMAT)] => self.format = found,
            [found] => return Err(HistoryFileError::Format { found, supported: FORMAT }),
        }
        self.head = HistoryHead {
            genesis: BlockHash::new(self.array("the genesis hash")?),
            height: BlockHeight::new(u32::from_be_bytes(self.array("the tip's height")?)),
            tip: BlockHash::new(self.array("the tip's hash")?),
        };
        Ok(())
    }

    /// Reads the next block. Returns none after the last block, when the digest matches.
    pub(super) fn block(&mut self) -> Result<Option<HistoricBlock>, HistoryFileError> {
        let Some(height) = u32::try_from(self.next).ok().filter(|h| *h <= self.head.height.get())
        else {
            self.end()?;
            return Ok(None);
        };
        let height = BlockHeight::new(height);
        let unreadable = |_| HistoryFileError::Block { height };
        let header = self.header(height)?;
        let signature = self.array("a block's signature")?;
        let mut operations = Vec::new();
        for _ in 0..self.count("a block's operations")? {
            let bytes = self.long("an operation")?;
            operations.push(Operation::decode(&bytes).map_err(unreadable)?);
        }
        let mut contents = Vec::new();
        for _ in 0..self.count("a block's transactions")? {
            contents.push((self.long("a transaction")?, self.long("a receipt")?));
        }
        let hash = header.hash();
        if self.next == 0 && hash != self.head.genesis {
            self.contradiction = Some("genesis hash");
        } else if height == self.head.height && hash != self.head.tip {
            self.contradiction = Some("tip hash");
        } else if height == self.head.height && format_up_to(&header) != self.format {
            self.contradiction = Some("format");
        }
        self.next += 1;
        Ok(Some(HistoricBlock { header, hash, signature, operations, contents }))
    }

    fn end(&mut self) -> Result<(), HistoryFileError> {
        let expected = self.digest.clone().finalize();
        let found: [u8; 32] = self.array("its digest")?;
        if found != expected[..] {
            return Err(HistoryFileError::Digest);
        }
        if let Some(field) = self.contradiction {
            return Err(HistoryFileError::Head { field });
        }
        match self.from.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(HistoryFileError::Trailing),
            Err(source) => Err(HistoryFileError::Read { source }),
        }
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], HistoryFileError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, field)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8], field: &'static str) -> Result<(), HistoryFileError> {
        self.from.read_exact(bytes).map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => HistoryFileError::Cut { field },
            _ => HistoryFileError::Read { source },
        })?;
        self.digest.update(&*bytes);
        Ok(())
    }

    /// Reads a header of a format that this history may have: none that is newer than the history's own.
    fn header(&mut self, height: BlockHeight) -> Result<Header, HistoryFileError> {
        const FIELD: &str = "a block's header";
        let unreadable = HistoryFileError::Block { height };
        let [format] = self.array(FIELD)?;
        let Some(length) = encoded_length(format).filter(|_| format <= self.format) else {
            return Err(unreadable);
        };
        let mut bytes = vec![0; length];
        let (first, rest) = bytes.split_at_mut(1);
        first.copy_from_slice(&[format]);
        self.fill(rest, FIELD)?;
        Header::decode(&bytes).map_err(|_| unreadable)
    }

    fn count(&mut self, field: &'static str) -> Result<u32, HistoryFileError> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    /// Reads a length and that many bytes. Allocates only as bytes arrive, so that an altered length cannot
    /// allocate much memory.
    fn long(&mut self, field: &'static str) -> Result<Vec<u8>, HistoryFileError> {
        let length = u64::from(self.count(field)?);
        let mut bytes = Vec::new();
        (&mut self.from)
            .take(length)
            .read_to_end(&mut bytes)
            .map_err(|source| HistoryFileError::Read { source })?;
        if bytes.len() as u64 != length {
            return Err(HistoryFileError::Cut { field });
        }
        self.digest.update(&bytes);
        Ok(bytes)
    }
}

/// Reads an exported history to its end without executing it. Checks that it is complete and undamaged, and
/// returns its head.
///
/// # Errors
/// [`HistoryFileError`] for the first fault.
pub fn inspect(file: impl Read) -> Result<HistoryHead, HistoryFileError> {
    let mut reader = HistoryReader::begin(file)?;
    while reader.block()?.is_some() {}
    Ok(reader.head)
}
