//! What `mrms doctor` says of whom a profile works with: vaults, sponsor, people, and those who read everything.

use mrms_app::ledger::Ledger as _;
use mrms_app::session::vaults::MemberError;
use mrms_app::sharing::all_readers::MissingKeys;
use mrms_core::{Principal, visible};
use mrms_home::OpenHome;
use mrms_home::ledger::HomeLedger;
use mrms_vault::protocol::VaultCard;

use super::{Finding, fine, trouble};
use crate::config::Settings;
use crate::ui::failure::Failure;

/// Whether those who read everything have all keys, where the profile is unlocked and somebody does.
pub(super) fn keys_of_all(home: &OpenHome, settings: &Settings) -> Option<Finding> {
    let actor = settings.home.unlock_quietly().ok()??;
    let session = home.session();
    let me = actor.principal();
    let looked = || -> Result<Option<Finding>, Failure> {
        let records = session.records_of(&me)?;
        let missing = session.missing_keys(&actor, &records)?;
        let names = settings.home.names(Some(&actor))?;
        let said = missing.iter().map(|(user, missing)| {
            let who = names.shown(user);
            match missing {
                MissingKeys::Records(count) => {
                    format!("the keys of {count} records are still to be left for {who}")
                }
                MissingKeys::LeftOut(why) => {
                    format!("{who} reads everything and gets no keys: {why}")
                }
            }
        });
        let said: Vec<String> = said.collect();
        if said.is_empty() {
            let somebody = !session.lacking_keys(&actor, &records)?.is_empty();
            let text = "everybody who reads all your records has the keys";
            return Ok(somebody.then(|| fine("keys", text.to_owned())));
        }
        let hint = "mrms list leaves what is lacking; mrms delegate, or mrms grant --all-records, names somebody anew, and shows their key".to_owned();
        Ok(Some(Finding { what: "keys", outcome: Err((said.join("; "), hint)) }))
    };
    looked().unwrap_or_else(|failure| Some(trouble("keys", failure)))
}

/// Whether everything is offered to somebody: it is what whoever has the words would do. Nothing where it is not.
pub(super) fn offered(home: &OpenHome, settings: &Settings) -> Option<Finding> {
    let account = settings.home.account().ok()?;
    let actor = settings.home.unlock_quietly().ok().flatten();
    match home.session().at_once(&account.into()) {
        Ok(told) => {
            if told.offered_to.is_none() && !told.offered_elsewhere.is_empty() {
                let text = "everything was offered with your words, and not by this program";
                let hint = "if that was not you, somebody has your words: mrms hand-over show says what to do; mrms hand-over was-me if it was";
                let outcome = Err((text.to_owned(), hint.to_owned()));
                return Some(Finding { what: "hand-over", outcome });
            }
            let to = told.offered_to?;
            let names = settings.home.names(actor.as_ref()).ok();
            let who = names.map_or_else(|| to.to_string(), |names| names.shown(&to));
            let text = format!("everything you have as a patient is offered to {who}");
            let hint = "if that was not you, somebody has your words: mrms hand-over withdraw takes it back";
            Some(Finding { what: "hand-over", outcome: Err((text, hint.to_owned())) })
        }
        // What can't be asked is told of the ledger.
        Err(_) => None,
    }
}

/// The sponsor, if one is named: whether it pays for this contract, and how much budget is left.
pub(super) fn sponsor(home: &OpenHome, settings: &Settings) -> Option<Finding> {
    let (HomeLedger::Remote(ledger) | HomeLedger::Served(ledger, _)) = home.ledger() else {
        return None;
    };
    let sponsor = ledger.fee_sponsor()?;
    let asked = settings.home.account().map(|account| sponsor.details(&account));
    Some(match asked {
        Err(error) => trouble("sponsor", error.into()),
        Ok(Err(error)) => Finding {
            what: "sponsor",
            outcome: Err((
                error.to_string(),
                "check its address, and that mrms sponsor runs there".to_owned(),
            )),
        },
        Ok(Ok(found)) => {
            let pays_here =
                found.chain_id == ledger.network().chain_id && found.contract == *home.contract();
            let (contract, chain) = (&found.contract, found.chain_id);
            if pays_here {
                fine(
                    "sponsor",
                    format!(
                        "{} pays {} more of your transactions until {}, {} of anybody's",
                        sponsor.url(),
                        found.remaining,
                        visible::line(&found.renews_at),
                        found.remaining_for_all,
                    ),
                )
            } else {
                Finding {
                    what: "sponsor",
                    outcome: Err((
                        format!("{} pays for {contract} on chain {chain}", sponsor.url()),
                        "name a sponsor that pays for your contract, or set MRMS_CONTRACT to the contract that this one pays for"
                            .to_owned(),
                    )),
                }
            }
        }
    })
}

pub(super) fn ciphertext(home: &OpenHome) -> Finding {
    match home.blobs().list() {
        Ok(blobs) if home.copies().is_some() && !blobs.is_empty() => fine(
            "ciphertext",
            format!("waiting here for a vault: {}; mrms vault sync sends it", blobs.len()),
        ),
        Ok(blobs) => fine("ciphertext", format!("{} pieces in this folder", blobs.len())),
        Err(error) => trouble("ciphertext", error.into()),
    }
}

/// The people whom the profile knows: whether they can be read, and whether their published keys are those that the profile
/// knows. Nothing where that would take a question, or where it knows nobody.
pub(super) fn people(home: &OpenHome, settings: &Settings) -> Option<Finding> {
    // What is wrong with the keystore is told by a finding of its own.
    let actor = settings.home.unlock_quietly().ok().flatten()?;
    let names = match settings.home.names(Some(&actor)) {
        Ok(names) => names,
        Err(error) => return Some(trouble("people", error.into())),
    };
    let all = names.people().filter(|people| !people.all().is_empty())?.all();
    let session = home.session();
    let is_other =
        |who: &Principal| matches!(session.changed_recipient(Some(&actor), who), Ok(Some(_)));
    let others = all.iter().map(|person| &person.principal).filter(|who| is_other(who));
    let others: Vec<String> = others.map(|who| names.shown(who)).collect();
    let cards = all.iter().filter(|person| person.card.is_some()).count();
    Some(match others.as_slice() {
        [] => fine("people", format!("{} known, {cards} of them by a card", all.len())),
        others => Finding {
            what: "people",
            outcome: Err((
                format!("another key is published than the one that you know: {}", others.join("; ")),
                "ask them for their newest card, and mrms people add takes it; or compare the fingerprint with them, and mrms key trust takes the key"
                    .to_owned(),
            )),
        },
    })
}

/// Each vault: whether it answers, follows this contract, and has the account that it had before.
pub(super) fn vaults(home: &OpenHome, full: bool) -> Vec<Finding> {
    let session = home.session();
    let of_one = |(name, card): (&str, Result<&VaultCard, MemberError>)| match card {
        Ok(_) if !full => fine("vault", format!("{name} answers, and is the one that you know")),
        Ok(card) => fine("vault", format!("{name}: {}, {} lines", card.vault, card.log_count)),
        Err(error) => {
            if error.is_missing() {
                return trouble("vault", error.into());
            }
            let mend = if error.is_unreachable() {
                "see that it runs and can be reached: mrms vault run serves it"
            } else {
                "ask whoever runs it what has changed; mrms vault trust URL ACCOUNT accepts another vault at its address"
            };
            Finding { what: "vault", outcome: Err((error.to_string(), mend.to_owned())) }
        }
    };
    session.vault_cards().into_iter().map(of_one).collect()
}
