//! What `mrms doctor` says of the ledger: whether it answers, its nodes and index, its history, its clock, the contract.

use mrms_app::ledger::LedgerError;
use mrms_app::session::AskError;
use mrms_core::Principal;
use mrms_home::OpenHome;
use mrms_home::ledger::remote::Limits;
use sha2::{Digest as _, Sha256};

use super::{Finding, fine, trouble};
use crate::ui::failure::chain;
use crate::ui::times;

/// The machine's clock may be behind the ledger's by this many seconds before it is reported.
const CLOCK_TOLERANCE: u64 = 60;

pub(super) fn ledger(home: &OpenHome, full: bool) -> Finding {
    let ledger = home.ledger().port();
    if let Some(withheld) = home.withheld() {
        let message = chain(&LedgerError::from(withheld));
        return Finding {
            what: "ledger",
            outcome: Err((
                message,
                "ask whoever runs the ledger, or ask another node of it; a node that is only behind catches up".to_owned(),
            )),
        };
    }
    match ledger.tip() {
        Ok(_) if !full => fine("ledger", format!("{} answers", ledger.name())),
        Ok(tip) => fine(
            "ledger",
            format!(
                "{}, chain {}, block {}, burn height {}",
                ledger.name(),
                ledger.network().chain_id,
                tip.block_height,
                tip.burn_height
            ),
        ),
        Err(error) => trouble("ledger", error.into()),
    }
}

/// Whether the other nodes of the settings say the same as the ledger; nothing where there are none.
pub(super) fn nodes(home: &OpenHome, me: Option<&Principal>) -> Option<Finding> {
    let compared = match home.ledger().over_http()?.compare_nodes(home.contract()) {
        Ok(compared) => compared,
        Err(error) => return Some(trouble("nodes", error.into())),
    };
    if let (Some(me), false) = (me, compared.is_empty())
        && let Err(AskError::Ledger(error @ LedgerError::Disagreement { .. })) = own(home, me)
    {
        return Some(trouble("nodes", error.into()));
    }
    let each = compared.iter().map(|node| format!("{} at block {}", node.url, node.tip));
    let each: Vec<_> = each.collect();
    (!each.is_empty()).then(|| fine("nodes", format!("they agree: {}", each.join(", "))))
}

/// Asks each node for what this account gave and named.
fn own(home: &OpenHome, me: &Principal) -> Result<(), AskError> {
    let session = home.session();
    session.at_once(me)?;
    session.offered_to(me)?;
    session.live_delegates(me)?;
    session.staff(me)?;
    let records = session.own_records(me, session.numbered_records_of(me)?)?;
    session.shares(me, &records).map(drop)
}

/// Whether something that was signed waits for nonces that nobody has: then no block ever takes it.
pub(super) fn waiting(home: &OpenHome) -> Option<Finding> {
    let missing = match home.session().missing_nonces() {
        Ok(missing) => missing,
        Err(error) => return Some(trouble("waiting", error.into())),
    };
    let (first, last) = (missing.first()?.number(), missing.last()?.number());
    let numbers = if first == last { format!("{first}") } else { format!("{first} to {last}") };
    Some(Finding {
        what: "waiting",
        outcome: Err((
            format!("what was signed waits for transactions of this account that nobody has: number {numbers}"),
            "mrms tx drop takes back what waits and fills those numbers with nothing; mrms tx list shows it"
                .to_owned(),
        )),
    })
}

/// What a Stacks network's node can tell of transactions, and of what happened before; nothing on the embedded ledger.
pub(super) fn results(home: &OpenHome) -> Option<Finding> {
    let ledger = home.ledger().over_http()?;
    let limits = match ledger.limits() {
        Ok(limits) => limits?,
        Err(error) => return Some(trouble("results", error.into())),
    };
    Some(match limits {
        Limits::None => {
            fine("results", "the hosted API tells of transactions and of what happened".to_owned())
        }
        Limits::NoHistory => fine(
            "results",
            "the node tells of transactions by its index; audits list neither refusals nor the transaction of each entry, which a hosted API would tell"
                .to_owned(),
        ),
        Limits::BeforeEpoch3 => Finding {
            what: "results",
            outcome: Err((
                "the node is in an epoch before 3, where no index knows of transactions: results are read from the contract's state, other contracts can't be called, a vault can't follow it, and audits list no refusals"
                    .to_owned(),
                "name a hosted API as the ledger, or a node of a network in epoch 3".to_owned(),
            )),
        },
        Limits::Nothing => Finding {
            what: "results",
            outcome: Err((
                "it tells neither what became of a transaction nor its blocks: everything can be read, and nothing is signed or sent but an end of access"
                    .to_owned(),
                "name another API, or a node, as the ledger".to_owned(),
            )),
        },
        Limits::NoIndex => Finding {
            what: "results",
            outcome: Err((
                "the node keeps no index of transactions: results are read from the contract's state, other contracts can't be called, a vault can't follow it, and audits list no refusals"
                    .to_owned(),
                "set txindex = true under [node] in the node's configuration, or name a hosted API as the ledger"
                    .to_owned(),
            )),
        },
    })
}

/// How the index of a node's blocks stands; nothing where another thing answers.
pub(super) fn index(home: &OpenHome) -> Option<Finding> {
    let standing = match home.ledger().over_http()?.index() {
        Ok(standing) => standing?,
        Err(error) => return Some(trouble("index", error.into())),
    };
    if let Some(what) = standing.trouble {
        return Some(Finding {
            what: "index",
            outcome: Err((
                what,
                "look at the log of mrms index, and that the node's configuration names it under [[events_observer]]".to_owned(),
            )),
        });
    }
    Some(match (standing.begins, standing.newest) {
        (Some(begins), _) => Finding {
            what: "index",
            outcome: Err((
                format!("history before block {begins} is not here: the node told of nothing before"),
                "audits of contracts that are older need a hosted API, or an index that a node tells of everything from its first block on".to_owned(),
            )),
        },
        (None, Some(newest)) => fine("index", format!("has everything up to block {newest}")),
        (None, None) => fine("index", "has no block yet".to_owned()),
    })
}

/// Whether the ledger still has the newest block that the profile saw; nothing on a Stacks network.
pub(super) fn history(home: &OpenHome, full: bool) -> Option<Finding> {
    if let Some(broken) = home.ledger_break() {
        return Some(Finding {
            what: "history",
            outcome: Err((
                if full { broken.to_string() } else { broken.words().to_owned() },
                "ask whoever runs the ledger what happened, and compare evidence with others; if it is right so, mrms doctor --accept-ledger goes on with it"
                    .to_owned(),
            )),
        });
    }
    let newest = home.newest_block()?;
    let mut text = "goes on from what this profile saw".to_owned();
    if full {
        let hash = hex::encode(newest.hash);
        text.push_str(&format!("; block {} is {hash}", newest.height));
    }
    Some(fine("history", text))
}

pub(super) fn clock(home: &OpenHome) -> Finding {
    let machine = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    match home.ledger().port().tip() {
        Ok(tip) if tip.time.seconds() > machine + CLOCK_TOLERANCE => Finding {
            what: "clock",
            outcome: Err((
                format!(
                    "this machine's clock is {} behind the ledger's latest block",
                    times::duration_words(tip.time.seconds() - machine)
                ),
                "set the clock: grants expire by it".to_owned(),
            )),
        },
        Ok(tip) => fine("clock", times::local(tip.time)),
        Err(error) => trouble("clock", error.into()),
    }
}

fn release_of(source: &str) -> Option<&'static str> {
    mrms_contract::release_of(&Sha256::digest(source).into())
}

pub(super) fn contract(home: &OpenHome, full: bool) -> Finding {
    match home.ledger().port().deployed(home.contract()) {
        Ok(Some(found)) if !full && release_of(&found.source).is_some() => {
            fine("contract", "the records contract, as this program knows it".to_owned())
        }
        Ok(Some(found)) if found.source == mrms_contract::SOURCE => {
            fine("contract", format!("{}, source as in this binary", home.contract()))
        }
        Ok(Some(found)) if release_of(&found.source).is_some() => {
            let release = release_of(&found.source).unwrap_or_default();
            fine("contract", format!("{}, source of release {release}", home.contract()))
        }
        Ok(Some(_)) => Finding {
            what: "contract",
            outcome: Err((
                format!("{} has another source than this binary's", home.contract()),
                "use the version of mrms that deployed it; mrms contract source prints it"
                    .to_owned(),
            )),
        },
        Ok(None) => Finding {
            what: "contract",
            outcome: Err((
                format!("{} is not deployed", home.contract()),
                "mrms contract deploy deploys it".to_owned(),
            )),
        },
        Err(error) => trouble("contract", error.into()),
    }
}
