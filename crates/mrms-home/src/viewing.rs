//! Looks at a document in a process of its own, which has nothing but the document and its limits.
//!
//! A document is somebody else's bytes, and what reads it may loop, take all memory or fall over. So this program starts itself
//! once more with [`ARGUMENT`]: without environment, files or home, with the question and the content on its input and the
//! answer on its output. It ends with its answer, or is ended. The content is in memory and in a pipe, never on a disk.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mrms_app::records::health_data::results_of_cda;
use mrms_viewers::{Answer, Kind, NotShown, Request, bounds};

/// The argument with which this program is a viewer.
pub const ARGUMENT: &str = "look-at-document";

/// How long a viewer may take, from its start.
const LONGEST: Duration = Duration::from_secs(30);
/// The longest answer, in bytes: a large page in base64 has less.
const LONGEST_ANSWER: u64 = 128 * 1024 * 1024;

/// Why a viewer could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewingError {
    /// The process could not be started.
    #[error("the program cannot start itself as a viewer")]
    Start(#[source] io::Error),
}

/// Starts viewers.
#[derive(Clone, Debug)]
pub struct Viewers {
    program: PathBuf,
}

/// A viewer that waits for a document. What is written to it is the content.
#[derive(Debug)]
pub struct Viewing {
    child: Arc<Mutex<Child>>,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    /// Tells the watch that the process has ended.
    ended: mpsc::Sender<()>,
}

impl Viewers {
    /// Viewers that run this program, which answers to [`ARGUMENT`] as [`look`] does.
    #[must_use]
    pub fn of(program: &Path) -> Self {
        Self { program: program.to_owned() }
    }

    /// Starts a viewer with a question.
    ///
    /// # Errors
    ///
    /// [`ViewingError`].
    pub fn begin(&self, request: &Request) -> Result<Viewing, ViewingError> {
        let mut child = Command::new(&self.program)
            .arg(ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(ViewingError::Start)?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let child = Arc::new(Mutex::new(child));
        let (ended, watch) = mpsc::channel();
        let watched = Arc::clone(&child);
        std::thread::spawn(move || {
            if matches!(watch.recv_timeout(LONGEST), Err(RecvTimeoutError::Timeout)) {
                end(&watched);
            }
        });
        let mut viewing = Viewing { child, input, output, ended };
        let mut line = serde_json::to_vec(request).unwrap_or_default();
        line.push(b'\n');
        // A viewer that has gone gives no answer, which is told when it is asked for.
        let _ = viewing.write_all(&line);
        Ok(viewing)
    }
}

impl Viewing {
    /// The answer, once all of the content was written. A viewer that was ended, or fell over, found the document too much.
    #[must_use]
    pub fn answer(mut self) -> Answer {
        drop(self.input.take());
        let mut bytes = Vec::new();
        let read =
            self.output.take().map(|output| output.take(LONGEST_ANSWER).read_to_end(&mut bytes));
        let is_read = matches!(read, Some(Ok(_)));
        let answer = serde_json::from_slice(&bytes).ok().filter(|_| is_read);
        answer.unwrap_or(Answer::NotShown(NotShown::TooMuch))
    }
}

impl Drop for Viewing {
    fn drop(&mut self) {
        end(&self.child);
        let _ = self.ended.send(());
    }
}

/// Ends a process, unless it has ended already, and takes note of its end, so that nothing is left of it.
fn end(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = child.kill();
    let _ = child.wait();
}

impl Write for Viewing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A viewer that has gone needs no more; whoever decrypts goes on.
        if let Some(input) = &mut self.input
            && input.write_all(bytes).is_err()
        {
            self.input = None;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Answers the question on `input`, as a viewer: its first line asks, and the rest is the document.
///
/// # Errors
///
/// When input or output fail.
pub fn look(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let most = bounds::MOST_BYTES as u64 + 64 * 1024;
    let mut bytes = Vec::new();
    let length = input.by_ref().take(most).read_to_end(&mut bytes)?;
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(length);
    let (line, rest) = bytes.split_at(end);
    let request: Request = serde_json::from_slice(line).map_err(io::Error::other)?;
    let content = rest.get(1..).unwrap_or_default();
    let mut answer = mrms_viewers::answer(&request, content);
    if let Answer::Facts(facts) = &mut answer
        && facts.description.kind == Kind::Cda
    {
        facts.take(results_of_cda(content));
    }
    serde_json::to_writer(&mut output, &answer).map_err(io::Error::other)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use mrms_viewers::Want;

    use super::*;

    fn request() -> Request {
        Request { name: "a.txt".to_owned(), want: Want::Document }
    }

    #[test]
    fn a_viewer_answers_on_its_output() {
        let mut input = serde_json::to_vec(&request()).unwrap();
        input.extend(b"\nHaemoglobin 13.2\nsecond line");
        let mut output = Vec::new();
        look(input.as_slice(), &mut output).unwrap();
        let answer: Answer = serde_json::from_slice(&output).unwrap();
        let Answer::Document(document) = answer else { panic!("{answer:?}") };
        assert!(format!("{document:?}").contains("second line"));
        assert!(look(&b"no request"[..], Vec::new()).is_err());
    }

    #[test]
    fn a_viewer_that_says_nothing_or_falls_over_found_it_too_much() {
        for program in ["/bin/false", "/bin/cat"] {
            let mut viewing = Viewers::of(Path::new(program)).begin(&request()).unwrap();
            viewing.write_all(&[b'x'; 10_000]).unwrap();
            assert_eq!(viewing.answer(), Answer::NotShown(NotShown::TooMuch), "{program}");
        }
        let missing = Viewers::of(Path::new("/nothing/here")).begin(&request());
        assert!(matches!(missing, Err(ViewingError::Start(_))));
    }
}
