//! The directory of a ZIP archive, read entry by entry.
//!
//! Source: PKWARE APPNOTE 6.3 §4.3.12 to §4.3.16 and §4.5.3 (ZIP64), appendix D (names in code page 437).

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::origin::{Bytes, Packed};

/// The longest end of an archive: its record, and a comment of 64 KiB.
const LONGEST_END: u64 = 22 + 0xffff;

/// The upper half of code page 437.
const CODE_PAGE: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// A file in an archive, as the directory tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path, with slashes.
    pub(super) name: String,
    /// How many bytes it has when unpacked.
    pub(super) length: u64,
    pub(super) packed: Packed,
    pub(super) is_locked: bool,
    /// Whether it is packed in a way that is read here.
    pub(super) is_readable: bool,
}

impl Entry {
    pub(super) fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// An archive: where its directory is.
pub(super) struct Archive {
    source: BufReader<Box<dyn Bytes>>,
    left: u64,
}

fn two(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |two| u64::from(u16::from_le_bytes(*two)))
}

fn four(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |four| u64::from(u32::from_le_bytes(*four)))
}

fn eight(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |eight| u64::from_le_bytes(*eight))
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is no archive, or a damaged one")
}

impl Archive {
    /// Finds the directory.
    pub(super) fn open(mut source: Box<dyn Bytes>) -> io::Result<Self> {
        let length = source.seek(SeekFrom::End(0))?;
        let from = length.saturating_sub(LONGEST_END);
        source.seek(SeekFrom::Start(from))?;
        let mut end = Vec::new();
        source.by_ref().take(LONGEST_END).read_to_end(&mut end)?;
        let at = end.windows(4).rposition(|window| window == b"PK\x05\x06").ok_or_else(damaged)?;
        let (mut count, mut offset) = (two(&end, at + 10), four(&end, at + 16));
        if let Some(locator) = at.checked_sub(20).and_then(|start| end.get(start..at))
            && locator.starts_with(b"PK\x06\x07")
            && (count == 0xffff || offset == 0xffff_ffff || four(&end, at + 12) == 0xffff_ffff)
        {
            source.seek(SeekFrom::Start(eight(locator, 8)))?;
            let mut record = [0; 56];
            source.read_exact(&mut record)?;
            if !record.starts_with(b"PK\x06\x06") {
                return Err(damaged());
            }
            (count, offset) = (eight(&record, 32), eight(&record, 48));
        }
        if offset >= length {
            return Err(damaged());
        }
        source.seek(SeekFrom::Start(offset))?;
        Ok(Self { source: BufReader::new(source), left: count })
    }

    fn entry(&mut self) -> io::Result<Entry> {
        let mut fixed = [0; 46];
        self.source.read_exact(&mut fixed)?;
        if !fixed.starts_with(b"PK\x01\x02") {
            return Err(damaged());
        }
        let mut take = |length: u64| {
            let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
            self.source.read_exact(&mut bytes).map(|()| bytes)
        };
        let name = take(two(&fixed, 28))?;
        let extra = take(two(&fixed, 30))?;
        take(two(&fixed, 32))?;
        let (flags, method) = (two(&fixed, 8), two(&fixed, 10));
        let (mut packed, mut length, mut header) =
            (four(&fixed, 20), four(&fixed, 24), four(&fixed, 42));
        // What does not fit into 32 bits stands in a field of its own, in this order.
        if let Some(wide) = extra_field(&extra, 1) {
            let mut at = 0;
            for value in [&mut length, &mut packed, &mut header] {
                if *value == 0xffff_ffff {
                    *value = eight(wide, at);
                    at += 8;
                }
            }
        }
        Ok(Entry {
            name: decoded(&name, flags & 0x800 != 0),
            length,
            packed: Packed {
                header,
                length: packed,
                is_deflated: method == 8,
                crc: u32::try_from(four(&fixed, 16)).unwrap_or(0),
            },
            is_locked: flags & 1 != 0,
            is_readable: matches!(method, 0 | 8),
        })
    }
}

impl Iterator for Archive {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<io::Result<Entry>> {
        self.left = self.left.checked_sub(1)?;
        let entry = self.entry();
        if entry.is_err() {
            self.left = 0;
        }
        Some(entry)
    }
}

fn extra_field(mut extra: &[u8], wanted: u64) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let (id, length) = (two(extra, 0), usize::try_from(two(extra, 2)).ok()?);
        let field = extra.get(4..4 + length)?;
        if id == wanted {
            return Some(field);
        }
        extra = &extra[4 + length..];
    }
    None
}

/// A name: UTF-8 where it says so or can be, else code page 437, which old programs write.
fn decoded(name: &[u8], is_utf_8: bool) -> String {
    match std::str::from_utf8(name) {
        Ok(text) => text.replace('\\', "/"),
        Err(_) if is_utf_8 => String::from_utf8_lossy(name).into_owned(),
        Err(_) => {
            let upper: Vec<char> = CODE_PAGE.chars().collect();
            let letter = |byte: &u8| match byte.checked_sub(128) {
                None => char::from(*byte),
                Some(place) => upper.get(usize::from(place)).copied().unwrap_or('\u{fffd}'),
            };
            name.iter().map(letter).collect::<String>().replace('\\', "/")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_old_programs_are_read() {
        assert_eq!(CODE_PAGE.chars().count(), 128);
        assert_eq!(decoded(b"Entlassung M\x81ller \xe1.pdf", false), "Entlassung Müller ß.pdf");
        assert_eq!(decoded("Müller\\a.pdf".as_bytes(), false), "Müller/a.pdf");
    }

    #[test]
    fn what_is_no_archive_is_an_error() {
        for bytes in [
            &b""[..],
            b"PK\x05\x06",
            &[b'x'; 100_000],
            b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0",
        ] {
            let opened = Archive::open(Box::new(std::io::Cursor::new(bytes.to_vec())));
            assert!(
                opened.is_err()
                    || opened
                        .is_ok_and(|mut archive| archive.next().is_none_or(|entry| entry.is_err()))
            );
        }
    }
}
