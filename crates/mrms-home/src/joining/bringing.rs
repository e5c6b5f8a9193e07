//! What a person had on their home's own ledger before they joined somebody: it stays there, and can be brought along.

use mrms_app::Actor;
use mrms_app::records::bring::Elsewhere;
use mrms_core::RecordId;

use crate::error::HomeError;
use crate::home::Home;
use crate::open::OpenHome;

use super::kept::Kept;

/// The home's own ledger, open beside the one that it works with.
pub struct Beside {
    open: OpenHome,
    actor: Actor,
}

impl Beside {
    /// The person's records there.
    #[must_use]
    pub fn elsewhere(&self) -> Elsewhere<'_> {
        Elsewhere { session: self.open.session(), actor: &self.actor }
    }
}

impl Home {
    /// Whether records of this home were on its own ledger when it joined somebody.
    ///
    /// # Errors
    ///
    /// [`HomeError`].
    pub fn has_left_records(&self) -> Result<bool, HomeError> {
        let kept = Kept::load(self.folder())?;
        Ok(self.settings().ledger.is_some() && kept.is_some_and(|kept| kept.left_records > 0))
    }

    /// Everything has come along: from now on nobody is told that something stayed.
    ///
    /// # Errors
    ///
    /// [`HomeError`].
    pub fn has_brought_all(&self) -> Result<(), HomeError> {
        match Kept::load(self.folder())? {
            Some(kept) if kept.left_records > 0 => {
                Kept { left_records: 0, ..kept }.save(self.folder())
            }
            _ => Ok(()),
        }
    }

    /// The record on this home's own ledger from which one was brought along, and which has its content still; `None` where there
    /// is none, or that ledger can't be opened now.
    #[must_use]
    pub fn copy_beside(&self, open: &OpenHome, actor: &Actor, id: RecordId) -> Option<RecordId> {
        let beside = self.open_beside().ok()??;
        open.session().brought_from(actor, beside.elsewhere(), id).ok()?
    }

    /// Opens the home's own ledger beside the one that it works with; `None` where it works with no other, or never had one.
    ///
    /// # Errors
    ///
    /// [`HomeError`].
    pub fn open_beside(&self) -> Result<Option<Beside>, HomeError> {
        if self.settings().ledger.is_none() || self.folder().contract()?.is_none() {
            return Ok(None);
        }
        let own = self.on_own_ledger();
        Ok(Some(Beside { actor: own.unlock()?, open: own.open()? }))
    }
}
