//! [`PublishedFile`]: a short file of the operator that a server shows to everybody who asks.
//!
//! It is read at each request, so that a new one counts at once. What is in it matters to those who read it: the
//! server neither understands nor checks it.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// The longest file that is shown, in bytes.
const LONGEST: u64 = 64 * 1024;
/// How long whoever asked may keep it, so that a crowd costs little.
const KEPT: &str = "public, max-age=300";

/// A short file that a server shows to everybody who asks.
#[derive(Clone, Debug)]
pub struct PublishedFile {
    path: PathBuf,
}

impl PublishedFile {
    /// The file at this path, which need not exist.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The file as an answer; `None` if there is none that can be shown.
    pub async fn answer(&self) -> Option<Response> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || read(&path)).await.ok()?;
        match read {
            Ok(Some(text)) => {
                let head = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, KEPT)];
                Some((head, text).into_response())
            }
            Ok(None) => None,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(target: "mrms::http", %error, "the published file cannot be read");
                None
            }
        }
    }
}

/// The file's text; `None` for what is no file of a fitting length.
fn read(path: &std::path::Path) -> std::io::Result<Option<String>> {
    // Whatever else has that name could block.
    if !std::fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut text = String::new();
    File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    Ok((text.len() as u64 <= LONGEST).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn file_is_shown_as_it_is_now_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("mrms-published-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("invitation");
        let file = PublishedFile::at(path.clone());
        assert!(file.answer().await.is_none());
        std::fs::write(&path, "mrms:AAAA\n").unwrap();
        let answer = file.answer().await.unwrap();
        assert_eq!(answer.headers()[CACHE_CONTROL], KEPT);
        std::fs::write(&path, "x".repeat(LONGEST as usize + 1)).unwrap();
        assert!(file.answer().await.is_none(), "too long");
        std::fs::write(&path, [0xff]).unwrap();
        assert!(file.answer().await.is_none(), "no text");
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(file.answer().await.is_none(), "no file");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
