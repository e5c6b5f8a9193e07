//! What a person wants to allow with a grant, beside what a live grant of theirs allows already.

use mrms_core::Rights;

use crate::sharing::grant::LiveGrant;

/// What the person said about rights. What they did not say stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// They may add versions.
    pub amend: bool,
    /// They may open versions from before the grant.
    pub history: bool,
    /// They may open it, and no more.
    pub read_only: bool,
    /// They may open it after they declared an emergency.
    pub emergency: bool,
}

/// The ledger tells of rights that this profile does not remember, so that they are not kept in silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger says that they have {rights}, and this profile does not remember that")]
pub struct UnknownRights {
    /// What the ledger says.
    pub rights: Rights,
}

impl Wanted {
    /// The rights to grant. A live grant's rights are kept unless the person said otherwise; but only
    /// those that this profile remembers, since a ledger elsewhere could invent some.
    ///
    /// # Errors
    ///
    /// [`UnknownRights`].
    pub fn rights(self, live: Option<LiveGrant>) -> Result<Rights, UnknownRights> {
        let kept = match live {
            Some(live) if live.is_remembered => live.rights,
            Some(LiveGrant { rights, .. }) if rights != Rights::READ && self.is_silent() => {
                return Err(UnknownRights { rights });
            }
            _ => Rights::READ,
        };
        let rights = if self.emergency {
            Rights::EMERGENCY
        } else if self.read_only {
            Rights::READ
        } else if self.amend {
            let history = kept.includes_history();
            let rights = Rights::READ.with(Rights::AMEND);
            if history { rights.with(Rights::HISTORY) } else { rights }
        } else {
            kept
        };
        Ok(if self.history { rights.with(Rights::HISTORY) } else { rights })
    }

    const fn is_silent(self) -> bool {
        !(self.amend || self.history || self.read_only || self.emergency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(rights: Rights, is_remembered: bool) -> Option<LiveGrant> {
        Some(LiveGrant { rights, is_remembered })
    }

    #[test]
    fn renewing_keeps_rights_unless_told() {
        let amend = Rights::READ.with(Rights::AMEND);
        let all = amend.with(Rights::HISTORY);
        let silent = Wanted::default();
        let history = Wanted { history: true, ..silent };
        let adding = Wanted { amend: true, ..silent };
        let read_only = Wanted { read_only: true, ..silent };
        let emergency = Wanted { emergency: true, ..silent };
        for (wanted, before, expected) in [
            (silent, None, Rights::READ),
            (silent, live(all, true), all),
            (silent, live(Rights::EMERGENCY, true), Rights::EMERGENCY),
            (history, live(amend, true), all),
            (adding, live(Rights::READ.with(Rights::HISTORY), true), all),
            (adding, live(Rights::EMERGENCY, true), amend),
            (read_only, live(all, true), Rights::READ),
            (emergency, live(all, true), Rights::EMERGENCY),
            (adding, live(all, false), amend),
            (silent, live(Rights::READ, false), Rights::READ),
        ] {
            assert_eq!(wanted.rights(before), Ok(expected), "{wanted:?} {before:?}");
        }
    }

    #[test]
    fn rights_that_only_the_ledger_knows_are_not_kept_in_silence() {
        let amend = Rights::READ.with(Rights::AMEND);
        assert_eq!(
            Wanted::default().rights(live(amend, false)),
            Err(UnknownRights { rights: amend })
        );
    }
}
