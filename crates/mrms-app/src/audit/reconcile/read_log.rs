//! Reads a vault's log about one record, and checks it against what the vault anchored and what this profile saw before.

use std::collections::BTreeMap;

use mrms_contract::read;
use mrms_core::{Principal, RecordId};
use mrms_vault::protocol::{LogRequest, MOST_LINES};
use rand_core::CryptoRng;

use super::replay::LogReplay;
use super::{Difference, ReconcileError, VaultLog};
use crate::profile::ProfileError;
use crate::profile::remembered::{ReadLog, SeenLog};
use crate::session::vaults::{Member, MemberError};
use crate::session::{Actor, AskError, Session};

impl Session<'_> {
    /// How far the logs of vaults were read, and whether that can be told. Where the file is damaged it is left as it is, and
    /// each log is read as if for the first time: that keeps nobody from seeing who looked.
    pub(super) fn seen_logs(&self) -> Result<(BTreeMap<String, SeenLog>, bool), ProfileError> {
        match self.profile.seen_logs() {
            Err(ProfileError::Damaged { .. }) => Ok((BTreeMap::new(), false)),
            seen => Ok((seen?, true)),
        }
    }

    /// Reads a vault's log, and checks it. Goes on where the last reading of this record ended; if what comes does not fit
    /// that, reads all again.
    pub(super) fn read_log(
        &self,
        actor: &Actor,
        member: &Member,
        id: RecordId,
        rng: &mut dyn CryptoRng,
        differences: &mut Vec<Difference>,
    ) -> Result<VaultLog, ReadLogError> {
        let vault = self.vault_card(member)?.vault;
        let anchor = self.ask(&read::vault_log(&Principal::from(vault)))?;
        let (mut seen_logs, is_readable) = self.seen_logs()?;
        let seen = seen_logs.get(&vault.to_string()).copied();
        let root = actor.keyring.record_root().ok();
        let read = root.as_ref().and_then(|root| self.profile.read_log(root, &vault, id));
        let before = read.as_ref().map(|read| (read.until, read.anchor));
        let mut replay = match read.and_then(|read| LogReplay::resume(read, anchor, seen)) {
            Some(mut replay) => {
                self.follow_log(actor, member, id, rng, &mut replay)?;
                replay
            }
            None => LogReplay::broken(anchor, seen),
        };
        if !replay.holds() {
            replay = LogReplay::new(anchor, seen);
            self.follow_log(actor, member, id, rng, &mut replay)?;
        }
        differences.extend(replay.differences(member.name()));
        if replay.holds() {
            let until = SeenLog { count: replay.count, head: replay.head };
            if seen_logs.insert(vault.to_string(), until) != Some(until) && is_readable {
                self.profile.remember_logs(&seen_logs)?;
            }
            // What has not grown is remembered as it is.
            if before != Some((until, replay.anchor))
                && let Some(root) = &root
            {
                let read = ReadLog { until, anchor: replay.anchor, lines: replay.lines.clone() };
                self.profile.remember_read_log(root, (&vault, id), &read, rng)?;
            }
        }
        let LogReplay { count, head, lines, .. } = replay;
        Ok(VaultLog { name: member.name().to_owned(), vault, count, head, anchor, lines })
    }

    /// Reads a log from where the replay is to its end.
    pub(super) fn follow_log(
        &self,
        actor: &Actor,
        member: &Member,
        id: RecordId,
        rng: &mut dyn CryptoRng,
        replay: &mut LogReplay,
    ) -> Result<(), ReadLogError> {
        loop {
            let request = LogRequest { record_id: id, from: replay.count, limit: MOST_LINES };
            let (page, _) =
                self.send_to_vault(actor, member, request, rng, |vault, signed| vault.log(signed))?;
            let is_next = page.from == replay.count && page.before == replay.head;
            if !is_next || page.items.is_empty() && replay.count < page.count {
                replay.sound = false;
                return Ok(());
            }
            for item in page.items {
                replay.take(item);
            }
            if replay.count >= page.count {
                replay.sound &= replay.count == page.count && replay.head == page.head;
                return Ok(());
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ReadLogError {
    #[error(transparent)]
    Member(#[from] MemberError),
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl ReadLogError {
    /// Why the vault could not be asked; what else fails is an error of the whole.
    pub(super) fn of_member(self) -> Result<MemberError, ReconcileError> {
        match self {
            Self::Member(error) => Ok(error),
            Self::Ask(error) => Err(error.into()),
            Self::Profile(error) => Err(error.into()),
        }
    }
}
