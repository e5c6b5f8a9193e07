//! Bodies that are too large for memory, in either direction, each sent or read once.
//!
//! How to go on after a fault is the caller's business: it knows what has arrived. A transfer may take
//! the client's usual time and beyond that as long as its bytes need at [`SLOWEST`].

use std::fmt;
use std::io::{self, Read};
use std::time::Duration;

use super::ClientError;
use super::transport::{Answer, Transport, fault};

/// Bytes a second below which a transfer is given up.
const SLOWEST: u64 = 16 * 1024;
/// Longest answer to an upload.
const ANSWER_MAX: u64 = 1 << 20;

/// A body that is being read.
pub struct Download {
    /// The status, after RFC 9110 section 15: 200, 206, or another with an answer in the body.
    pub status: u16,
    /// What the server says where the body lies in the whole: the header `Content-Range`.
    pub content_range: Option<String>,
    /// Length of the body, where the server tells.
    pub length: Option<u64>,
    reader: ureq::BodyReader<'static>,
}

impl Read for Download {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Download");
        shown.field("status", &self.status).field("content_range", &self.content_range);
        shown.finish_non_exhaustive()
    }
}

impl Transport {
    fn time_for(&self, bytes: u64) -> Duration {
        self.settings.timeout.saturating_add(Duration::from_secs(bytes / SLOWEST))
    }

    /// Appends `length` bytes of `body` to what an upload has at `offset` (`PATCH` with the header
    /// `Upload-Offset`). Sent once.
    ///
    /// # Errors
    ///
    /// [`ClientError::Transport`], and any number of the bytes may have arrived;
    /// [`ClientError::Answer`].
    pub fn append(
        &self,
        path: &str,
        offset: u64,
        body: &mut dyn Read,
        length: u64,
    ) -> Result<Answer, ClientError> {
        let url = format!("{}{path}", self.url());
        let mut body = body.take(length);
        let request = self.agent.patch(&url).config();
        let request = request.timeout_global(Some(self.time_for(length))).build();
        let answered = request
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", offset.to_string())
            .header("content-length", length.to_string())
            .send(ureq::SendBody::from_reader(&mut body));
        let mut response = answered.map_err(|error| fault(&url, &error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.body_mut().with_config().limit(ANSWER_MAX).read_to_vec();
        let body = body.map_err(|error| fault(&url, &error))?;
        Ok(Answer::new(&url, status, headers, body))
    }

    /// Reads at most `length` bytes of a path from byte `from` on. Asked once.
    ///
    /// # Errors
    ///
    /// [`ClientError::Transport`]. Reading fails like a file.
    pub fn part(&self, path: &str, from: u64, length: u64) -> Result<Download, ClientError> {
        let url = format!("{}{path}", self.url());
        let last = from.saturating_add(length.saturating_sub(1));
        let request = self.agent.get(&url).config();
        let request = request.timeout_global(Some(self.time_for(length))).build();
        let answered = request.header("range", format!("bytes={from}-{last}")).call();
        let response = answered.map_err(|error| fault(&url, &error))?;
        let status = response.status().as_u16();
        let content_range = response.headers().get("content-range");
        let content_range = content_range.and_then(|text| text.to_str().ok()).map(str::to_owned);
        let body = response.into_body();
        let length = body.content_length();
        Ok(Download { status, content_range, length, reader: body.into_reader() })
    }
}
