//! Whether node, vaults and sponsor of an invitation are those that it names. Nothing is written.

use std::time::Duration;

use mrms_app::ledger::LedgerError;
use mrms_core::{ChainId, StandardPrincipal, UnixTime};
use mrms_people::{Invitation, InvitedVault, ServiceUrl, SignedDocument};
use mrms_stacks::client::{
    ClientError, ClientSettings, PlainHttp, RpcClient, SponsorClient, SponsorDetails, Voucher,
    VoucherState,
};
use mrms_stacks::network::Network;
use mrms_vault::client::HttpVault;
use mrms_vault::{Vault as _, VaultError};
use sha2::{Digest as _, Sha256};

use super::error::JoinError;
use crate::ledger::remote::ledger_error;

/// How far a clock may be behind that of whoever invites.
const CLOCKS_DIFFER: u64 = 3_600;

/// How the services of an invitation are asked.
fn client(plain_http: PlainHttp) -> ClientSettings {
    let timeout = Duration::from_secs(15);
    ClientSettings { plain_http, timeout, attempts: 2, ..ClientSettings::default() }
}

/// An invitation whose services were asked. None of them answered as another than the one that is named.
#[derive(Debug)]
pub struct Checked {
    /// The invitation.
    pub invitation: SignedDocument<Invitation>,
    /// Where unencrypted HTTP may be spoken.
    pub plain_http: PlainHttp,
    /// What was found.
    pub findings: Findings,
}

/// What asking the services of an invitation brought.
#[derive(Debug)]
pub struct Findings {
    /// The network that the ledger is on.
    pub network: Network,
    /// The network's name.
    pub network_name: String,
    /// Why each vault does not answer, in the order of the invitation; `None` for one that answers as named.
    pub vaults_away: Vec<Option<String>>,
    /// Why the sponsor does not answer; `None` also where there is none.
    pub sponsor_away: Option<String>,
}

impl Findings {
    /// How many vaults answered as named.
    #[must_use]
    pub fn vaults_there(&self) -> usize {
        self.vaults_away.iter().filter(|away| away.is_none()).count()
    }
}

impl Checked {
    /// Whether so many vaults are away that nothing that is shared can be opened now.
    #[must_use]
    pub fn too_few_vaults(&self) -> bool {
        self.findings.vaults_there() < usize::from(self.invitation.document().threshold)
    }
}

/// Fails if an invitation must not be taken now, whatever its services say.
///
/// # Errors
///
/// [`JoinError::Expired`], [`JoinError::FromLater`], [`JoinError::PlainHttp`].
pub fn check_alone(
    invitation: &Invitation,
    now: UnixTime,
    plain_http: PlainHttp,
) -> Result<(), JoinError> {
    if invitation.has_expired(now) {
        return Err(JoinError::Expired { until: invitation.valid_until });
    }
    if invitation.issued.seconds() > now.seconds() + CLOCKS_DIFFER {
        return Err(JoinError::FromLater { issued: invitation.issued });
    }
    let open = invitation.addresses().find(|url| url.is_open_to_all());
    match open {
        Some(url) if plain_http != PlainHttp::Anywhere => {
            Err(JoinError::PlainHttp { url: url.clone() })
        }
        _ => Ok(()),
    }
}

/// Asks node, vaults and sponsor of an invitation who they are. A vault or sponsor that is away is no error.
///
/// # Errors
///
/// Those of [`check_alone`], and [`JoinError`] for each that answers as another, and for a node that is away.
pub fn check(
    invitation: SignedDocument<Invitation>,
    now: UnixTime,
    plain_http: PlainHttp,
) -> Result<Checked, JoinError> {
    let named = invitation.document();
    check_alone(named, now, plain_http)?;
    let network = node(named, plain_http)?;
    let mut vaults_away = Vec::new();
    for one in &named.vaults {
        vaults_away.push(vault(one, named, plain_http)?);
    }
    let sponsor_away = match &named.sponsor {
        Some(one) => sponsor(&one.url, named, plain_http)?,
        None => None,
    };
    let network_name = network.chain_id.name();
    let findings = Findings { network, network_name, vaults_away, sponsor_away };
    Ok(Checked { invitation, plain_http, findings })
}

/// Whether the voucher of an invitation is still to be had for `account`, or for one that is not made yet. What the
/// sponsor does not tell is no reason to refuse.
///
/// # Errors
///
/// [`JoinError::Used`].
pub fn check_voucher(
    checked: &Checked,
    account: Option<&StandardPrincipal>,
) -> Result<(), JoinError> {
    let Some(named) = &checked.invitation.document().sponsor else { return Ok(()) };
    let voucher = named.voucher.as_ref().and_then(|one| one.expose().parse::<Voucher>().ok());
    let asked = SponsorClient::new(named.url.as_str(), client(checked.plain_http), voucher)
        .and_then(|sponsor| sponsor.voucher_state(account));
    match asked {
        Ok(Some(VoucherState::Taken)) => Err(JoinError::Used),
        Ok(Some(VoucherState::Unknown)) => Err(JoinError::Withdrawn),
        _ => Ok(()),
    }
}

/// The node serves the chain that is named, and the contract on it is one that this program knows.
fn node(named: &Invitation, plain_http: PlainHttp) -> Result<Network, JoinError> {
    let url = &named.node;
    let away = |error: ClientError| JoinError::NodeAway {
        url: url.clone(),
        reason: reason(ledger_error(error)),
    };
    let other = |what: String| JoinError::OtherChain { url: url.clone(), what };
    let node = RpcClient::new(url.as_str(), client(plain_http)).map_err(away)?;
    let info = node.info().map_err(away)?;
    if info.chain_id != named.chain_id {
        return Err(other(format!("chain {}, not {}", info.chain_id, named.chain_id)));
    }
    let genesis = info.genesis.as_deref().and_then(genesis_bytes);
    if genesis != Some(named.genesis) {
        return Err(other("its first block is another one".to_owned()));
    }
    let found = node.contract(&named.contract).map_err(away)?;
    let found = found.ok_or_else(|| JoinError::NoContract {
        url: url.clone(),
        contract: named.contract.clone(),
    })?;
    if mrms_contract::release_of(&Sha256::digest(&found.source).into()).is_none() {
        return Err(JoinError::UnknownContract { contract: named.contract.clone() });
    }
    Ok(Network::of(info.chain_id))
}

fn reason(error: LedgerError) -> String {
    crate::error::chain(&error)
}

/// The hash of a chain's first block, as its nodes write it.
#[must_use]
pub fn genesis_bytes(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let digits = text.trim_start_matches("0x");
    mrms_core::hexadecimal::decode_to_slice(digits.as_bytes(), &mut bytes).ok()?;
    Some(bytes)
}

/// Why a vault is away; `None` if it answers as named.
fn vault(
    named: &InvitedVault,
    invitation: &Invitation,
    plain_http: PlainHttp,
) -> Result<Option<String>, JoinError> {
    let url = &named.url;
    let away = |error: &dyn std::error::Error| Ok(Some(crate::error::chain(error)));
    let asked = HttpVault::new(url.as_str(), client(plain_http)).map(|vault| vault.card());
    let card = match asked {
        Ok(Ok(card)) => card,
        Ok(Err(error @ VaultError::Unreachable { .. })) => return away(&error),
        // Something answers there that is no vault now: perhaps a proxy whose vault is down.
        Ok(Err(error)) => return away(&error),
        Err(error) => return away(&error),
    };
    if card.vault != named.account {
        return Err(JoinError::OtherVault {
            url: url.clone(),
            expected: named.account,
            found: card.vault,
        });
    }
    let chain = ChainId::new(card.chain_id);
    if card.contract != invitation.contract || chain != invitation.chain_id {
        let contract = card.contract.to_string();
        return Err(JoinError::VaultElsewhere { url: url.clone(), contract, chain });
    }
    Ok(None)
}

/// Why the sponsor is away; `None` if it pays for the contract that is named.
fn sponsor(
    url: &ServiceUrl,
    invitation: &Invitation,
    plain_http: PlainHttp,
) -> Result<Option<String>, JoinError> {
    let inviter: StandardPrincipal = invitation.card().principal;
    let asked = SponsorClient::new(url.as_str(), client(plain_http), None)
        .and_then(|sponsor| sponsor.details(&inviter));
    let SponsorDetails { chain_id, contract, .. } = match asked {
        Ok(details) => details,
        Err(error) => return Ok(Some(crate::error::chain(&error))),
    };
    if contract != invitation.contract || chain_id != invitation.chain_id {
        let contract = contract.to_string();
        return Err(JoinError::SponsorElsewhere { url: url.clone(), contract, chain: chain_id });
    }
    Ok(None)
}
