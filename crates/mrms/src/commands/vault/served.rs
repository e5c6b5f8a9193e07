//! `mrms vault status` and `mrms vault anchor` for a vault that is being served: they ask it over HTTP.

use std::collections::BTreeMap;

use mrms_home::anchor::anchor_log;
use mrms_home::vault::configured::vault_at;
use mrms_home::vault::own::VaultFolder;
use mrms_stacks::client::{ClientSettings, Transport};
use mrms_vault::Vault as _;
use mrms_vault::guardian::Anchor;
use mrms_vault::protocol::{Fault, VaultCard};

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::results::vault::VaultStatus;

/// What is at fault when a health check fails without saying why.
const UNHEALTHY: &str = "unhealthy";

/// Shows the vault that is served at `url`.
pub(super) fn status(url: &str, settings: &Settings, output: Output) -> Result<(), Failure> {
    let card = card(url)?;
    let transport = Transport::new(url, ClientSettings::default()).map_err(out_of_reach)?;
    let metrics = transport.get("/metrics").map_err(out_of_reach)?;
    let metrics = String::from_utf8_lossy(&metrics.body);
    let figures = figures(&metrics);
    let figure = |name: &str| figures.get(name).copied().unwrap_or_default();
    let health = transport.get("/v1/health").map_err(out_of_reach)?;
    let trouble = (!health.is_success()).then(|| {
        let fault = health.json::<Fault>();
        fault.map_or_else(|_| UNHEALTHY.to_owned(), |fault| fault.error.code)
    });
    let ledger = settings.home.ledger()?;
    let status = VaultStatus {
        vault: card.vault,
        contract: &card.contract,
        log_count: card.log_count,
        log_head: card.log_head.to_string(),
        shares: figure("mrms_vault_shares"),
        salts: figure("mrms_vault_salts"),
        readers: figure("mrms_vault_pairs"),
        balance: ledger.port().account(&card.vault)?.balance,
        served_at: Some(url),
        trouble,
        log_was_cut: figure("mrms_vault_log_cut") > 0,
    };
    output.result(&status, &words(&status))
}

/// Anchors the log of the vault that is served at `url`, with its key from the home.
pub(super) fn anchor(url: &str, settings: &Settings, output: Output) -> Result<(), Failure> {
    let contract = settings.home.contract()?;
    let ledger = settings.home.ledger()?;
    let folder = VaultFolder::on(settings.home.folder(), ledger.port().network(), &contract);
    let card = card(url)?;
    let log = Anchor { head: card.log_head, count: card.log_count };
    let txid = anchor_log(log, &ledger, &contract, &folder.key()?)?;
    super::told_anchor(txid.as_deref(), log.count, output)
}

/// A vault's state, for people.
pub(super) fn words(status: &VaultStatus<'_>) -> String {
    let VaultStatus {
        vault, contract, log_count, log_head, shares, salts, readers, balance, ..
    } = status;
    let mut text = format!(
        "vault {vault}\n  follows {contract}\n  log: {log_count} lines, head {log_head}\n  keeps {shares} shares and {salts} salts for {readers} readers and authors\n  balance {balance}, for anchoring"
    );
    if let Some(url) = status.served_at {
        text.push_str(&format!("\n  served at {url}"));
    }
    if let Some(trouble) = &status.trouble {
        text.push_str(&format!("\n  IN DOUBT: {trouble}; it releases and deletes nothing now"));
    }
    if status.log_was_cut {
        text.push_str(
            "\n  LOG CUT: lines are missing that were anchored; an older state was put back",
        );
    }
    text
}

fn card(url: &str) -> Result<VaultCard, Failure> {
    let vault = vault_at(url, ClientSettings::default().plain_http)?;
    vault.card().map_err(out_of_reach)
}

fn out_of_reach(error: impl std::error::Error) -> Failure {
    Failure::new(Exit::Unreachable, "vault", chain(&error))
        .hint("the vault is being served and does not answer; look at its log")
}

/// Figures without labels, by name.
fn figures(metrics: &str) -> BTreeMap<&str, u64> {
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (name, value) = line.split_once(' ')?;
            Some((name, value.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_the_metrics() {
        let text = "# TYPE mrms_vault_shares gauge\nmrms_vault_shares 12\nwith{label=\"a\"} 3\nmrms_vault_salts 0\n";
        let figures = figures(text);
        assert_eq!(figures.get("mrms_vault_shares"), Some(&12));
        assert_eq!(figures.get("mrms_vault_salts"), Some(&0));
        assert_eq!(figures.get("mrms_vault_pairs"), None);
    }
}
