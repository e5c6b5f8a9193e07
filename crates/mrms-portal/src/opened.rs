//! [`OpenProfile`]: a profile that somebody opened with its passphrase, for as long as a session may have it.

use std::fmt;
use std::sync::Arc;

use mrms_home::ProfileName;
use zeroize::Zeroizing;

use crate::memory::Memory;

/// A profile that is open in a session.
#[derive(Clone)]
pub(crate) struct OpenProfile {
    pub(crate) profile: ProfileName,
    /// The 24 words.
    pub(crate) phrase: Zeroizing<String>,
    /// After how many idle seconds it is locked.
    pub(crate) idle: u64,
    /// What was read while it is open.
    pub(crate) memory: Arc<Memory>,
}

impl fmt::Debug for OpenProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenProfile").field("profile", &self.profile).finish_non_exhaustive()
    }
}
