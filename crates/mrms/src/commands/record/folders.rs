//! The files that are put on record together: those that were named, and those of folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mrms_app::records::batch::BatchFile;
use sha2::{Digest as _, Sha256};

use crate::ui::failure::Failure;
use crate::ui::input;
use crate::ui::output::Output;
use crate::ui::reasons::cannot;

/// The most files of one command.
const MOST_FILES: usize = 10_000;
/// How deep folders lie in each other at most.
const DEEPEST: usize = 32;
/// How many that were left out are named.
const MOST_NAMED: usize = 20;

/// The files of a command, and what was left out.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<PathBuf>,
    hidden: Vec<PathBuf>,
    /// Links, devices and whatever else is neither file nor folder.
    special: Vec<PathBuf>,
}

impl Found {
    /// Files as they were named, and those of folders by name. What was named is taken whatever its name.
    pub(super) fn of(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut found = Self::default();
        for path in paths {
            // One that is not there fails when its turn comes, and stops none of the others.
            match fs::metadata(path) {
                Ok(metadata) if metadata.is_dir() && is_root(path) => {
                    return Err(Failure::usage(format!(
                        "{} is everything on this machine",
                        path.display()
                    ))
                    .hint("name the folder in which the documents are"));
                }
                Ok(metadata) if metadata.is_dir() => found.add_folder(path, DEEPEST)?,
                _ => found.add_file(path.clone())?,
            }
        }
        Ok(found)
    }

    fn add_file(&mut self, path: PathBuf) -> Result<(), Failure> {
        if self.files.contains(&path) {
            return Ok(());
        }
        if self.files.len() >= MOST_FILES {
            return Err(Failure::usage(format!("there are more than {MOST_FILES} files"))
                .hint("name folders one by one"));
        }
        self.files.push(path);
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path, deeper: usize) -> Result<(), Failure> {
        if deeper == 0 {
            return Err(Failure::usage(format!(
                "{} lies more than {DEEPEST} folders deep",
                folder.display()
            ))
            .hint("name folders further down one by one"));
        }
        let read = |error| cannot("read", folder, &error);
        let mut entries: Vec<_> =
            fs::read_dir(folder).map_err(read)?.collect::<Result<_, _>>().map_err(read)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| cannot("read", &path, &error))?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                self.hidden.push(path);
            } else if kind.is_dir() {
                self.add_folder(&path, deeper - 1)?;
            } else if kind.is_file() {
                self.add_file(path)?;
            } else {
                self.special.push(path);
            }
        }
        Ok(())
    }

    /// Says what was left out.
    pub(super) fn tell(&self, output: Output) {
        for (left_out, why) in [
            (&self.hidden, "the name begins with a dot"),
            (&self.special, "that is a link, a pipe or a device"),
        ] {
            match left_out.as_slice() {
                [] => {}
                [one] => output.note(&format!("left out: {}, since {why}", one.display())),
                several => {
                    let named: Vec<_> = several
                        .iter()
                        .take(MOST_NAMED)
                        .map(|one| one.display().to_string())
                        .collect();
                    let more = match several.len().saturating_sub(MOST_NAMED) {
                        0 => String::new(),
                        more => format!(" and {more} more"),
                    };
                    output.note(&format!("left out: {}{more}, since {why}", named.join(", ")));
                }
            }
        }
    }
}

/// Whether a folder is the root of the file system.
fn is_root(folder: &Path) -> bool {
    fs::canonicalize(folder).is_ok_and(|folder| folder.parent().is_none())
}

/// A file as it is recognised when the command is repeated.
pub(super) fn batch_file(path: &Path) -> Result<BatchFile, Failure> {
    let read = |error| cannot("read", path, &error);
    let whole = fs::canonicalize(path).map_err(read)?;
    let mut content = Sha256::new();
    if fs::metadata(path).map_err(read)?.is_file() {
        let mut file = input::open(path)?;
        io::copy(&mut file, &mut content).map_err(read)?;
    }
    let sha256 = hex::encode(content.finalize());
    Ok(BatchFile { path: whole.to_string_lossy().into_owned(), sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_gives_its_files_in_order_and_leaves_hidden_ones_and_links_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("b/deep")).unwrap();
        fs::create_dir_all(at(".hidden")).unwrap();
        for name in ["c.txt", "a.txt", "b/deep/x.txt", ".secret", ".hidden/y.txt"] {
            fs::write(at(name), name).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(at("a.txt"), at("link")).unwrap();
        let found = Found::of(&[folder.path().to_owned(), at("a.txt"), at(".secret")]).unwrap();
        assert_eq!(found.files, ["a.txt", "b/deep/x.txt", "c.txt", ".secret"].map(at));
        assert_eq!(found.hidden, [at(".hidden"), at(".secret")]);
        #[cfg(unix)]
        assert_eq!(found.special, [at("link")]);
    }

    #[test]
    fn folders_that_lie_too_deep_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let deep: PathBuf = std::iter::repeat_n("d", DEEPEST + 1).collect();
        fs::create_dir_all(folder.path().join(deep)).unwrap();
        assert!(Found::of(&[folder.path().to_owned()]).is_err());
    }
}
