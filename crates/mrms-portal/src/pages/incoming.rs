//! A file as it comes from a browser: in memory from a form, or in pieces from a script; and the name with which it goes on
//! record.

use std::ffi::OsStr;
use std::io::{self, Read};

use axum::body::{Body, Bytes};
use mrms_app::records::file_names::NameOnRecord;
use mrms_crypto::content::FileName;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// Bytes in memory that are wiped when they were read.
pub(super) struct Wiped(pub(super) Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The name with which an uploaded file goes on record: some browsers send it with its folder. A name that no record can
/// have is changed, and not dropped.
pub(super) fn name_on_record(sent: &str) -> Option<FileName> {
    let name = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    NameOnRecord::of(OsStr::new(name)).into_name()
}

/// Passes a body on, piece by piece, until whoever reads it has enough.
pub(super) async fn pass_on(body: Body, pieces: mpsc::Sender<io::Result<Bytes>>) {
    use http_body_util::BodyExt as _;
    let mut body = body;
    while let Some(frame) = body.frame().await {
        let piece = match frame.map(http_body::Frame::into_data) {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_trailers)) => continue,
            Err(error) => Err(io::Error::other(error)),
        };
        let is_last = piece.is_err();
        if pieces.send(piece).await.is_err() || is_last {
            return;
        }
    }
}

/// A body as it comes from a browser.
pub(super) struct Incoming {
    inbox: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Incoming {
    /// The body whose pieces come here.
    pub(super) fn new(inbox: mpsc::Receiver<io::Result<Bytes>>) -> Self {
        Self { inbox, piece: Bytes::new() }
    }
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.inbox.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = self.piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_name_of_an_upload_is_kept_as_far_as_it_can_be() {
        let name = |sent: &str| name_on_record(sent).map(|name| name.as_str().to_owned());
        for (sent, kept) in [
            ("Befund M\u{e4}rz.pdf", "Befund M\u{e4}rz.pdf"),
            ("C:\\Users\\m\\scan.pdf", "scan.pdf"),
            ("blood\u{202e}fdp.exe", "blood_fdp.exe"),
            ("line\nbreak\u{1b}[2J.txt", "line_break_[2J.txt"),
        ] {
            assert_eq!(name(sent).as_deref(), Some(kept), "{sent:?}");
        }
        let long = name(&format!("{}.pdf", "a".repeat(400))).unwrap();
        assert!(long.len() <= 255 && long.ends_with("~.pdf"), "{long}");
        assert_eq!(name("folder/"), None);
    }
}
