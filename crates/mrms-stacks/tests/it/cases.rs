//! The case file that `tests/clients/stacks-cases.mjs` writes: its shape, and its inputs as ours.

use mrms_core::{ChainId, ContractId, MicroStx, Nonce, Principal, StandardPrincipal};
use mrms_stacks::clarity::Value;
use mrms_stacks::keys::{RecoverableSignature, SigningKey};
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{
    AssetId, AssetOwner, ClarityVersion, Comparison, PostCondition, PostConditionMode, PoxActions,
    TokenMovement, Transaction, Unsigned,
};
use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
pub(crate) struct Cases {
    pub(crate) values: Vec<ValueCase>,
    pub(crate) keys: Vec<KeyCase>,
    pub(crate) structured: Vec<StructuredCase>,
    pub(crate) transactions: Vec<TransactionCase>,
    pub(crate) words: Vec<WordsCase>,
}

#[derive(Deserialize)]
pub(crate) struct ValueCase {
    pub(crate) value: Json,
    pub(crate) hex: String,
}

#[derive(Deserialize)]
pub(crate) struct KeyCase {
    pub(crate) secret: String,
    pub(crate) public: String,
    pub(crate) mainnet: StandardPrincipal,
    pub(crate) testnet: StandardPrincipal,
    pub(crate) digest: String,
    pub(crate) signature: String,
}

#[derive(Deserialize)]
pub(crate) struct StructuredCase {
    pub(crate) secret: String,
    pub(crate) address: StandardPrincipal,
    pub(crate) domain: DomainCase,
    pub(crate) message: Json,
    pub(crate) digest: String,
    pub(crate) signature_rsv: String,
}

#[derive(Deserialize)]
pub(crate) struct DomainCase {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) chain_id: ChainId,
}

#[derive(Deserialize)]
pub(crate) struct TransactionCase {
    pub(crate) chain_id: ChainId,
    pub(crate) payload: Json,
    pub(crate) post_condition_mode: String,
    pub(crate) post_conditions: Vec<Json>,
    pub(crate) origin: SignerCase,
    pub(crate) sponsor: Option<SignerCase>,
    pub(crate) signed_by_origin: Option<String>,
    pub(crate) hex: String,
    pub(crate) txid: mrms_core::TxId,
}

#[derive(Deserialize)]
pub(crate) struct SignerCase {
    /// Only an origin has one; a sponsor is always one compressed key.
    #[serde(default)]
    pub(crate) kind: String,
    pub(crate) address: StandardPrincipal,
    secret: String,
    nonce: String,
    fee: String,
}

#[derive(Deserialize)]
pub(crate) struct WordsCase {
    pub(crate) secret: String,
    pub(crate) mainnet: StandardPrincipal,
    pub(crate) testnet: StandardPrincipal,
}

impl SignerCase {
    pub(crate) fn key(&self) -> SigningKey {
        key(&self.secret)
    }

    pub(crate) fn nonce(&self) -> Nonce {
        Nonce::new(self.nonce.parse().unwrap())
    }

    pub(crate) fn fee(&self) -> MicroStx {
        MicroStx::new(self.fee.parse().unwrap())
    }
}

pub(crate) fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    mrms_core::hexadecimal::decode(hex).unwrap().try_into().unwrap()
}

pub(crate) fn key(secret: &str) -> SigningKey {
    SigningKey::from_bytes(&bytes(secret)).unwrap()
}

pub(crate) fn signature(hex: &str) -> RecoverableSignature {
    RecoverableSignature::from_bytes(bytes(hex))
}

/// A value as the case file describes it: `{"uint": "1"}`, `{"some": …}`, `"none"`.
pub(crate) fn value(json: &Json) -> Value {
    let Some(described) = json.as_object() else { return Value::None };
    let (kind, content) = described.iter().next().unwrap();
    let text = || content.as_str().unwrap();
    match kind.as_str() {
        "int" => Value::Int(text().parse().unwrap()),
        "uint" => Value::UInt(text().parse().unwrap()),
        "buffer" => Value::Buffer(mrms_core::hexadecimal::decode(text()).unwrap()),
        "bool" => Value::Bool(content.as_bool().unwrap()),
        "principal" => Value::Principal(text().parse().unwrap()),
        "ascii" => Value::StringAscii(text().parse().unwrap()),
        "utf8" => Value::StringUtf8(text().to_owned()),
        "ok" => Value::ok(value(content)),
        "err" => Value::err(value(content)),
        "some" => Value::some(value(content)),
        "list" => Value::List(content.as_array().unwrap().iter().map(value).collect()),
        "tuple" => {
            let fields = content.as_object().unwrap();
            Value::tuple(fields.iter().map(|(name, field)| (name.parse().unwrap(), value(field))))
                .unwrap()
        }
        other => panic!("unknown kind {other}"),
    }
}

impl TransactionCase {
    pub(crate) fn network(&self) -> Network {
        Network::of(self.chain_id)
    }

    /// The transaction as this crate builds it, before anyone signs.
    pub(crate) fn unsigned(&self) -> Unsigned {
        let (kind, described) = self.payload.as_object().unwrap().iter().next().unwrap();
        let text = |name: &str| described[name].as_str().unwrap();
        let unsigned = match kind.as_str() {
            "transfer" => Transaction::token_transfer(
                text("recipient").parse::<Principal>().unwrap(),
                MicroStx::new(text("amount").parse().unwrap()),
                text("memo").parse().unwrap(),
            ),
            "call" => Transaction::contract_call(
                text("contract").parse().unwrap(),
                text("function").parse().unwrap(),
                described["arguments"].as_array().unwrap().iter().map(value).collect(),
            ),
            _ => {
                let version = described["clarity_version"].as_u64();
                Transaction::deploy(
                    text("name").parse().unwrap(),
                    text("source").parse().unwrap(),
                    version.map(|number| ClarityVersion::new(number as u8).unwrap()),
                )
            }
        };
        let mode = match self.post_condition_mode.as_str() {
            "allow" => PostConditionMode::Allow,
            "deny" => PostConditionMode::Deny,
            _ => PostConditionMode::Originator,
        };
        let conditions = self.post_conditions.iter().map(post_condition);
        conditions.fold(unsigned.mode(mode), Unsigned::post_condition)
    }
}

fn post_condition(json: &Json) -> PostCondition {
    let text = |name: &str| json[name].as_str().unwrap();
    let owner = match text("address") {
        "origin" => AssetOwner::Origin,
        principal => AssetOwner::Principal(principal.parse().unwrap()),
    };
    let amount = || text("amount").parse().unwrap();
    let asset = || {
        let (contract, name) = text("asset").split_once("::").unwrap();
        AssetId { contract: contract.parse::<ContractId>().unwrap(), name: name.parse().unwrap() }
    };
    let comparison = || match text("condition") {
        "eq" => Comparison::Equal,
        "gt" => Comparison::Greater,
        "gte" => Comparison::GreaterOrEqual,
        "lt" => Comparison::Less,
        _ => Comparison::LessOrEqual,
    };
    match text("type") {
        "stx-postcondition" => {
            PostCondition::Stx { owner, comparison: comparison(), amount: MicroStx::new(amount()) }
        }
        "ft-postcondition" => PostCondition::Fungible {
            owner,
            asset: asset(),
            comparison: comparison(),
            amount: amount(),
        },
        "nft-postcondition" => PostCondition::NonFungible {
            owner,
            asset: asset(),
            token: value(&json["assetId"]),
            movement: match text("condition") {
                "sent" => TokenMovement::Sent,
                "not-sent" => TokenMovement::NotSent,
                _ => TokenMovement::MaybeSent,
            },
        },
        "staking-postcondition" => PostCondition::Staking {
            owner,
            comparison: comparison(),
            amount: MicroStx::new(amount()),
        },
        _ => PostCondition::Pox {
            owner,
            actions: match text("condition") {
                "will-not-perform" => PoxActions::WillNotPerform,
                "may-perform" => PoxActions::MayPerform,
                _ => PoxActions::WillPerform,
            },
        },
    }
}
