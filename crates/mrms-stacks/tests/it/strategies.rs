//! Arbitrary values and transactions for property tests.

use mrms_core::{ChainId, ContractId, MicroStx, Nonce, Principal, StandardPrincipal};
use mrms_stacks::clarity::{AsciiString, ClarityName, Value};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{
    AssetId, AssetOwner, ClarityVersion, Comparison, Memo, PostCondition, PostConditionMode,
    PoxActions, Terms, TokenMovement, Transaction, Unsigned,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

pub(crate) fn account() -> impl Strategy<Value = StandardPrincipal> {
    (0u8..32, any::<[u8; 20]>())
        .prop_map(|(version, hash160)| StandardPrincipal::new(version, hash160).unwrap())
}

pub(crate) fn contract() -> impl Strategy<Value = ContractId> {
    (account(), "[a-zA-Z][a-zA-Z0-9_-]{0,39}")
        .prop_map(|(deployer, name)| ContractId { deployer, name: name.parse().unwrap() })
}

pub(crate) fn principal() -> impl Strategy<Value = Principal> {
    prop_oneof![account().prop_map(Principal::from), contract().prop_map(Principal::from)]
}

pub(crate) fn name() -> impl Strategy<Value = ClarityName> {
    "[a-zA-Z][a-zA-Z0-9!?+<>=/*_-]{0,127}".prop_map(|text| text.parse().unwrap())
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i128>().prop_map(Value::Int),
        any::<u128>().prop_map(Value::UInt),
        vec(any::<u8>(), 0..40).prop_map(Value::Buffer),
        any::<bool>().prop_map(Value::Bool),
        principal().prop_map(Value::Principal),
        Just(Value::None),
        "[ -~\t\n\r]{0,40}"
            .prop_map(|text| Value::StringAscii(AsciiString::try_from(text).unwrap())),
        "\\PC{0,20}".prop_map(Value::StringUtf8),
    ];
    leaf.prop_recursive(8, 64, 5, |inner| {
        prop_oneof![
            inner.clone().prop_map(Value::ok),
            inner.clone().prop_map(Value::err),
            inner.clone().prop_map(Value::some),
            vec(inner.clone(), 0..5).prop_map(Value::List),
            btree_map(name(), inner, 1..5).prop_map(|fields| Value::tuple(fields).unwrap()),
        ]
    })
}

fn owner() -> impl Strategy<Value = AssetOwner> {
    prop_oneof![Just(AssetOwner::Origin), principal().prop_map(AssetOwner::Principal)]
}

fn post_condition() -> impl Strategy<Value = PostCondition> {
    let comparison = || {
        prop::sample::select(vec![
            Comparison::Equal,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
        ])
    };
    let amount = || any::<u64>().prop_map(MicroStx::new);
    let asset = || (contract(), name()).prop_map(|(contract, name)| AssetId { contract, name });
    let movement = prop::sample::select(vec![
        TokenMovement::Sent,
        TokenMovement::NotSent,
        TokenMovement::MaybeSent,
    ]);
    let actions = prop::sample::select(vec![
        PoxActions::WillNotPerform,
        PoxActions::MayPerform,
        PoxActions::WillPerform,
    ]);
    prop_oneof![
        (owner(), comparison(), amount()).prop_map(|(owner, comparison, amount)| {
            PostCondition::Stx { owner, comparison, amount }
        }),
        (owner(), comparison(), amount()).prop_map(|(owner, comparison, amount)| {
            PostCondition::Staking { owner, comparison, amount }
        }),
        (owner(), asset(), comparison(), any::<u64>()).prop_map(
            |(owner, asset, comparison, amount)| PostCondition::Fungible {
                owner,
                asset,
                comparison,
                amount
            }
        ),
        (owner(), asset(), value(), movement).prop_map(|(owner, asset, token, movement)| {
            PostCondition::NonFungible { owner, asset, token, movement }
        }),
        (owner(), actions).prop_map(|(owner, actions)| PostCondition::Pox { owner, actions }),
    ]
}

pub(crate) fn unsigned() -> impl Strategy<Value = Unsigned> {
    let payload = prop_oneof![
        (contract(), name(), vec(value(), 0..4)).prop_map(|(contract, function, arguments)| {
            Transaction::contract_call(contract, function, arguments)
        }),
        (principal(), any::<u64>(), "[a-z é]{0,17}").prop_map(|(recipient, amount, memo)| {
            let memo: Memo = memo.parse().unwrap();
            Transaction::token_transfer(recipient, MicroStx::new(amount), memo)
        }),
        (contract(), "[ -~\t\n]{0,200}", 0u8..=6).prop_map(|(id, source, version)| {
            Transaction::deploy(id.name, source.parse().unwrap(), ClarityVersion::new(version))
        }),
    ];
    let modes =
        vec![PostConditionMode::Allow, PostConditionMode::Deny, PostConditionMode::Originator];
    (payload, prop::sample::select(modes), vec(post_condition(), 0..3)).prop_map(
        |(unsigned, mode, conditions)| {
            conditions.into_iter().fold(unsigned.mode(mode), Unsigned::post_condition)
        },
    )
}

pub(crate) fn key() -> impl Strategy<Value = SigningKey> {
    // Not zero, and below the curve's order whatever follows the first byte.
    (1u8..0xff, any::<[u8; 31]>()).prop_map(|(first, rest)| {
        let mut secret = [first; 32];
        secret[1..].copy_from_slice(&rest);
        SigningKey::from_bytes(&secret).unwrap()
    })
}

pub(crate) fn network() -> impl Strategy<Value = Network> {
    prop_oneof![Just(ChainId::MAINNET), any::<u32>().prop_map(ChainId::new)].prop_map(Network::of)
}

pub(crate) fn transaction() -> impl Strategy<Value = Transaction> {
    let numbers = (any::<u64>(), any::<u64>());
    (unsigned(), key(), network(), numbers, prop::option::of(key())).prop_map(
        |(unsigned, key, network, (nonce, fee), sponsor)| {
            let (nonce, fee) = (Nonce::new(nonce), MicroStx::new(fee));
            match sponsor {
                None => unsigned.sign(&key, Terms { network, nonce, fee }).unwrap(),
                Some(sponsor) => unsigned
                    .sign_for_sponsor(&key, network, nonce)
                    .unwrap()
                    .sponsor(&sponsor, nonce, fee)
                    .unwrap(),
            }
        },
    )
}
