//! What a person is asked before an invitation that was checked is taken: each doubt by itself.

use mrms_core::Principal;
use mrms_people::{FieldText, Invitation, People, card::MOST_NAME};

use mrms_app::Actor;

use super::check::Checked;
use crate::error::HomeError;
use crate::home::Home;
use crate::open::OpenHome;
use mrms_stacks::network::Network;

/// What speaks against taking an invitation now. A person may go on all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Fewer vaults answer than are needed: how many do, and how many are needed.
    pub vaults: Option<(usize, u8)>,
    /// So many records are on this home's own ledger, and stay there.
    pub own_records: usize,
    /// Whom the person knows already by a name that looks like the inviter's.
    pub alike: Option<Principal>,
}

impl Doubts {
    /// Whether the person has to say that they go on. Records that stay behind can come along later.
    #[must_use]
    pub const fn speak_against(&self) -> bool {
        self.vaults.is_some() || self.alike.is_some()
    }
}

/// How many of the vaults answer, and how many are needed, where those are too few: then nothing that is shared can be
/// opened, and nothing can be shared.
#[must_use]
pub fn too_few_vaults(checked: &Checked) -> Option<(usize, u8)> {
    let needed = checked.invitation.document().threshold;
    checked.too_few_vaults().then(|| (checked.findings.vaults_there(), needed))
}

/// Whom the person knows already by a name that looks like the one that the inviter would get.
#[must_use]
pub fn alike<'p>(
    people: &'p People,
    checked: &Checked,
    call: Option<&FieldText<MOST_NAME>>,
) -> Option<&'p Principal> {
    let card = checked.invitation.document().card();
    let name = call.unwrap_or(&card.name);
    let others = people.alike(name.as_str(), &card.principal.into());
    others.first().map(|other| &other.principal)
}

/// Whether the encryption key was published after joining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publishing {
    /// It is: others can share.
    Done,
    /// It costs a fee, which the person pays themselves and so decides for themselves.
    CostsFee,
}

impl Home {
    /// How many records of this profile are on the home's own ledger, if it works with that now.
    ///
    /// # Errors
    ///
    /// [`HomeError`].
    pub fn records_left_behind(&self) -> Result<usize, HomeError> {
        let works_alone = self.settings().ledger.is_none() && self.folder().contract()?.is_some();
        if !works_alone || !self.folder().has_profile(self.profile()) {
            return Ok(0);
        }
        let me = self.account()?.into();
        let records = self.open()?.session().records_of(&me);
        Ok(records?.len())
    }
}

impl Home {
    /// Publishes the encryption key, so that others can share with who has joined. Whose account has a later key there keeps
    /// that: words that came back before the invitation did know their first key alone, and to publish it again would undo
    /// what the person changed. From then on the profile has the later one.
    ///
    /// # Errors
    ///
    /// [`HomeError`], also where the ledger has a key of the account that its words do not give.
    pub fn publish_after_joining(
        &self,
        open: &OpenHome,
        invitation: &Invitation,
        actor: &Actor,
    ) -> Result<Publishing, HomeError> {
        let there = open.session().identity_in_directory(&actor.keyring, &actor.principal())?;
        if let Some(later) = there.filter(|one| one.number() > actor.identity.number()) {
            self.take_up_identity(actor, later)?;
            return Ok(Publishing::Done);
        }
        let is_free = open.ledger().port().network() == Network::EMBEDDED;
        if invitation.sponsor.is_none() && !is_free {
            return Ok(Publishing::CostsFee);
        }
        let published = open.session().publish_recipient(actor)?;
        published.done().map(|_| Publishing::Done).ok_or(HomeError::NotSent)
    }
}
