//! [`ObjectReader`]: reads a range of an object. Sends another request when a connection breaks.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore as _};

use super::{Bucket, as_io};
use crate::object::fault::fault;

/// Requests in a row without any bytes before reading fails.
const TRIES: u32 = 4;

type Piece = Vec<u8>;

/// The bytes of a range of an object.
pub(super) struct ObjectReader {
    bucket: Arc<Bucket>,
    path: Path,
    /// The bytes that are still to come from the bucket.
    range: Range<u64>,
    pieces: Option<BoxStream<'static, object_store::Result<Piece>>>,
    /// The current piece, and how much of it was read.
    piece: (Piece, usize),
}

impl ObjectReader {
    pub(super) fn new(bucket: Arc<Bucket>, path: Path, range: Range<u64>) -> Self {
        Self { bucket, path, range, pieces: None, piece: (Vec::new(), 0) }
    }

    /// The next piece.
    fn next(&mut self) -> io::Result<Piece> {
        let mut failed = None;
        for _ in 0..TRIES {
            let bucket = Arc::clone(&self.bucket);
            let mut pieces = match self.pieces.take() {
                Some(pieces) => pieces,
                None => {
                    let range = Some(GetRange::Bounded(self.range.clone()));
                    let options = GetOptions { range, ..GetOptions::default() };
                    match bucket.block_on(bucket.objects.get_opts(&self.path, options)) {
                        Ok(got) => {
                            got.into_stream().map(|piece| piece.map(|bytes| bytes.to_vec())).boxed()
                        }
                        Err(error @ object_store::Error::NotFound { .. }) => {
                            return Err(as_io(fault("read a blob")(error)));
                        }
                        Err(error) => {
                            failed = Some(as_io(fault("read a blob")(error)));
                            continue;
                        }
                    }
                }
            };
            match bucket.block_on(pieces.next()) {
                Some(Ok(piece)) if !piece.is_empty() => {
                    self.range.start += piece.len() as u64;
                    self.pieces = Some(pieces);
                    return Ok(piece);
                }
                Some(Ok(_)) => self.pieces = Some(pieces),
                Some(Err(error)) => failed = Some(as_io(fault("read a blob")(error))),
                None => failed = Some(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        Err(failed.unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()))
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.1 == self.piece.0.len() {
            if self.range.is_empty() || buffer.is_empty() {
                return Ok(0);
            }
            self.piece = (self.next()?, 0);
        }
        let (piece, at) = &mut self.piece;
        let length = buffer.len().min(piece.len() - *at);
        buffer[..length].copy_from_slice(&piece[*at..*at + length]);
        *at += length;
        Ok(length)
    }
}
