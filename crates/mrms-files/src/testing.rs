//! What the tests of this crate share.

use std::io;
use std::path::Path;

/// Makes a pipe with a name.
pub(crate) fn make_pipe(path: &Path) -> io::Result<()> {
    let made = rustix::fs::mknodat(
        rustix::fs::CWD,
        path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    );
    made.map_err(io::Error::from)
}
