//! Where a command writes what it was asked for with `-o`. One rule for all commands: a file that
//! exists is refused, `--force` replaces it, and pipes and devices are written to.
//!
//! Content for a terminal is shown so that no character acts on it ([`mrms_core::visible`]).

use std::io::{self, IsTerminal as _, Read, Write};
use std::path::Path;

use mrms_core::visible;
use mrms_files::{Existing, Target};

use super::failure::Failure;
use super::reasons::{not_written, target_failure};

/// What `--force` says about a file that exists.
pub(crate) fn existing(force: bool) -> Existing {
    if force { Existing::Replace } else { Existing::Keep }
}

/// Opens what `-o` names, before any other work is done for it.
pub(crate) fn open(path: &Path, force: bool) -> Result<Target, Failure> {
    if mrms_files::is_standard_output(path) {
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        return Ok(Target::standard_output(path, Box::new(stdout), is_terminal));
    }
    Target::open(path, existing(force)).map_err(|error| target_failure(&error))
}

/// Gives a file its name; flushes anything else.
pub(crate) fn finish(target: Target) -> Result<(), Failure> {
    target.finish().map_err(|error| target_failure(&error))
}

/// The path under which failures speak of a target: `-` for standard output, whatever it was called.
pub(crate) fn name_of(target: &Target) -> &Path {
    if target.is_stdout() { Path::new("-") } else { target.path() }
}

/// Copies verified content to a pipe, a device or standard output.
pub(crate) fn copy(content: &mut impl Read, mut target: Target) -> Result<(), Failure> {
    let shown = target.is_terminal();
    let writer = target.as_write();
    let copied = if shown {
        let mut writer = Shown::new(writer);
        io::copy(content, &mut writer).and_then(|_| writer.end())
    } else {
        io::copy(content, writer).map(drop)
    };
    copied.map_err(|error| not_written(name_of(&target), &error))?;
    finish(target)
}

/// Passes bytes on to a terminal. Characters that would act on it are written out, and so are bytes
/// that are no UTF-8: `\xff`.
pub(crate) struct Shown<W> {
    terminal: W,
    /// The beginning of a character, or of a line end.
    begun: Vec<u8>,
}

impl<W: Write> Shown<W> {
    pub(crate) const fn new(terminal: W) -> Self {
        Self { terminal, begun: Vec::new() }
    }

    /// Shows what was begun and not ended.
    pub(crate) fn end(mut self) -> io::Result<()> {
        let begun = std::mem::take(&mut self.begun);
        self.show(&begun)?;
        self.terminal.flush()
    }

    fn show(&mut self, bytes: &[u8]) -> io::Result<()> {
        for chunk in bytes.utf8_chunks() {
            // The line ends of other systems are line ends.
            let text = chunk.valid().replace("\r\n", "\n");
            self.terminal.write_all(visible::lines(&text).as_bytes())?;
            for byte in chunk.invalid() {
                write!(self.terminal, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// How many bytes at the end may belong to a character or line end that goes on.
fn open_end(bytes: &[u8]) -> usize {
    if bytes.last() == Some(&b'\r') {
        return 1;
    }
    // A character has four bytes at most, and only its first one is 0xc0 or above.
    let back = bytes.iter().rev().take(3).position(|byte| *byte >= 0xc0);
    let begun = back.map_or(&[][..], |back| &bytes[bytes.len() - back - 1..]);
    match std::str::from_utf8(begun) {
        Err(error) if error.error_len().is_none() => begun.len(),
        _ => 0,
    }
}

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let whole = all.len() - open_end(&all);
        self.show(&all[..whole])?;
        self.begun = all.split_off(whole);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.terminal.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn shown(text: &[u8], piece: usize) -> String {
        let mut terminal = Vec::new();
        let mut writer = Shown::new(&mut terminal);
        text.chunks(piece).for_each(|piece| writer.write_all(piece).unwrap());
        writer.end().unwrap();
        String::from_utf8(terminal).unwrap()
    }

    #[test]
    fn content_does_not_act_on_a_terminal_however_it_comes_in_pieces() {
        let text = "Käthe\x1b[2K\r\n血液\u{202e}🩸\ttab\r!\u{9b}".as_bytes();
        let text = [text, b"\xff\xe4."].concat();
        for piece in 1..text.len() {
            assert_eq!(
                shown(&text, piece),
                "Käthe\\u{1b}[2K\n血液\\u{202e}🩸\ttab\\r!\\u{9b}\\xff\\xe4.",
                "in pieces of {piece}"
            );
        }
        assert_eq!(shown(b"cut\xf0\x9f", 2), "cut\\xf0\\x9f");
        assert_eq!(shown(b"end\r", 4), "end\\r");
    }
}
