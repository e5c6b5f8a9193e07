//! What is found in folders and archives that other systems write.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::*;

/// A file of an archive: how it is written.
#[derive(Clone, Copy)]
struct Written<'a> {
    name: &'a [u8],
    bytes: &'a [u8],
    flags: u16,
    method: u16,
    /// What it says of its length, where that is not true.
    says: Option<u32>,
}

impl<'a> Written<'a> {
    fn of(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { name: name.as_bytes(), bytes, flags: 0, method: 8, says: None }
    }
}

/// An archive of these files.
fn archive(files: &[Written<'_>]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for file in files {
        let mut crc = Crc::new();
        crc.update(file.bytes);
        let packed = if file.method == 8 {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(file.bytes).unwrap();
            encoder.finish().unwrap()
        } else {
            file.bytes.to_vec()
        };
        let length = file.says.unwrap_or(file.bytes.len() as u32);
        let mut header = vec![20, 0];
        header.extend(file.flags.to_le_bytes());
        header.extend(file.method.to_le_bytes());
        header.extend([0, 0, 0x21, 0]);
        for number in [crc.sum(), packed.len() as u32, length] {
            header.extend(number.to_le_bytes());
        }
        header.extend((file.name.len() as u16).to_le_bytes());
        header.extend([0, 0]);
        let at = out.len() as u32;
        out.extend([&b"PK\x03\x04"[..], header.as_slice(), file.name, &packed].concat());
        directory.extend(
            [&b"PK\x01\x02\x14\0"[..], header.as_slice(), &[0; 10], &at.to_le_bytes(), file.name]
                .concat(),
        );
    }
    let (at, count) = (out.len() as u32, files.len() as u16);
    let length = directory.len() as u32;
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend([length.to_le_bytes(), at.to_le_bytes()].concat());
    out.extend([0, 0]);
    out
}

/// What is found, as lines: `file NAME kind bytes`, `study files`, `out NAME reason`.
fn found_in(path: &Path) -> Vec<String> {
    found_by(|walk| walk.top(path))
}

fn found_by(from: impl FnOnce(&mut Walk<'_>) -> ControlFlow<()>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut visit = |found: Found| {
        lines.push(match found {
            Found::File { name, origin, kind, .. } => {
                let bytes = origin.head(u64::MAX).map(|bytes| bytes.len());
                format!("file {name} {kind:?} {bytes:?} {}", origin.sum().is_ok())
            }
            Found::Study(study) => {
                let (parts, unread) = study.parts();
                let parts: Vec<String> =
                    parts.iter().map(|part| format!("{}×{}", part.count(), part.name())).collect();
                format!("study {} unread {}", parts.join(" "), unread.len())
            }
            Found::LeftOut { place, why, .. } => {
                format!(
                    "out {} {}",
                    place.rsplit(['/', '›']).next().unwrap_or_default().trim(),
                    why.code()
                )
            }
            Found::Unread { error, .. } => format!("unread {error}"),
        });
        ControlFlow::Continue(())
    };
    assert!(from(&mut Walk::new(&mut visit)).is_continue());
    lines
}

/// A file that is handed over, in memory.
#[derive(Debug)]
struct InMemory(Vec<u8>);

impl Given for InMemory {
    fn open(&self) -> io::Result<Box<dyn Bytes>> {
        Ok(Box::new(io::Cursor::new(self.0.clone())))
    }
}

fn handed(path: &str, bytes: &[u8]) -> Handed {
    let content = Arc::new(InMemory(bytes.to_vec()));
    Handed { path: path.to_owned(), length: bytes.len() as u64, content }
}

fn found_of(bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.zip");
    fs::write(&path, bytes).unwrap();
    found_in(&path)
}

const PATIENT: &[u8] = b"{\"resourceType\":\"Patient\"}";

#[test]
fn an_archive_gives_its_files_and_says_what_it_leaves_out() {
    let made = archive(&[
        Written::of("export/", b""),
        Written::of("export/patient.json", PATIENT),
        Written { name: b"export/Befund M\x81ller.txt", ..Written::of("", b"words") },
        Written::of("__MACOSX/._patient.json", b"x"),
        Written::of("viewer/VIEWER.EXE", b"x"),
        Written::of("viewer/tool", b"\x7fELF...."),
        Written::of("cda.xsl", b"<xsl/>"),
        Written::of("empty.txt", b""),
        Written { flags: 1, ..Written::of("locked.txt", b"secret") },
        Written { method: 9, ..Written::of("other.txt", b"packed") },
        Written { method: 0, ..Written::of("stored.txt", b"as it is") },
    ]);
    let expected = [
        "file patient.json Fhir Ok(26) true",
        "file Befund Müller.txt Text Ok(5) true",
        "out ._patient.json system",
        "out VIEWER.EXE program",
        "out tool program",
        "out cda.xsl style",
        "out empty.txt empty",
        "out locked.txt locked",
        "out other.txt packing",
        "file stored.txt Text Ok(8) true",
    ];
    assert_eq!(found_of(&made), expected);
}

#[test]
fn archive_is_known_by_its_first_bytes_and_no_document_of_an_office_program_is_one() {
    for (first, expected) in [
        ("apple_health_export/export.xml", true),
        ("IHE_XDM/SUBSET01/METADATA.XML", true),
        ("letters/may.txt", true),
        ("[Content_Types].xml", false),
        ("mimetype", false),
    ] {
        let bytes = archive(&[Written::of(first, b"What is in it")]);
        assert_eq!(is_archive(&bytes[..64], "x.zip"), expected, "{first:?}");
        assert_eq!(is_archive(&bytes, "letter.pdf"), expected, "whatever it is called");
    }
    for other in [&b"%PDF-1.7"[..], b"", b"Archive"] {
        assert!(!is_archive(other, "x.zip"), "{other:?}");
    }
}

#[test]
fn archives_in_archives_are_opened_and_exports_of_systems_stay_whole() {
    let inner = archive(&[Written::of("a/patient.json", PATIENT)]);
    let outer = archive(&[
        Written::of("inner.zip", &inner),
        Written { method: 0, ..Written::of("stored.zip", &inner) },
    ]);
    assert_eq!(found_of(&outer), ["file patient.json Fhir Ok(26) true"; 2]);
    let names: Vec<String> = (0..25).map(|number| format!("table{number}.tsv")).collect();
    let tables: Vec<_> = names.iter().map(|name| Written::of(name, b"a\tb\n")).collect();
    let whole = archive(&tables);
    assert_eq!(found_of(&whole), [format!("file export.zip Archive Ok({}) true", whole.len())]);
    let office = archive(&[
        Written::of("[Content_Types].xml", b"<Types/>"),
        Written::of("word/document.xml", b"<a/>"),
    ]);
    assert_eq!(found_of(&office), [format!("file export.zip Archive Ok({}) true", office.len())]);
    let cut = &outer[..outer.len() - 30];
    assert_eq!(
        found_of(cut),
        [format!("file export.zip Archive Ok({}) true", cut.len())],
        "nothing is lost"
    );
}

#[test]
fn archives_that_lie_in_each_other_are_opened_while_they_have_room_together() {
    let filler = vec![0_u8; 20 << 20];
    let as_it_is = |name, bytes| Written { method: 0, ..Written::of(name, bytes) };
    let patient = archive(&[as_it_is("patient.json", PATIENT), as_it_is("scan.bin", &filler)]);
    let fits = archive(&[as_it_is("inner.zip", &patient)]);
    let second = archive(&[as_it_is("inner.zip", &patient), as_it_is("other.bin", &filler)]);
    let outer = archive(&[as_it_is("a.zip", &fits), as_it_is("b.zip", &second)]);
    let zeros = filler.len();
    assert_eq!(
        found_of(&outer),
        [
            "file patient.json Fhir Ok(26) true".to_owned(),
            format!("file scan.bin Other Ok({zeros}) true"),
            // 40 MiB and 20 more are all that there is room for.
            "file patient.json Fhir Ok(26) true".to_owned(),
            format!("file scan.bin Other Ok({zeros}) true"),
            format!("file other.bin Other Ok({zeros}) true"),
        ]
    );
    let third = archive(&[as_it_is("b.zip", &second)]);
    let lines = found_of(&archive(&[as_it_is("c.zip", &third)]));
    assert_eq!(lines, [format!("file b.zip Archive Ok({}) true", second.len())]);
}

#[test]
fn bombs_and_lies_are_left_out() {
    let zeros = vec![0_u8; 100 << 20];
    let bomb = archive(&[Written::of("zeros.bin", &zeros), Written::of("ok.json", PATIENT)]);
    assert_eq!(found_of(&bomb), ["out zeros.bin bomb", "file ok.json Fhir Ok(26) true"]);
    // Says that it is short, and is long.
    let lie = archive(&[Written { says: Some(10), ..Written::of("lie.txt", &[b'x'; 5000]) }]);
    assert_eq!(found_of(&lie), ["file lie.txt Text Ok(11) false"]);
    // The same file many times: each is within its bounds, together they are not.
    let some = vec![b'x'; 60 << 20];
    let one = archive(&[Written::of("x.txt", &some)]);
    let many: Vec<_> = (0..4).map(|_| Written::of("x.txt", &some)).collect();
    let mut overlapping = archive(&many[..1]);
    let directory = one.len() - 22 - 46 - 5;
    let entry = overlapping[directory..directory + 51].to_vec();
    overlapping.truncate(directory);
    (0..4).for_each(|_| overlapping.extend(&entry));
    overlapping.extend(b"PK\x05\x06\0\0\0\0\x04\0\x04\0");
    overlapping.extend([(4 * 51_u32).to_le_bytes(), (directory as u32).to_le_bytes()].concat());
    overlapping.extend([0, 0]);
    let lines = found_of(&overlapping);
    assert_eq!(lines.iter().filter(|line| line.ends_with("bomb")).count(), 3, "{lines:?}");
}

/// An object of a study: explicit, little endian.
fn scan(study: &str, number: &str, rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    for (tag, kind, value) in [
        ([2, 0, 0x10, 0], b"UI", "1.2.840.10008.1.2.1\0"),
        ([8, 0, 0x60, 0], b"CS", "MR"),
        ([8, 0, 0x30, 0x10], b"LO", "Knee"),
        ([0x20, 0, 0x0d, 0], b"UI", study),
        ([0x20, 0, 0x13, 0], b"IS", number),
    ] {
        let value = if value.len() % 2 == 1 { format!("{value} ") } else { value.to_owned() };
        bytes.extend(
            [&tag[..], kind, &(value.len() as u16).to_le_bytes(), value.as_bytes()].concat(),
        );
    }
    bytes.extend(rest);
    bytes
}

#[test]
fn a_disc_becomes_one_file_for_each_study_with_every_byte_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("IMAGES");
    fs::create_dir(&images).unwrap();
    let scans = [scan("1.2.3", "2", b""), scan("1.2.3", "1", b""), scan("1.2.9", "1", b"")];
    for (name, bytes) in ["I0001", "I0002", "I0003"].iter().zip(&scans) {
        fs::write(images.join(name), bytes).unwrap();
    }
    fs::write(images.join("I0004"), &scans[0]).unwrap();
    fs::write(folder.path().join("DICOMDIR"), &scans[0]).unwrap();
    fs::write(folder.path().join("autorun.inf"), "x").unwrap();
    assert_eq!(
        found_in(folder.path()),
        [
            "out DICOMDIR disc-index",
            "out autorun.inf program",
            "study 2×scan.zip unread 0",
            "study 1×I0003 unread 0"
        ]
    );

    let mut study = None;
    let mut visit = |found: Found| {
        if let Found::Study(one) = found {
            study.get_or_insert(one);
        }
        ControlFlow::Continue(())
    };
    assert!(Walk::new(&mut visit).top(folder.path()).is_continue());
    let (parts, _) = study.unwrap().parts();
    let [part] = parts.as_slice() else { panic!("{parts:?}") };
    let mut bytes = Vec::new();
    part.open().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, part.length());
    assert_eq!(part.description().line().as_deref(), Some("MR: Knee"));
    assert_eq!(Kind::of(&bytes, ""), Kind::Study);
    let opened = archive::Archive::open(Box::new(io::Cursor::new(bytes.clone()))).unwrap();
    let entries: Vec<_> = opened.map(Result::unwrap).collect();
    assert_eq!(entries.len(), 3);
    for (entry, expected) in entries[1..].iter().zip([&scans[1], &scans[0]]) {
        let memory = origin::Memory(std::sync::Arc::new(bytes.clone()));
        let container = origin::Container::Memory(memory);
        let origin = Origin { container, packed: Some(entry.packed), length: entry.length };
        assert_eq!(
            &origin.head(u64::MAX).unwrap(),
            expected,
            "in the order of the scan, byte for byte"
        );
        origin.sum().unwrap();
    }
    // Once more, from another place: the same file.
    fs::rename(&images, folder.path().join("OTHER")).unwrap();
    let again = found_in(folder.path());
    assert_eq!(again.len(), 4);
}

#[test]
fn a_file_that_changes_meanwhile_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "before").unwrap();
    let origin =
        Origin { container: origin::Container::Path(path.clone()), packed: None, length: 6 };
    let sum = origin.sum().unwrap();
    let mut read = String::new();
    Checked::new(origin.open().unwrap(), sum, 6).read_to_string(&mut read).unwrap();
    assert_eq!(read, "before");
    fs::write(&path, "after!").unwrap();
    assert!(Checked::new(origin.open().unwrap(), sum, 6).read_to_end(&mut Vec::new()).is_err());
    fs::write(&path, "cut").unwrap();
    assert!(Checked::new(origin.open().unwrap(), sum, 6).read_to_end(&mut Vec::new()).is_err());
}

#[test]
fn what_is_handed_over_is_found_as_on_a_disk() {
    let zip = archive(&[Written::of("a/letter.txt", b"words"), Written::of("VIEWER.EXE", b"MZ")]);
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("disc/IMAGES")).unwrap();
    let files = [
        ("disc/EMPTY", Vec::new()),
        ("disc/IMAGES/I1", scan("1.2.3", "1", b"one")),
        ("disc/IMAGES/I2", scan("1.2.3", "2", b"two")),
        ("disc/SCAN", scan("1.2.3", "3", b"three")),
        ("disc/export.zip", zip),
    ];
    for (path, bytes) in &files {
        fs::write(folder.path().join(path), bytes).unwrap();
    }
    let given: Vec<_> = files.iter().map(|(path, bytes)| handed(path, bytes)).collect();
    let found = found_by(|walk| walk.handed(&given));
    assert_eq!(found, found_in(&folder.path().join("disc")));
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.iter().any(|line| line.starts_with("study 3×")), "{found:?}");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc", folder.path().join("etc")).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("round")).unwrap();
    assert_eq!(found_in(folder.path()), ["out etc special", "out round special"]);
    assert!(found_in(&folder.path().join("missing"))[0].starts_with("unread"));
}
