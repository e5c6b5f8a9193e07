//! The scans of one study, put together into one file: an archive without compression, which every program opens and in which
//! no byte of a scan changes. The same scans make the same file, wherever they lay.
//!
//! Source: PKWARE APPNOTE 6.3 §4.3; the layout is read by `mrms-viewers/src/dicom/study.rs`.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use mrms_viewers::{Description, Head, Kind, Subject, describe};
use sha2::{Digest as _, Sha256};

use super::origin::{Checked, Origin, Sum};
use crate::records::described::SCAN;

/// The first entry, by which a study is known.
const MARK: &str = "dicom-study";
/// Bytes of one part; a longer study has several. Below what 32 bits can say.
const MOST_BYTES: u64 = 3 << 30;
/// Files of one part.
const MOST_FILES: usize = 50_000;
const LOCAL: u64 = 30;
const CENTRAL: u64 = 46;
const END: u64 = 22;

/// A scan of a study.
#[derive(Clone, Debug)]
struct Scan {
    /// Where it stands in the study.
    order: String,
    place: String,
    name: String,
    origin: Origin,
}

/// The scans of one study.
#[derive(Clone, Debug)]
pub(super) struct Study {
    place: String,
    scans: Vec<Scan>,
}

/// What becomes one record: scans that were read once.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) place: String,
    files: Vec<File>,
    number: usize,
}

#[derive(Clone, Debug)]
struct File {
    entry: String,
    name: String,
    origin: Origin,
    sum: Sum,
}

impl Study {
    pub(super) fn new(place: &str) -> Self {
        Self { place: place.to_owned(), scans: Vec::new() }
    }

    pub(super) fn add(&mut self, order: String, place: String, name: String, origin: Origin) {
        self.scans.push(Scan { order, place, name, origin });
    }

    /// Whom its first scan is about. The scans of one study are of one person (DICOM PS3.3 §A.1.2).
    pub(super) fn about(&self) -> Vec<Subject> {
        let first = self.scans.iter().min_by(|one, other| one.order.cmp(&other.order));
        let head = first.and_then(|scan| scan.origin.head(SCAN).ok()).unwrap_or_default();
        describe(Head { bytes: &head, is_whole: false }, "").about
    }

    /// The records that the study becomes: one, unless it is very large. A scan that is there twice is taken once. Then the
    /// scans that can't be read.
    pub(super) fn parts(self) -> (Vec<Part>, Vec<(String, io::Error)>) {
        let mut files: BTreeMap<(String, [u8; 32]), File> = BTreeMap::new();
        let mut unread = Vec::new();
        for scan in self.scans {
            match scan.origin.sum() {
                Ok(sum) => {
                    let file =
                        File { entry: String::new(), name: scan.name, origin: scan.origin, sum };
                    files.insert((scan.order, sum.sha256), file);
                }
                Err(error) => unread.push((scan.place, error)),
            }
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut length = MOST_BYTES;
        for (index, ((order, _), mut file)) in files.into_iter().enumerate() {
            file.entry = format!("{order}-{index:05}.dcm");
            length += file.origin.length + 200;
            match parts.last_mut() {
                Some(part) if length <= MOST_BYTES && part.files.len() < MOST_FILES => {
                    part.files.push(file)
                }
                _ => {
                    length = file.origin.length + 200;
                    parts.push(Part {
                        place: self.place.clone(),
                        files: vec![file],
                        number: parts.len() + 1,
                    });
                }
            }
        }
        (parts, unread)
    }
}

impl Part {
    /// How many scans it has.
    pub(super) fn count(&self) -> u64 {
        self.files.len() as u64
    }

    pub(super) fn name(&self) -> String {
        match self.files.as_slice() {
            [one] => one.name.clone(),
            _ if self.number > 1 => format!("scan-{}.zip", self.number),
            _ => "scan.zip".to_owned(),
        }
    }

    /// What its first scan says.
    pub(super) fn description(&self) -> Description {
        let head =
            self.files.first().and_then(|file| file.origin.head(SCAN).ok()).unwrap_or_default();
        let mut found = describe(Head { bytes: &head, is_whole: false }, "");
        if self.files.len() > 1 {
            found.kind = Kind::Study;
        }
        found
    }

    /// How many bytes it has: of a scan alone, those of the scan.
    pub(super) fn length(&self) -> u64 {
        if let [one] = self.files.as_slice() {
            return one.origin.length;
        }
        let of = |name: &str, length: u64| LOCAL + CENTRAL + 2 * name.len() as u64 + length;
        let files: u64 = self.files.iter().map(|file| of(&file.entry, file.origin.length)).sum();
        of(MARK, 0) + files + END
    }

    /// What its id is made from: of a scan alone its content, else the contents of all in their order.
    pub(super) fn sum(&self) -> Sum {
        if let [one] = self.files.as_slice() {
            return one.sum;
        }
        let mut hasher = Sha256::new_with_prefix(MARK);
        for file in &self.files {
            hasher.update(&file.entry);
            hasher.update(file.sum.sha256);
        }
        Sum { sha256: hasher.finalize().into(), crc: 0 }
    }

    /// Its bytes.
    pub(super) fn open(&self) -> PartReader {
        let mut pieces = Vec::new();
        if let [one] = self.files.as_slice() {
            pieces.push(Piece::File(one.origin.clone(), one.sum));
        } else {
            let (mut directory, mut at) = (Vec::new(), 0_u32);
            let mark = (MARK, 0_u32, 0_u32, None);
            let files = self.files.iter().map(|file| {
                // Below the limit of a part.
                let length = u32::try_from(file.origin.length).unwrap_or(u32::MAX);
                (file.entry.as_str(), length, file.sum.crc, Some(file))
            });
            for (name, length, crc, file) in std::iter::once(mark).chain(files) {
                let header = header(name, length, crc);
                directory.extend(entry(&header, name, at));
                at = at.saturating_add(4 + header.len() as u32 + name.len() as u32 + length);
                pieces.push(Piece::Bytes(
                    [&b"PK\x03\x04"[..], header.as_slice(), name.as_bytes()].concat(),
                ));
                pieces.extend(file.map(|file| Piece::File(file.origin.clone(), file.sum)));
            }
            let count = u16::try_from(self.files.len() + 1).unwrap_or(u16::MAX).to_le_bytes();
            let length = (directory.len() as u32).to_le_bytes();
            let end = [
                &b"PK\x05\x06\0\0\0\0"[..],
                &count[..],
                &count,
                &length,
                &at.to_le_bytes(),
                &[0, 0],
            ]
            .concat();
            pieces.push(Piece::Bytes(directory));
            pieces.push(Piece::Bytes(end));
        }
        pieces.reverse();
        PartReader { pieces, open: None }
    }
}

/// What a local header has after its mark: version 1.0, stored, no time.
fn header(name: &str, length: u32, crc: u32) -> Vec<u8> {
    let length = length.to_le_bytes();
    let name_length = (name.len() as u16).to_le_bytes();
    // 1980-01-01, the first day that an archive can tell.
    [
        &[10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..],
        &crc.to_le_bytes(),
        &length,
        &length,
        &name_length,
        &[0, 0],
    ]
    .concat()
}

fn entry(header: &[u8], name: &str, at: u32) -> Vec<u8> {
    // Comment, disc and attributes: none.
    [&b"PK\x01\x02\x0a\0"[..], header, &[0; 10], &at.to_le_bytes(), name.as_bytes()].concat()
}

#[derive(Debug)]
enum Piece {
    Bytes(Vec<u8>),
    File(Origin, Sum),
}

/// Reads a part, one scan after the other.
pub(super) struct PartReader {
    /// What is to come, the next one last.
    pieces: Vec<Piece>,
    open: Option<Box<dyn Read + Send>>,
}

impl Read for PartReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(open) = &mut self.open {
                let count = open.read(buffer)?;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
            }
            self.open = Some(match self.pieces.pop() {
                None => return Ok(0),
                Some(Piece::Bytes(bytes)) => Box::new(Cursor::new(bytes)),
                Some(Piece::File(origin, sum)) => {
                    Box::new(Checked::new(origin.open()?, sum, origin.length))
                }
            });
        }
    }
}
