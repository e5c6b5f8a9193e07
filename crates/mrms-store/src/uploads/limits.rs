//! Limits on uploads, and how much of them is used.

/// Limits on uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadLimits {
    /// Most bytes of one blob.
    pub blob_bytes: u64,
    /// Bytes promised by the unfinished uploads of one owner together.
    pub owner_bytes: u64,
    /// Unfinished uploads of one owner.
    pub owner_uploads: usize,
    /// Bytes of one owner, finished and unfinished.
    pub kept_bytes: u64,
    /// Bytes of all unfinished uploads that came. Bytes that were only promised do not count.
    pub all_bytes: u64,
    /// Unfinished uploads of all known owners.
    pub all_uploads: usize,
    /// Bytes of all strangers together that came, finished and unfinished. They also have no more than a quarter of what is
    /// free.
    pub stranger_bytes: u64,
    /// Unfinished uploads of all strangers together.
    pub stranger_uploads: usize,
    /// Bytes of the disk that uploads must leave free, for the vault's log.
    pub reserve_bytes: u64,
}

impl Default for UploadLimits {
    /// For a clinic's own vault: blobs of up to 64 GiB, 1 TiB for each owner, 512 GiB unfinished, 16 GiB for all strangers,
    /// and 1 GiB of the disk left free.
    fn default() -> Self {
        Self {
            blob_bytes: 64 << 30,
            owner_bytes: 128 << 30,
            owner_uploads: 16,
            kept_bytes: 1 << 40,
            all_bytes: 512 << 30,
            all_uploads: 1_024,
            stranger_bytes: 16 << 30,
            stranger_uploads: 256,
            reserve_bytes: 1 << 30,
        }
    }
}

/// How much of the limits is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UploadUsage {
    /// Unfinished uploads.
    pub uploads: usize,
    /// Bytes of them that came.
    pub bytes: u64,
    /// Bytes of them that are still to come, as their owners say.
    pub promised: u64,
    /// How many of those have room kept for them: for each upload, as many as came already.
    pub reserved: u64,
    /// Unfinished uploads of strangers.
    pub stranger_uploads: usize,
    /// Bytes of strangers that came, finished and unfinished.
    pub stranger_bytes: u64,
}
