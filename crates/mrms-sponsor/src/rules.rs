//! Rules: which transactions the sponsor pays for. Only calls of one contract, signed by their origin, that can cost
//! the sponsor nothing but the fee.
//!
//! Pure: takes bytes and returns the request or the refusal. [`Sponsor`](crate::Sponsor) checks nonces, budget and
//! fees. Standard: SIP-005, sponsored transactions.

use std::collections::BTreeSet;

use mrms_contract::functions::{Does, does_by};
use mrms_core::{ContractId, Nonce, StandardPrincipal, TxId};
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Payload, PostConditionMode, Transaction};

use crate::refusal::Refusal;

/// Which transactions are paid for.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The network.
    pub network: Network,
    /// The one contract.
    pub contract: ContractId,
    /// Its public functions.
    pub functions: BTreeSet<String>,
    /// Who pays.
    pub sponsor: StandardPrincipal,
}

/// A transaction that the rules allow.
#[derive(Clone, Debug)]
pub struct Request {
    /// The transaction, as its origin signed it.
    pub transaction: Transaction,
    /// Its id in that form, with the place for a sponsor empty.
    pub id: TxId,
    /// Whose it is.
    pub origin: StandardPrincipal,
    /// Its origin's nonce.
    pub nonce: Nonce,
    /// What it calls.
    pub function: String,
}

impl Request {
    /// What the call does to somebody's access.
    #[must_use]
    pub fn does(&self) -> Option<Does> {
        let Payload::ContractCall(call) = self.transaction.payload() else { return None };
        does_by(&self.origin.into(), &self.function, &call.arguments)
    }
}

impl Rules {
    /// Decides whether the transaction in `bytes` is paid for.
    ///
    /// # Errors
    ///
    /// The first [`Refusal`] that applies. Cheap checks come first, the signature last.
    pub fn examine(&self, bytes: &[u8]) -> Result<Request, Refusal> {
        let transaction =
            Transaction::decode(bytes).map_err(|problem| Refusal::NotATransaction { problem })?;
        if transaction.network() != self.network {
            return Err(Refusal::WrongNetwork);
        }
        let authorization = transaction.authorization();
        let Some(sponsor) = authorization.sponsor() else { return Err(Refusal::NotSponsored) };
        let is_empty = sponsor.fee.number() == 0 && sponsor.nonce.number() == 0;
        if !transaction.awaits_sponsor() || !is_empty {
            return Err(Refusal::AlreadySponsored);
        }
        let (origin, condition) = (transaction.origin(), authorization.origin());
        if origin == self.sponsor {
            return Err(Refusal::OwnTransaction);
        }
        if condition.fee.number() != 0 {
            return Err(Refusal::OriginFee { fee: condition.fee });
        }
        let Payload::ContractCall(call) = transaction.payload() else {
            return Err(Refusal::NotAContractCall);
        };
        if call.contract != self.contract {
            return Err(Refusal::NotOurContract { contract: call.contract.clone() });
        }
        let function = call.function.to_string();
        if !self.functions.contains(&function) {
            return Err(Refusal::NotOurFunction { function });
        }
        let moves_nothing = transaction.post_condition_mode() == PostConditionMode::Deny
            && transaction.post_conditions().is_empty();
        if !moves_nothing {
            return Err(Refusal::PostConditions);
        }
        transaction.verify_origin().map_err(|problem| Refusal::OriginSignature { problem })?;
        let nonce = condition.nonce;
        let id = transaction.without_sponsor().txid();
        Ok(Request { id, origin, nonce, function, transaction })
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::MicroStx;
    use mrms_stacks::clarity::{ClarityName, Value};
    use mrms_stacks::keys::SigningKey;
    use mrms_stacks::transaction::{Memo, Terms, Unsigned};

    use super::*;

    const CONTRACT: &str = "ST000000000000000000002AMW42H.records";

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_bytes(&[byte; 32]).unwrap()
    }

    fn rules() -> Rules {
        Rules {
            network: Network::EMBEDDED,
            contract: CONTRACT.parse().unwrap(),
            functions: ["access-medical-record".to_owned()].into(),
            sponsor: key(9).address(Network::EMBEDDED.version),
        }
    }

    fn call(contract: &str, function: &'static str) -> Unsigned {
        let name = ClarityName::literal(function);
        Transaction::contract_call(contract.parse().unwrap(), name, vec![Value::uint(7u8)])
    }

    fn ours() -> Unsigned {
        call(CONTRACT, "access-medical-record")
    }

    fn signed(unsigned: Unsigned) -> Transaction {
        unsigned.sign_for_sponsor(&key(1), Network::EMBEDDED, Nonce::new(3)).unwrap()
    }

    #[track_caller]
    fn refused(transaction: &Transaction, code: &str) {
        let refusal = rules().examine(&transaction.encode()).unwrap_err();
        assert_eq!(refusal.code(), code, "{refusal}");
    }

    #[test]
    fn what_is_no_transaction_is_refused() {
        for bytes in [&[][..], &[0], &[0xff; 200]] {
            assert_eq!(rules().examine(bytes).unwrap_err().code(), "not-a-transaction");
        }
        let mut longer = signed(ours()).encode();
        longer.push(0);
        assert_eq!(rules().examine(&longer).unwrap_err().code(), "not-a-transaction");
    }

    #[test]
    fn whoever_pays_for_themselves_needs_no_sponsor() {
        let terms =
            Terms { network: Network::EMBEDDED, nonce: Nonce::new(3), fee: MicroStx::new(300) };
        refused(&ours().sign(&key(1), terms).unwrap(), "not-sponsored");
    }

    #[test]
    fn another_chain_is_refused() {
        let elsewhere = ours().sign_for_sponsor(&key(1), Network::TESTNET, Nonce::new(3)).unwrap();
        refused(&elsewhere, "wrong-network");
    }

    #[test]
    fn sponsored_before_is_refused() {
        let fee = MicroStx::new(300);
        let taken = signed(ours()).sponsor(&key(8), Nonce::new(0), fee).unwrap();
        refused(&taken, "already-sponsored");
    }

    #[test]
    fn the_sponsors_own_transaction_is_refused() {
        let own = ours().sign_for_sponsor(&key(9), Network::EMBEDDED, Nonce::new(0)).unwrap();
        refused(&own, "own-transaction");
    }

    #[test]
    fn transfers_deploys_and_other_contracts_are_refused() {
        let recipient = key(1).address(Network::EMBEDDED.version);
        let transfer = Transaction::token_transfer(recipient, MicroStx::new(1), Memo::EMPTY);
        refused(&signed(transfer), "not-a-contract-call");
        let source = "(ok true)".parse().unwrap();
        let deploy = Transaction::deploy("records".parse().unwrap(), source, None);
        refused(&signed(deploy), "not-a-contract-call");
        let other = call("ST000000000000000000002AMW42H.records-2", "access-medical-record");
        refused(&signed(other), "not-our-contract");
        refused(&signed(call(CONTRACT, "get-record")), "not-our-function");
    }

    #[test]
    fn anything_that_could_move_assets_is_refused() {
        refused(&signed(ours().mode(PostConditionMode::Allow)), "post-conditions");
    }

    #[test]
    fn origin_that_names_a_fee_is_refused() {
        let mut bytes = signed(ours()).encode();
        // Version, chain, kind of authorization, hash mode, signer, nonce; then the fee.
        bytes[1 + 4 + 1 + 1 + 20 + 8 + 7] = 1;
        assert_eq!(rules().examine(&bytes).unwrap_err().code(), "origin-fee");
    }

    #[test]
    fn altered_transaction_is_not_its_origins() {
        let mut bytes = signed(ours()).encode();
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(rules().examine(&bytes).unwrap_err().code(), "origin-signature");
    }

    #[test]
    fn call_of_the_contract_is_allowed() {
        let transaction = signed(ours());
        let request = rules().examine(&transaction.encode()).unwrap();
        assert_eq!(request.id, transaction.txid());
        assert_eq!(
            (request.nonce, request.function.as_str()),
            (Nonce::new(3), "access-medical-record")
        );
        assert_eq!(request.origin, key(1).address(Network::EMBEDDED.version));
    }
}
