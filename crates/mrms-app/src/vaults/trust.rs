//! Tells which account each vault has, and trusts another vault in place of the one that was there.

use mrms_core::StandardPrincipal;
use mrms_vault::protocol::VaultCard;

use crate::session::Session;
use crate::session::vaults::{Member, MemberError};

impl Session<'_> {
    /// Remembers this account for a vault, as its operator has told it; the vault must have it.
    /// Returns the account that was remembered before.
    ///
    /// # Errors
    ///
    /// [`MemberError`]; then what was remembered stays.
    pub fn trust_vault(
        &self,
        member: &Member,
        account: StandardPrincipal,
    ) -> Result<Option<StandardPrincipal>, MemberError> {
        let card = self.fitting_card(member)?;
        if card.vault != account {
            let (name, expected, found) = (member.name().to_owned(), account, card.vault);
            return Err(MemberError::OtherAccount { name, expected, found });
        }
        let mut known = self.profile.vaults()?;
        let before = known.insert(member.memory_key(&card), account);
        self.profile.remember_vaults(&known)?;
        Ok(before)
    }

    /// Who each vault of the session is, by its name, or why it can't be used.
    #[must_use]
    pub fn vault_cards(&self) -> Vec<(&str, Result<&VaultCard, MemberError>)> {
        let members = self.vaults.members().iter();
        members.map(|member| (member.name(), self.vault_card(member))).collect()
    }
}
