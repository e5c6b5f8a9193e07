//! What is about to be trusted, in words.

use mrms_core::visible;
use mrms_home::joining::Checked;
use mrms_people::ServiceUrl;
use mrms_people::name::{quotable, short};

use crate::ui::times;

/// Whom one is about to join, and what for.
pub(super) fn words(checked: &Checked, from: Option<&ServiceUrl>) -> String {
    let invitation = checked.invitation.document();
    let card = invitation.card();
    let principal = card.principal.into();
    let mut text = format!("“{}” invites you", quotable(card.name.as_str()));
    let mut line = |what: &str, is: &str| text.push_str(&format!("\n  {what:<8} {is}"));
    let organisation = card.organisation.as_ref().map(|one| format!(", {one}"));
    line(
        "who",
        &format!("{}{}, {}", card.kind, organisation.unwrap_or_default(), short(&principal)),
    );
    if let Some(address) = &card.address {
        line("", &address.to_string());
    }
    if let Some(from) = from {
        line("found at", from.as_str());
    }
    line("ledger", invitation.node.as_str());
    line("", &format!("answers as named: {}", checked.findings.network_name));
    let needed = usize::from(invitation.threshold);
    line(
        "vaults",
        &match invitation.vaults.len() {
            1 => "1, which keeps the keys to what you share".to_owned(),
            many if needed == many => {
                format!("{many}, and all of them are needed to open what you share")
            }
            many => format!("{many}, and any {needed} of them are needed to open what you share"),
        },
    );
    for (vault, away) in invitation.vaults.iter().zip(&checked.findings.vaults_away) {
        line("", vault.url.as_str());
        line(
            "",
            &match away {
                None => "  answers as named".to_owned(),
                Some(reason) => format!("  DOES NOT ANSWER NOW: {}", visible::line(reason)),
            },
        );
    }
    match &invitation.sponsor {
        None => line("fees", "you pay them yourself"),
        Some(sponsor) => {
            let how = if sponsor.voucher.is_some() { ", with the voucher in here" } else { "" };
            line("fees", &format!("paid for you{how}"));
            line("", sponsor.url.as_str());
            if let Some(reason) = &checked.findings.sponsor_away {
                line("", &format!("  DOES NOT ANSWER NOW: {}", visible::line(reason)));
            }
        }
    }
    line("until", &times::local(invitation.valid_until));
    text
}
