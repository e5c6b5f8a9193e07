//! A client of a fee sponsor (`mrms sponsor`): who completes a transaction that leaves its fee to
//! somebody else, and hands it to the node.
//!
//! What comes back is checked before anybody relies on it: it is the transaction that was sent, its
//! origin's signature untouched, with a sponsor's beside it.

use std::fmt;
use std::str::FromStr;

use mrms_core::{ChainId, ContractId, MicroStx, StandardPrincipal};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::transport::{Answer, Repeat, Transport};
use super::{ClientError, ClientSettings};
use crate::transaction::Transaction;

/// A secret that a sponsor gave to a person, so that it pays for their account. Never printed.
#[derive(Clone)]
pub struct Voucher(Zeroizing<String>);

/// Why a text is no [`Voucher`]. It does not have the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a voucher has 16 to 128 letters, digits and signs, and no space")]
pub struct NoVoucher;

impl FromStr for Voucher {
    type Err = NoVoucher;

    fn from_str(text: &str) -> Result<Self, NoVoucher> {
        let is_one = (16..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_one.then(|| Self(Zeroizing::new(text.to_owned()))).ok_or(NoVoucher)
    }
}

impl fmt::Debug for Voucher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Voucher(..)")
    }
}

impl Voucher {
    /// Its SHA-256, by which a sponsor knows it.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// Its text, for whoever keeps it in a private file.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whether a sponsor would take a voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherState {
    /// It would: nobody has shown it yet, or this account has; or the account needs none.
    Usable,
    /// Another account has shown it.
    Taken,
    /// It is none of the sponsor's vouchers.
    Unknown,
}

impl VoucherState {
    const ALL: [Self; 3] = [Self::Usable, Self::Taken, Self::Unknown];

    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Usable => "usable",
            Self::Taken => "taken",
            Self::Unknown => "unknown",
        }
    }
}

/// A question about a voucher.
#[derive(Serialize)]
struct AboutVoucherJson<'a> {
    voucher: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<String>,
}

#[derive(Deserialize)]
struct VoucherStateJson {
    state: String,
}

/// What a sponsor is asked.
#[derive(Serialize)]
struct RequestJson<'a> {
    transaction: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    voucher: Option<&'a str>,
}

/// What a sponsor says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SponsorDetails {
    /// The account that pays.
    pub principal: StandardPrincipal,
    /// The chain that it pays on.
    pub chain_id: ChainId,
    /// The contract whose calls it pays for.
    pub contract: ContractId,
    /// How many transactions it will yet pay for today, whosever they are.
    pub remaining_for_all: u64,
    /// How many of them for the principal that was named.
    pub remaining: u64,
    /// When its budget renews (RFC 3339).
    pub renews_at: String,
}

#[derive(Deserialize)]
struct DetailsJson {
    principal: String,
    chain_id: String,
    contract_id: String,
    budget: BudgetJson,
}

#[derive(Deserialize)]
struct BudgetJson {
    renews_at: String,
    total: AllowanceJson,
    principal: AllowanceJson,
}

#[derive(Deserialize)]
struct AllowanceJson {
    transactions: u64,
}

#[derive(Deserialize)]
struct SponsoredJson {
    txid: String,
    transaction: String,
    fee: u64,
}

#[derive(Deserialize)]
struct RefusalJson {
    error: ReasonJson,
}

#[derive(Deserialize)]
struct ReasonJson {
    code: String,
    message: String,
}

/// A client of one sponsor.
#[derive(Debug)]
pub struct SponsorClient {
    transport: Transport,
    voucher: Option<Voucher>,
}

impl SponsorClient {
    /// A client of the sponsor at this address, which shows the voucher. Asks nothing yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`].
    pub fn new(
        url: &str,
        settings: ClientSettings,
        voucher: Option<Voucher>,
    ) -> Result<Self, ClientError> {
        Ok(Self { transport: Transport::new(url, settings)?, voucher })
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> &str {
        self.transport.url()
    }

    /// What the sponsor pays for, and how much it has left for `principal` (`GET /v1/sponsor`).
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn details(&self, principal: &StandardPrincipal) -> Result<SponsorDetails, ClientError> {
        let answer = self.transport.get(&format!("/v1/sponsor?principal={principal}"))?;
        let found: DetailsJson = answer.json()?;
        let chain_id = found.chain_id.trim_start_matches("0x");
        let chain_id = u32::from_str_radix(chain_id, 16).map_err(|error| answer.wrong(error))?;
        Ok(SponsorDetails {
            principal: answer.parsed(&found.principal)?,
            chain_id: ChainId::new(chain_id),
            contract: answer.parsed(&found.contract_id)?,
            remaining_for_all: found.budget.total.transactions,
            remaining: found.budget.principal.transactions,
            renews_at: found.budget.renews_at,
        })
    }

    /// Whether the sponsor would take this client's voucher from `account`, or from one that is not made yet
    /// (`POST /v1/vouchers`). `None` without a voucher, and from a sponsor that does not tell.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn voucher_state(
        &self,
        account: Option<&StandardPrincipal>,
    ) -> Result<Option<VoucherState>, ClientError> {
        let Some(voucher) = &self.voucher else { return Ok(None) };
        let principal = account.map(ToString::to_string);
        let request = AboutVoucherJson { voucher: voucher.0.as_str(), principal };
        let repeat = Repeat::WhenUnanswered;
        let answer = self.transport.post_json("/v1/vouchers", &request, repeat)?;
        if answer.status == 404 {
            return Ok(None);
        }
        if !answer.is_success() {
            return Err(answer.unexpected());
        }
        let found: VoucherStateJson = answer.json()?;
        Ok(VoucherState::ALL.into_iter().find(|state| state.word() == found.state))
    }

    /// Has the sponsor complete a transaction and hand it to its node (`POST /v1/transactions`).
    /// After a fault on the way the same bytes are sent again; they get the same answer.
    ///
    /// # Errors
    ///
    /// [`ClientError::Sponsor`] when it will not pay: the transaction was not sent. After any other
    /// error the node may have it.
    pub fn sponsor(&self, transaction: &Transaction) -> Result<Transaction, ClientError> {
        let request = RequestJson {
            transaction: format!("0x{}", hex::encode(transaction.encode())),
            voucher: self.voucher.as_ref().map(|voucher| voucher.0.as_str()),
        };
        let repeat = Repeat::WhenUnanswered;
        let answer = self.transport.post_json("/v1/transactions", &request, repeat)?;
        if answer.is_success() {
            let found: SponsoredJson = answer.json()?;
            let sponsored = answer.transaction(&found.transaction, &answer.parsed(&found.txid)?)?;
            return same_but_sponsored(transaction, sponsored, MicroStx::new(found.fee), &answer);
        }
        let refusal: Option<RefusalJson> = serde_json::from_slice(&answer.body).ok();
        Err(match refusal.map(|refusal| refusal.error) {
            Some(ReasonJson { code, message }) if answer.status < 500 => {
                ClientError::Sponsor { code, message }
            }
            // Not now: what it thinks of the transaction is not said.
            Some(ReasonJson { message, .. }) => {
                ClientError::Transport { url: answer.url, reason: message }
            }
            None => answer.unexpected(),
        })
    }
}

/// The answer, when nothing but the sponsor's part is new in it.
fn same_but_sponsored(
    sent: &Transaction,
    answered: Transaction,
    fee: MicroStx,
    answer: &Answer,
) -> Result<Transaction, ClientError> {
    let same = answered.is_sponsored_form_of(sent);
    if !same {
        return Err(answer.wrong("it is another transaction than the one that was sent"));
    }
    answered.verify().map_err(|error| answer.wrong(error))?;
    if answered.fee() != fee {
        return Err(answer.wrong("it pays another fee than it says"));
    }
    Ok(answered)
}
