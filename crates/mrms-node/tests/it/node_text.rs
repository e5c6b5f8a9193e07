//! The client's reader of the text that a node prints values as, against the printer of the VM itself.

use clarity::vm::Value as VmValue;
use mrms_core::{ContractId, Principal, StandardPrincipal};
use mrms_stacks::clarity::{AsciiString, ClarityName, Value};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

fn principal() -> impl Strategy<Value = Principal> {
    let account = || {
        (0u8..32, any::<[u8; 20]>())
            .prop_map(|(version, hash160)| StandardPrincipal::new(version, hash160).unwrap())
    };
    prop_oneof![
        account().prop_map(Principal::from),
        (account(), "[a-zA-Z][a-zA-Z0-9_-]{0,39}").prop_map(|(deployer, name)| {
            Principal::from(ContractId { deployer, name: name.parse().unwrap() })
        }),
    ]
}

/// Values of every kind. The items of a list are of one kind, as the VM wants it.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i128>().prop_map(Value::Int),
        any::<u128>().prop_map(Value::UInt),
        vec(any::<u8>(), 0..40).prop_map(Value::Buffer),
        any::<bool>().prop_map(Value::Bool),
        principal().prop_map(Value::Principal),
        Just(Value::None),
        vec(any::<u128>().prop_map(Value::UInt), 0..5).prop_map(Value::List),
        "[ -~\t\n\r]{0,40}"
            .prop_map(|text| Value::StringAscii(AsciiString::try_from(text).unwrap())),
        // Control characters and every plane of Unicode.
        any::<String>().prop_map(Value::StringUtf8),
    ];
    leaf.prop_recursive(6, 48, 4, |inner| {
        let name = "[a-zA-Z][a-zA-Z0-9!?+<>=/*_-]{0,20}"
            .prop_map(|text: String| text.parse::<ClarityName>().unwrap());
        prop_oneof![
            inner.clone().prop_map(Value::ok),
            inner.clone().prop_map(Value::err),
            inner.clone().prop_map(Value::some),
            (inner.clone(), 1_usize..4).prop_map(|(item, count)| Value::List(vec![item; count])),
            btree_map(name, inner, 1..4).prop_map(|fields| Value::tuple(fields).unwrap()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_value_is_read_back_from_what_the_vm_prints(value in value()) {
        let bytes = value.encode().unwrap();
        let printed = VmValue::deserialize_read(&mut bytes.as_slice(), None, false).unwrap().to_string();
        let read = Value::from_node_text(&printed);
        prop_assert_eq!(read, Ok(value), "{}", printed);
    }

    #[test]
    fn altered_text_is_read_as_what_the_vm_prints_so_or_not_at_all(
        value in value(),
        at in any::<prop::sample::Index>(),
        byte in b' '..=b'~',
    ) {
        let bytes = value.encode().unwrap();
        let printed = VmValue::deserialize_read(&mut bytes.as_slice(), None, false).unwrap().to_string();
        let mut altered = printed.into_bytes();
        let at = at.index(altered.len());
        altered[at] = byte;
        let altered = String::from_utf8(altered).unwrap();
        if let Ok(read) = Value::from_node_text(&altered) {
            let bytes = read.encode().unwrap();
            if let Ok(vm) = VmValue::deserialize_read(&mut bytes.as_slice(), None, false) {
                // Digits of hexadecimal may be of either case.
                prop_assert_eq!(vm.to_string().to_lowercase(), altered.to_lowercase());
            }
        }
    }
}
