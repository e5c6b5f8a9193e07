//! The folder of `mrms export`: what its files are called, and what is in it already.
//!
//! The index says which files are plain; it is written row by row, so that a command that breaks off loses none.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use mrms_app::records::export_index::{ExportIndex, IndexRow};
use mrms_app::records::file_names::{MOST_BYTES, name_here};
use mrms_core::{RecordId, Version};
use mrms_crypto::age_file::Recipients;
use mrms_files::{Existing, Unfinished};

use crate::ui::failure::Failure;
use crate::ui::reasons::{cannot, not_written, target_failure};

/// What the files hold.
pub(super) enum Form {
    Sealed(Recipients),
    Plain,
}

/// Whether a file has the same bytes as the one at `path`.
pub(super) fn is_same(file: &mut fs::File, path: &Path) -> io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let other = fs::File::open(path)?;
    if file.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (io::BufReader::new(file), io::BufReader::new(other));
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let length = left.len().min(right.len());
        if left[..length] != right[..length] {
            return Ok(false);
        }
        if length == 0 {
            return Ok(left.is_empty() && right.is_empty());
        }
        one.consume(length);
        other.consume(length);
    }
}

/// What every file of a version is called at its beginning.
fn beginning(id: RecordId, version: Version) -> String {
    format!("{id}-v{version}-")
}

/// The name of a version's file, in as many bytes as a name can have.
pub(super) fn file_name(id: RecordId, version: Version, own: &str, form: &Form) -> String {
    let beginning = beginning(id, version);
    let end = match form {
        Form::Sealed(_) => ".age",
        Form::Plain => "",
    };
    let room = MOST_BYTES.saturating_sub(beginning.len() + end.len());
    format!("{beginning}{}{end}", name_here(own, room))
}

/// The folder that is exported to, with what is in it already.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    names: BTreeSet<String>,
    index: ExportIndex,
    /// Whether this command has written the index.
    pub(super) has_index: bool,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        mrms_files::make_private_folder(path).map_err(|error| cannot("make", path, &error))?;
        let read = |error: io::Error| cannot("read", path, &error);
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(path).map_err(read)? {
            names.extend(entry.map_err(read)?.file_name().into_string().ok());
        }
        let file = path.join(ExportIndex::FILE);
        let index = match fs::read(&file) {
            Ok(bytes) => ExportIndex::parse(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => ExportIndex::default(),
            Err(error) => return Err(cannot("read", &file, &error)),
        };
        Ok(Self { path: path.to_owned(), names, index, has_index: false })
    }

    /// The file that has this version in this form already. The index tells which files are plain.
    pub(super) fn has(&self, id: RecordId, version: Version, form: &Form) -> Option<&str> {
        let Form::Sealed(_) = form else {
            return self.index.file(id, version).filter(|name| self.names.contains(*name));
        };
        let beginning = beginning(id, version);
        let mut here = self.names.range(beginning.clone()..);
        here.by_ref()
            .take_while(|name| name.starts_with(&beginning))
            .find(|name| name.ends_with(".age") && !self.index.has_file(name))
            .map(String::as_str)
    }

    /// Whether a plain file of this name is here that the index does not know.
    pub(super) fn has_without_row(&self, name: &str, form: &Form) -> bool {
        matches!(form, Form::Plain) && self.names.contains(name) && !self.index.has_file(name)
    }

    /// Adds a row to the index, so that it is not lost when the command is interrupted.
    pub(super) fn note(&mut self, row: IndexRow) -> Result<(), Failure> {
        let line = ExportIndex::line(&row);
        self.index.put(row);
        if !self.has_index {
            self.has_index = true;
            return self.write_index();
        }
        let path = self.path.join(ExportIndex::FILE);
        mrms_files::append(&path, &line).map_err(|error| not_written(&path, &error))
    }

    /// Remembers that a file is there now.
    pub(super) fn has_now(&mut self, name: String) {
        self.names.insert(name);
    }

    pub(super) fn write_index(&self) -> Result<(), Failure> {
        let path = self.path.join(ExportIndex::FILE);
        let mut file = Unfinished::beside(&path).map_err(|error| not_written(&path, &error))?;
        io::Write::write_all(file.as_file_mut(), &self.index.to_bytes())
            .map_err(|error| not_written(&path, &error))?;
        file.finish_at(&path, Existing::Replace).map_err(|error| target_failure(&error))
    }
}
