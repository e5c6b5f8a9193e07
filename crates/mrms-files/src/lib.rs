//! Private files: readable by their owner alone, written atomically, and locked against other processes.
//!
//! - [`private_options`] and [`make_private_folder`] make files of mode 0600 and folders of mode 0700.
//! - [`write_whole`], [`write_new`] and [`Unfinished`] write a file that appears complete or not at all.
//! - [`Target`] writes what a person asked for to a file, or to a pipe or device, and [`open_to_read`] reads from one.
//! - [`create_in_place`], [`sync_files`], [`append`], [`open_to_append`], [`remove`] and [`sync_folder`] make changes durable.
//! - [`SocketPath`] is the address of a Unix socket, also in a folder with a long path.
//! - [`free_bytes`] tells how much room a disk has.
//! - [`FileLock`] lets one process at a time use a file or folder.
//! - [`ClockJudge`] tells a clock of the machine that jumped from one that went on.
//!
//! Every crate that writes files uses this one, so that mode, order of syncs and locking are decided in
//! one place. It knows nothing of what the files hold, and depends on no other crate of the workspace.

mod clock;
mod durable;
mod lock;
mod private;
mod room;
#[cfg(unix)]
mod socket;
mod source;
mod target;
#[cfg(all(test, unix))]
mod testing;
mod whole;

pub use clock::{ClockJudge, Judged, seconds_since_boot};
pub use durable::{
    append, append_unsynced, begin_in_place, create_in_place, open_to_append, remove,
    remove_if_present, sync_files, sync_folder,
};
pub use lock::{FileLock, LockError};
pub use private::{make_private_folder, private_options};
pub use room::free_bytes;
#[cfg(unix)]
pub use socket::SocketPath;
pub use source::open_to_read;
pub use target::{Target, TargetError, is_standard_output};
pub use whole::{Existing, Unfinished, write_derived, write_new, write_whole};

use std::path::Path;

/// The folder that a path is in; `.` for a bare file name.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
