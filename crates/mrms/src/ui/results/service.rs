//! What `up`, `portal`, `fhir`, `watch`, `index` and `sponsor` print.

use mrms_app::audit::watch::Happening;
use mrms_core::{ContractId, StandardPrincipal};
use serde::Serialize;

use super::node::ServedNode;
use super::vault::ServedVault;

/// Where ledger and vault are served, once both are ready.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ServedHome<'a> {
    /// The ledger.
    pub(crate) node: ServedNode,
    /// The vault.
    pub(crate) vault: ServedVault<'a>,
    /// Who pays fees of others; null where the settings name no sponsor.
    pub(crate) sponsor: Option<ServedSponsor<'a>>,
}

/// Where the sponsor is served, once it is ready.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ServedSponsor<'a> {
    /// Its address.
    pub(crate) url: &'a str,
    /// Principal of the account that pays.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// The contract whose calls it pays for, `ADDRESS.NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) contract_id: &'a ContractId,
    /// Chain id: `0x` and 8 hexadecimal digits.
    pub(crate) chain_id: String,
}

/// Where the pages are served, once they are ready.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ServedPortal<'a> {
    /// Its address.
    pub(crate) url: &'a str,
    /// The link that lets one browser in, once, within ten minutes.
    pub(crate) link: &'a str,
}

/// Where the records are served as FHIR, once the server is ready.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ServedFhir<'a> {
    /// The base address.
    pub(crate) url: &'a str,
    /// The token that clients send, shown this once; null where it is in a file.
    pub(crate) token: Option<&'a str>,
    /// The file with the token; null where it was shown.
    pub(crate) token_file: Option<String>,
}

/// Where the index of a node's blocks is served, once it is ready.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ServedIndex<'a> {
    /// Its address for those who ask.
    pub(crate) url: &'a str,
    /// Its address for the node's messages.
    pub(crate) events_url: &'a str,
    /// The node's address.
    pub(crate) node: &'a str,
}

/// Something that the person is told; a line for each. It has no name of a record, and none of a person unless they
/// chose that.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ToldEvent<'a> {
    /// What happened.
    pub(crate) event: EventKind,
    /// The same as a sentence.
    pub(crate) text: &'a str,
}

/// What happened.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EventKind {
    /// Somebody opened a record.
    Opened,
    /// Somebody tried to, and was refused.
    Refused,
    /// Somebody declared an emergency.
    Emergency,
    /// Somebody opened a record in an emergency.
    OpenedInEmergency,
    /// Somebody sent a record.
    Sent,
    /// Somebody's access ends within about a day.
    EndsSoon,
    /// A contact asked to act for the person, and can be refused.
    ContactAsked,
    /// Everything was offered to a successor.
    HandOverOffered,
    /// Another account is the patient now.
    HandedOver,
    /// The person, or a ward of theirs, grows up soon.
    GrowsUp,
}

impl From<Happening> for EventKind {
    fn from(happening: Happening) -> Self {
        match happening {
            Happening::Opened => Self::Opened,
            Happening::Refused => Self::Refused,
            Happening::Emergency => Self::Emergency,
            Happening::OpenedInEmergency => Self::OpenedInEmergency,
            Happening::Sent => Self::Sent,
            Happening::EndsSoon => Self::EndsSoon,
            Happening::ContactAsked => Self::ContactAsked,
            Happening::HandOverOffered => Self::HandOverOffered,
            Happening::HandedOver => Self::HandedOver,
            Happening::GrowsUp => Self::GrowsUp,
        }
    }
}
