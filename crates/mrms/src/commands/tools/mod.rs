//! Commands that work without a home: age files, completions, the manual page.

pub(crate) mod age_files;
pub(crate) mod completions;
pub(crate) mod man;
