//! Errors of invitations.

use mrms_home::joining::JoinError;

use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::times;

const ASK: &str = "ask who invited you for a new invitation: mrms invite makes one";
const NOT_THEY: &str = "nothing was changed. Tell who invited you: either their invitation is out of date, or somebody else answers in their place";

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        let message = chain(&error);
        let failure = |exit, code| Self::new(exit, code, &message);
        match error {
            JoinError::Home(error) => error.into(),
            JoinError::Document(error) => error.into(),
            JoinError::Expired { until } => Self::new(
                Exit::NotAllowed,
                "invitation-expired",
                format!("{message}: it could be taken until {}", times::local(until)),
            )
            .hint(ASK),
            JoinError::Used | JoinError::Withdrawn => failure(Exit::NotAllowed, "invitation-used")
                .hint("nothing was made. Each person needs an invitation of their own: ask who invited you for another"),
            JoinError::FromLater { issued } => Self::new(
                Exit::NotAllowed,
                "invitation-from-later",
                format!("{message}: {}", times::local(issued)),
            )
            .hint("set this machine's clock"),
            JoinError::PlainHttp { .. } => failure(Exit::NotAllowed, "plain-http")
                .hint("ask for an invitation with https:// addresses; or allow it with --allow-plain-http on a network that you trust"),
            JoinError::NodeAway { .. } => failure(Exit::Unreachable, "node-away")
                .hint("nothing was changed. Check the network, or try again later: without the node nothing can be checked"),
            JoinError::OtherChain { .. } => failure(Exit::Integrity, "other-ledger").hint(NOT_THEY),
            JoinError::NoContract { .. } | JoinError::UnknownContract { .. } => {
                failure(Exit::Integrity, "other-contract").hint(NOT_THEY)
            }
            JoinError::OtherVault { .. } | JoinError::VaultElsewhere { .. } => {
                failure(Exit::Integrity, "vault-not-trusted").hint(NOT_THEY)
            }
            JoinError::SponsorElsewhere { .. } => {
                failure(Exit::Integrity, "other-sponsor").hint(NOT_THEY)
            }
            JoinError::NotPublished { .. } => failure(Exit::Unreachable, "no-invitation").hint(
                "check the address; whoever runs the node publishes one with mrms invite --publish",
            ),
            JoinError::OtherInviter { .. } => failure(Exit::Integrity, "other-inviter").hint(
                "nothing was changed. Ask who invited you; to join somebody else, give their invitation to mrms join",
            ),
            JoinError::NotJoined => failure(Exit::NotFound, "not-joined")
                .hint("mrms join INVITATION joins somebody"),
            JoinError::NoNode => failure(Exit::Usage, "not-served").hint(
                "run mrms up, or name the address by which others reach your node: --node-url",
            ),
            JoinError::NoVault => failure(Exit::Usage, "not-served").hint(
                "run mrms up, or name the address by which others reach your vault: --vault-url",
            ),
            JoinError::NoGenesis => failure(Exit::Failed, "no-genesis")
                .hint("name another node of the same ledger with --ledger"),
            JoinError::VaultUnknown { .. } => failure(Exit::Unreachable, "vault-unknown")
                .hint("start it, or remove it under [vault] in mrms.toml"),
            JoinError::Address { .. } => failure(Exit::Usage, "settings")
                .hint("an address is https:// or http://, a host in small letters, and perhaps a port and a path"),
            JoinError::SettingsFile { .. } => failure(Exit::Usage, "settings")
                .hint("correct the line, and repeat the command"),
            _ => failure(Exit::Failed, "join"),
        }
    }
}
