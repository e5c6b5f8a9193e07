//! What the tests of this crate share.

#![allow(clippy::unwrap_used)]

use std::path::Path;

/// Makes a pipe with a name.
pub(crate) fn make_pipe(path: &Path) {
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
}
