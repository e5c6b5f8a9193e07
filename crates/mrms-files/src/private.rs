//! Files and folders that only their owner may use.
//!
//! On Unix the permission bits say so. They are set when the file is made, not afterwards, so that nobody can
//! open it in between. Elsewhere a file has the permissions of its folder, which is the user's own data folder
//! by default.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

use crate::{folder_of, sync_folder};

/// Options that make a file with mode 0600. The caller adds how it is opened.
#[must_use]
pub fn private_options() -> OpenOptions {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder, and those above it, with mode 0700, and their names durable. Folders that exist stay as they are.
///
/// # Errors
///
/// What the system says.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made: Vec<&Path> = missing_folders(folder).collect();
    builder.create(folder)?;
    for one in made {
        match sync_folder(folder_of(one)) {
            // Who may make a folder in another one need not be allowed to open that one.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            synced => synced?,
        }
    }
    Ok(())
}

/// The folder and those above it that do not exist, the lowest first.
fn missing_folders(folder: &Path) -> impl Iterator<Item = &Path> {
    let is_missing = |one: &&Path| !one.as_os_str().is_empty() && !one.exists();
    folder.ancestors().take_while(is_missing)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_and_folders_are_usable_by_their_owner_alone() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("one").join("two");
        make_private_folder(&folder).unwrap();
        make_private_folder(&folder).unwrap();
        let file = folder.join("file");
        private_options().write(true).create_new(true).open(&file).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&outer.path().join("one")), 0o700);
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn every_folder_that_is_made_has_its_name_synced() {
        let outer = tempfile::tempdir().unwrap();
        let (one, two) = (outer.path().join("one"), outer.path().join("one/two"));
        let made: Vec<_> = missing_folders(&two).collect();
        assert_eq!(made, [two.as_path(), one.as_path()]);
        make_private_folder(&one).unwrap();
        assert_eq!(missing_folders(&two).collect::<Vec<_>>(), [two.as_path()]);
        make_private_folder(&two).unwrap();
        assert_eq!(missing_folders(&two).count(), 0);
    }
}
