//! The armor of an age file: PEM with strict lines (C2SP age, "ASCII armor"; RFC 7468).

use std::io::{self, BufRead, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

const BEGIN: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
const END: &[u8] = b"-----END AGE ENCRYPTED FILE-----";
/// Characters of a full line, and the bytes that they stand for.
const COLUMNS: usize = 64;
const LINE_LENGTH: usize = 48;
/// White space that may stand before and after the armor, in bytes.
const MOST_SPACE: u64 = 1_024;

/// The armor does not follow the format.
#[derive(Debug, thiserror::Error)]
#[error("the armor is not in order at line {line}")]
pub(super) struct ArmorError {
    pub(super) line: u64,
}

impl From<ArmorError> for io::Error {
    fn from(error: ArmorError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

enum State {
    Before,
    Full,
    Short,
    Ended,
}

/// Reads the bytes inside an armor.
pub(super) struct ArmorReader<R> {
    input: R,
    state: State,
    line: u64,
    bytes: Vec<u8>,
    taken: usize,
}

impl<R: BufRead> ArmorReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, state: State::Before, line: 0, bytes: Vec::new(), taken: 0 }
    }

    /// Reads a line, without its end: LF or CRLF, or the end of the file.
    fn next_line(&mut self, most: u64) -> io::Result<Vec<u8>> {
        self.line += 1;
        let mut line = Vec::with_capacity(COLUMNS + 2);
        (&mut self.input).take(most).read_until(b'\n', &mut line)?;
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        } else if line.len() as u64 == most {
            return Err(self.fault());
        }
        Ok(line)
    }

    fn fault(&self) -> io::Error {
        ArmorError { line: self.line }.into()
    }

    fn begin(&mut self) -> io::Result<()> {
        let mut space = 0;
        loop {
            let line = self.next_line(MOST_SPACE)?;
            space += line.len() as u64 + 1;
            if line.trim_ascii_start() == BEGIN {
                self.state = State::Full;
                return Ok(());
            }
            if !line.trim_ascii().is_empty() || space > MOST_SPACE || self.at_end()? {
                return Err(self.fault());
            }
        }
    }

    fn end(&mut self) -> io::Result<()> {
        let mut rest = Vec::new();
        (&mut self.input).take(MOST_SPACE + 1).read_to_end(&mut rest)?;
        if !rest.trim_ascii().is_empty() || rest.len() as u64 > MOST_SPACE {
            self.line += 1;
            return Err(self.fault());
        }
        self.state = State::Ended;
        Ok(())
    }

    fn at_end(&mut self) -> io::Result<bool> {
        Ok(self.input.fill_buf()?.is_empty())
    }

    /// Decodes the next line; at the end, none.
    fn advance(&mut self) -> io::Result<()> {
        self.bytes.clear();
        self.taken = 0;
        if matches!(self.state, State::Before) {
            self.begin()?;
        }
        // The longest valid line, and its CRLF.
        let line = self.next_line(COLUMNS as u64 + 2)?;
        match self.state {
            State::Full | State::Short if line == END => return self.end(),
            State::Full if (1..=COLUMNS).contains(&line.len()) => {}
            _ => return Err(self.fault()),
        }
        if BASE64.decode_vec(&line, &mut self.bytes).is_err() {
            return Err(self.fault());
        }
        if self.bytes.len() < LINE_LENGTH {
            self.state = State::Short;
        }
        Ok(())
    }
}

impl<R: BufRead> Read for ArmorReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.bytes.len() && !matches!(self.state, State::Ended) {
            self.advance()?;
        }
        let left = self.bytes.get(self.taken..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.taken += count;
        Ok(count)
    }
}

/// Writes an armor around what is written to it; [`ArmorWriter::finish`] closes it.
pub(super) struct ArmorWriter<W> {
    output: W,
    /// Bytes that do not fill a line yet.
    pending: Vec<u8>,
    begun: bool,
}

impl<W: Write> ArmorWriter<W> {
    pub(super) fn new(output: W) -> Self {
        Self { output, pending: Vec::with_capacity(LINE_LENGTH), begun: false }
    }

    fn begin(&mut self) -> io::Result<()> {
        if !self.begun {
            self.output.write_all(BEGIN)?;
            self.output.write_all(b"\n")?;
            self.begun = true;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.begin()?;
        let mut text = String::new();
        if !self.pending.is_empty() {
            BASE64.encode_string(&self.pending, &mut text);
            text.push('\n');
        }
        self.output.write_all(text.as_bytes())?;
        self.output.write_all(END)?;
        self.output.write_all(b"\n")?;
        self.output.flush()
    }
}

impl<W: Write> Write for ArmorWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin()?;
        self.pending.extend_from_slice(bytes);
        let full = self.pending.len() - self.pending.len() % LINE_LENGTH;
        let mut text = String::with_capacity(full / LINE_LENGTH * (COLUMNS + 1));
        for line in self.pending[..full].chunks(LINE_LENGTH) {
            BASE64.encode_string(line, &mut text);
            text.push('\n');
        }
        self.output.write_all(text.as_bytes())?;
        self.pending.drain(..full);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // The last line can't be written before `finish`.
        self.output.flush()
    }
}
