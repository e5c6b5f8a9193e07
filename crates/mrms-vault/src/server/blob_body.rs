//! [`BlobBody`]: the body of a download. A blocking thread reads the blob a few pieces ahead of the connection.

use std::io::Read;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use mrms_store::BlobPart;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::app_state::AppState;
use super::transfers::{Place, Transfer};

/// Bytes in a piece.
const PIECE: usize = 128 * 1024;
/// Pieces that may wait for the connection.
const AHEAD: usize = 2;

/// The bytes of a blob, as a body of known length.
pub(super) struct BlobBody {
    pieces: mpsc::Receiver<std::io::Result<Bytes>>,
    left: u64,
}

impl BlobBody {
    /// Begins to read. `place` is released when everything is read, the client has gone, or the transfer makes way.
    pub(super) fn read(part: BlobPart, state: Arc<AppState>, place: Place) -> Self {
        let (sender, pieces) = mpsc::channel(AHEAD);
        let left = part.length();
        tokio::task::spawn_blocking(move || {
            send(part, &state, place.transfer(), &sender);
            drop(place);
        });
        Self { pieces, left }
    }
}

fn send(
    mut part: BlobPart,
    state: &AppState,
    transfer: &Transfer,
    sender: &mpsc::Sender<std::io::Result<Bytes>>,
) {
    let runtime = Handle::current();
    let mut left = part.length();
    while left > 0 {
        let mut piece = vec![0; usize::try_from(left).unwrap_or(PIECE).min(PIECE)];
        let read = part.reader.read_exact(&mut piece);
        if let Err(error) = &read {
            tracing::error!(target: "mrms::vault", %error, "ciphertext could not be read to its end");
        }
        let (failed, length) = (read.is_err(), piece.len());
        let piece = read.map(|()| piece.into());
        let is_sent = runtime.block_on(async {
            tokio::select! {
                biased;
                () = transfer.makes_way() => false,
                sent = sender.send(piece) => sent.is_ok(),
            }
        });
        // The client has gone, or others need the place.
        if !is_sent || failed {
            return;
        }
        state.metrics.sent(length);
        transfer.moved(length);
        left -= length as u64;
    }
}

impl Body for BlobBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let piece = std::task::ready!(self.pieces.poll_recv(context));
        match &piece {
            Some(Ok(bytes)) => self.left = self.left.saturating_sub(bytes.len() as u64),
            // The connection breaks, so that the client sees that bytes are missing.
            None if self.left > 0 => {
                self.left = 0;
                return Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionAborted.into())));
            }
            Some(Err(_)) | None => {}
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
