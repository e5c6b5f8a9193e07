//! Goes through files, folders and archives, in the order of their names, and tells what is in them.
//!
//! Scans are gathered by their study and told at the end of a folder or archive that was named. Archives in archives are opened
//! in memory while they are small; a larger one is told as a file, so that nothing of it is lost.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mrms_viewers::{Kind, study_file};

use super::archive::{Archive, Entry};
use super::left_out::LeftOut;
use super::origin::{Container, Handed, Memory, Origin};
use super::study::Study;
use crate::records::described::SCAN;

/// How deep folders may lie in each other.
const DEEPEST: usize = 64;
/// How deep archives may lie in each other.
const DEEPEST_ARCHIVE: usize = 4;
/// How many bytes archives inside archives have together that are open at once: they are in memory as a whole.
const MOST_INNER: u64 = 64 * 1024 * 1024;
/// How many times larger than itself a file may become when it is unpacked. Texts of health data become some 40 times larger.
const MOST_GROWTH: u64 = 200;
/// What a file or archive may become in any case, in bytes.
const ALWAYS: u64 = 64 * 1024 * 1024;
/// Bytes that decide what a file is.
const HEAD: u64 = 64 * 1024;
/// Tables from which on an archive is the export of a whole system.
const TABLES: usize = 20;

/// What was found.
pub(super) enum Found {
    File { place: String, name: String, origin: Origin, kind: Kind },
    Study(Study),
    LeftOut { place: String, length: u64, why: LeftOut },
    Unread { place: String, error: io::Error },
}

type Studies = BTreeMap<String, Study>;
type Flow = ControlFlow<()>;

/// A walk through what was named.
pub(super) struct Walk<'w> {
    visit: &'w mut dyn FnMut(Found) -> Flow,
    /// What the archives of this walk may still become, beyond what each may.
    growth: u64,
}

/// Where the walk is: what it is called, how deep archives lie in each other, and how many bytes of those are in memory.
#[derive(Clone)]
struct Here {
    place: String,
    archives: usize,
    held: u64,
}

impl<'w> Walk<'w> {
    pub(super) fn new(visit: &'w mut dyn FnMut(Found) -> Flow) -> Self {
        Self { visit, growth: 0 }
    }

    /// A file or folder that was named.
    pub(super) fn top(&mut self, path: &Path) -> Flow {
        let mut studies = Studies::new();
        // What was named is followed, also through a link.
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.folder(path, 0, &mut studies)?,
            Ok(metadata) if metadata.is_file() => {
                self.file_on_disk(path, metadata.len(), &mut studies)?
            }
            Ok(_) => self.left_out(place_of(path), 0, LeftOut::Special)?,
            Err(error) => (self.visit)(Found::Unread { place: place_of(path), error })?,
        }
        self.tell(studies)
    }

    /// Files that were handed over together: the scans of a study are one, whatever folders they lie in.
    pub(super) fn handed(&mut self, files: &[Handed]) -> Flow {
        let mut studies = Studies::new();
        for Handed { path, length, content } in files {
            let (container, length) = (Container::Given(Arc::clone(content)), *length);
            let origin = Origin { container, packed: None, length };
            let name = path.rsplit('/').next().unwrap_or_default();
            self.alone(path.clone(), name, origin, &mut studies)?;
        }
        self.tell(studies)
    }

    fn tell(&mut self, studies: Studies) -> Flow {
        studies.into_values().try_for_each(|study| (self.visit)(Found::Study(study)))
    }

    fn left_out(&mut self, place: String, length: u64, why: LeftOut) -> Flow {
        (self.visit)(Found::LeftOut { place, length, why })
    }

    fn folder(&mut self, path: &Path, depth: usize, studies: &mut Studies) -> Flow {
        if depth > DEEPEST {
            return self.left_out(place_of(path), 0, LeftOut::TooDeep);
        }
        let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries: Vec<PathBuf> = match entries {
            Ok(entries) => entries.into_iter().map(|entry| entry.path()).collect(),
            Err(error) => return (self.visit)(Found::Unread { place: place_of(path), error }),
        };
        entries.sort_unstable();
        for entry in entries {
            match fs::symlink_metadata(&entry) {
                Ok(metadata) if metadata.is_dir() => self.folder(&entry, depth + 1, studies)?,
                Ok(metadata) if metadata.is_file() => {
                    self.file_on_disk(&entry, metadata.len(), studies)?
                }
                Ok(_) => self.left_out(place_of(&entry), 0, LeftOut::Special)?,
                Err(error) => (self.visit)(Found::Unread { place: place_of(&entry), error })?,
            }
        }
        Flow::Continue(())
    }

    fn file_on_disk(&mut self, path: &Path, length: u64, studies: &mut Studies) -> Flow {
        let origin = Origin { container: Container::Path(path.to_owned()), packed: None, length };
        let name =
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.alone(place_of(path), &name, origin, studies)
    }

    /// A file that lies in no archive.
    fn alone(&mut self, place: String, name: &str, origin: Origin, studies: &mut Studies) -> Flow {
        self.growth = origin.length.saturating_mul(MOST_GROWTH).saturating_add(ALWAYS);
        // Above the folder that was named, folders have whatever names they have.
        self.file(&Here { place, archives: 0, held: 0 }, name, name, origin, studies)
    }

    /// A file. `path` is where it lies in its archive.
    fn file(
        &mut self,
        here: &Here,
        path: &str,
        name: &str,
        origin: Origin,
        studies: &mut Studies,
    ) -> Flow {
        let (place, length) = (here.place.clone(), origin.length);
        if length == 0 {
            return self.left_out(place, 0, LeftOut::Empty);
        }
        if let Some(why) = LeftOut::by_name(path) {
            return self.left_out(place, length, why);
        }
        let head = match origin.head(HEAD) {
            Ok(head) => head,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return self.left_out(place, length, LeftOut::Damaged);
            }
            Err(error) => return (self.visit)(Found::Unread { place, error }),
        };
        if let Some(why) = LeftOut::by_content(&head) {
            return self.left_out(place, length, why);
        }
        let kind = Kind::of(&head, name);
        match kind {
            Kind::Archive if is_archive(&head, name) => self.archive(here, name, origin, studies),
            Kind::Dicom => {
                let of = origin.head(SCAN).ok().and_then(|head| study_file(&head));
                match of {
                    Some(found) => {
                        let study =
                            studies.entry(found.study).or_insert_with(|| Study::new(&here.place));
                        study.add(found.place, place, name.to_owned(), origin);
                        Flow::Continue(())
                    }
                    None => {
                        (self.visit)(Found::File { place, name: name.to_owned(), origin, kind })
                    }
                }
            }
            kind => (self.visit)(Found::File { place, name: name.to_owned(), origin, kind }),
        }
    }

    fn archive(&mut self, here: &Here, name: &str, origin: Origin, studies: &mut Studies) -> Flow {
        let whole = |origin: Origin| Found::File {
            place: here.place.clone(),
            name: name.to_owned(),
            origin,
            kind: Kind::Archive,
        };
        let container = match (&origin.packed, &origin.container) {
            (None, container) => container.clone(),
            (Some(_), _)
                if here.held.saturating_add(origin.length) > MOST_INNER
                    || here.archives >= DEEPEST_ARCHIVE =>
            {
                return (self.visit)(whole(origin));
            }
            (Some(_), _) => match origin.head(MOST_INNER) {
                Ok(bytes) if bytes.len() as u64 == origin.length => {
                    Container::Memory(Memory(Arc::new(bytes)))
                }
                _ => return self.left_out(here.place.clone(), origin.length, LeftOut::Damaged),
            },
        };
        let open = || container.open().and_then(Archive::open);
        // One that can't be read to its end, or that is an export of a whole system, stays one file.
        match open().and_then(is_export_or_empty) {
            Ok(false) => {}
            Ok(true) | Err(_) => return (self.visit)(whole(origin)),
        }
        let Ok(entries) = open() else { return (self.visit)(whole(origin)) };
        let mut inner = Studies::new();
        let is_inner = matches!(container, Container::Memory(_));
        for entry in entries.flatten().filter(|entry| !entry.is_folder()) {
            let studies = if is_inner { &mut inner } else { &mut *studies };
            self.entry(here, &container, entry, studies)?;
        }
        // Before the archive leaves the memory.
        self.tell(inner)
    }

    fn entry(
        &mut self,
        here: &Here,
        container: &Container,
        entry: Entry,
        studies: &mut Studies,
    ) -> Flow {
        let here = Here {
            place: format!("{} › {}", here.place, entry.name),
            archives: here.archives + 1,
            held: here.held + container.held(),
        };
        let Entry { name: path, length, packed, is_locked, is_readable } = entry;
        let most = packed.length.saturating_mul(MOST_GROWTH).saturating_add(ALWAYS);
        let why = if is_locked {
            Some(LeftOut::Locked)
        } else if !is_readable {
            Some(LeftOut::Packing)
        } else if length > most || length > self.growth {
            Some(LeftOut::Bomb)
        } else {
            None
        };
        if let Some(why) = why {
            return self.left_out(here.place, length, why);
        }
        self.growth -= length;
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let origin = Origin { container: container.clone(), packed: Some(packed), length };
        self.file(&here, &path, &name, origin, studies)
    }
}

fn place_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Whether a file that begins so is an archive that is looked into when it is imported.
#[must_use]
pub fn is_archive(head: &[u8], name: &str) -> bool {
    Kind::of(head, name) == Kind::Archive && is_plain_archive(head)
}

/// Whether an archive is meant to be unpacked: documents of office programs and programs for telephones are archives, too.
fn is_plain_archive(head: &[u8]) -> bool {
    let name_length =
        head.get(26..28).map_or(0, |two| usize::from(u16::from_le_bytes([two[0], two[1]])));
    let first = head.get(30..30 + name_length).unwrap_or_default();
    !matches!(first, b"[Content_Types].xml" | b"mimetype" | b"AndroidManifest.xml")
        && !first.starts_with(b"META-INF/")
        && !first.starts_with(b"_rels/")
}

/// Whether an archive is the export of a whole system, with tables by the dozen, which say something only together; or has
/// nothing in it.
fn is_export_or_empty(entries: Archive) -> io::Result<bool> {
    let (mut tables, mut files, mut is_named) = (0, 0, false);
    for entry in entries {
        let entry = entry?;
        let name = entry.name.to_ascii_lowercase();
        files += usize::from(!entry.is_folder());
        tables += usize::from(name.ends_with(".tsv") || name.ends_with(".csv"));
        is_named |= name.split('/').any(|part| {
            part == "ehi" || part.starts_with("ehitables") || part.starts_with("ehi export")
        });
    }
    Ok(files == 0 || is_named || tables >= TABLES)
}
