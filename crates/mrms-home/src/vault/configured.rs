//! The vaults that a home works with: those of its settings, its own vault behind the address where it
//! is served, or its own vault in this process.

use std::sync::Arc;

use mrms_app::session::vaults::{Member, Vaults};
use mrms_core::{ChainId, ContractId};
use mrms_stacks::client::{ClientSettings, PlainHttp};
use mrms_store::FileStore;
use mrms_vault::Vault;
use mrms_vault::client::HttpVault;

use super::bringing::Follows;
use super::own::OwnVault;
use super::replicas::{Copies, Copy};
use crate::clock::now;
use crate::error::HomeError;
use crate::settings::VaultSettings;

/// The name of the home's own vault in messages.
pub(crate) const OWN: &str = "this folder's own vault";
/// Requests to one vault before it counts as unreachable. Other vaults may be enough, so these are fewer
/// than for a ledger.
const ATTEMPTS: u32 = 3;

/// The home's own vault, alone: in this process, or behind the address where it is served.
#[must_use]
pub fn own_vault_alone(vault: Box<dyn Vault>) -> Vaults {
    match Vaults::new(vec![Member::new(OWN.to_owned(), vault)], 1, now) {
        Some(vaults) => vaults,
        None => unreachable!("one of one is a threshold"),
    }
}

/// The home's own vault in this process, alone.
#[must_use]
pub fn own_vault_here(vault: &Arc<OwnVault>) -> Vaults {
    own_vault_alone(Box::new(Arc::clone(vault)))
}

/// A vault behind HTTP. It is not reached yet.
///
/// # Errors
///
/// [`HomeError::VaultAddress`].
pub fn vault_at(url: &str, plain_http: PlainHttp) -> Result<HttpVault, HomeError> {
    let settings = ClientSettings { plain_http, attempts: ATTEMPTS, ..ClientSettings::default() };
    HttpVault::new(url, settings)
        .map_err(|error| HomeError::VaultAddress { reason: error.to_string() })
}

/// The vaults of the settings, and the ciphertext with them.
///
/// # Errors
///
/// [`HomeError::VaultAddress`], [`HomeError::VaultThreshold`].
pub fn vaults_of(
    settings: &VaultSettings,
    staging: &FileStore,
    contract: &ContractId,
    chain: ChainId,
) -> Result<(Vaults, Copies), HomeError> {
    let (mut members, mut copies) = (Vec::new(), Vec::new());
    for url in &settings.urls {
        let vault = Arc::new(vault_at(url, settings.plain_http)?);
        members.push(Member::new(url.clone(), Box::new(Arc::clone(&vault))));
        copies.push(Copy::with(url.clone(), vault, staging));
    }
    let vaults = Vaults::new(members, settings.threshold, now).ok_or(HomeError::VaultThreshold)?;
    let needed = usize::from(settings.threshold);
    let follows = Follows { contract: contract.clone(), chain };
    Ok((vaults, Copies::new(copies, staging.clone(), needed, follows)))
}

/// The home's own vault behind the address where it is served, alone, and how ciphertext is brought to it.
///
/// # Errors
///
/// [`HomeError::VaultAddress`].
pub fn own_vault_served(
    url: &str,
    plain_http: PlainHttp,
    staging: &FileStore,
    follows: Follows,
) -> Result<(Vaults, Copies), HomeError> {
    let vault = Arc::new(vault_at(url, plain_http)?);
    let copy = Copy::with(OWN.to_owned(), Arc::clone(&vault), staging);
    let copies = Copies::new(vec![copy], staging.clone(), 1, follows);
    Ok((own_vault_alone(Box::new(vault)), copies))
}
