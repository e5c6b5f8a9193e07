//! The contract's two sides have not drifted apart: functions, argument types, answers, errors,
//! rights and actions in Rust against the interface of the contract as it is deployed.

use std::collections::BTreeSet;

use mrms_contract::{Call, ContractError, Read, SOURCE, call, read};
use mrms_core::{Action, BurnHeight, Powers, Principal, RecordId, Rights, Version};
use mrms_node::chain::Status;
use mrms_stacks::abi::{AbiType, Access, Function, Interface};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::Transaction;

use crate::deployed::{Deployed, Signer};

const RECORD: RecordId = RecordId::new(u128::MAX);

/// Public functions without a builder: nothing here calls them but by the interface
/// (`mrms contract call`). What this one does, `mrms amend` does by `amend-record-version`.
const CALLED_BY_NAME: [&str; 1] = ["amend-medical-record"];

/// The same for read-only functions (`mrms contract read`).
const READ_BY_NAME: [&str; 3] = ["get-audit-head", "get-effective-grant", "get-patient-audit-head"];

/// Calls that come from the user, in [`calls`]. The last comes from the third, and all others from the patient.
const BY_USER: [&str; 6] = [
    "emergency-access",
    "accept-patient",
    "ask-for-delegation",
    "accept-delegation",
    "create-record-for",
    "access-for",
];

/// Every builder of [`call`], in an order in which the contract takes them all.
fn calls(patient: &Principal, user: &Principal, third: &Principal) -> [Call; 30] {
    let other = RecordId::new(u128::MAX - 1);
    let expiry = Some(BurnHeight::new(u64::from(u32::MAX)));
    let (first, second) = (Version::FIRST, Version::FIRST.next());
    [
        call::create_medical_record(RECORD, vec![1; mrms_contract::CONTENT_MAX]),
        call::amend_record_version(RECORD, second, vec![2]),
        call::grant_record_access(RECORD, user, None),
        call::grant_many(&[RECORD], user, expiry),
        call::grant_record_rights(RECORD, user, Rights::READ.with(Rights::EMERGENCY), expiry),
        call::emergency_access(RECORD, [5; 32]),
        call::anchor_vault_log([6; 32], 1),
        call::access_medical_record(RECORD),
        call::access_record_version(RECORD, first),
        call::publish_encryption_key(vec![3; 1_280]),
        call::put_key_envelope(RECORD, second, user, vec![4; 2_048]),
        call::revoke_record_access(RECORD, user),
        call::grant_standing_access(patient, user, Rights::READ, expiry),
        call::revoke_standing_access(patient, user),
        call::transfer_patient(RECORD, user),
        call::accept_patient(RECORD),
        call::set_delegate(user, Powers::ALL, expiry),
        call::remove_delegate(user),
        call::end_delegation(user),
        call::name_contact(third, Powers::SEE, 1),
        call::refuse_delegation(patient, third),
        call::name_contact(user, Powers::ALL, 1),
        call::ask_for_delegation(patient),
        call::accept_delegation(patient),
        call::create_record_for(patient, other, vec![7]),
        call::set_member(user, expiry),
        call::access_for(RECORD, second, patient),
        call::remove_member(user),
        call::offer_succession(third),
        call::accept_succession(patient),
    ]
}

/// The contract on a ledger, its interface, a patient, a user, and somebody new.
struct Contract {
    deployed: Deployed,
    interface: Interface,
    signers: [Signer; 3],
}

impl Contract {
    fn deploy() -> Self {
        let signers = ["patient", "user", "third"].map(Signer::of_phrase);
        let deployed = Deployed::by(&signers, 900_000);
        let json = deployed.interface();
        Self { deployed, interface: Interface::parse(&json).unwrap(), signers }
    }

    fn functions(&self, access: Access) -> BTreeSet<&str> {
        let named = |function: &'_ &Function| function.access == access;
        self.interface.functions.iter().filter(named).map(|f| f.name.as_str()).collect()
    }

    #[track_caller]
    fn assert_fits(&self, access: Access, name: &str, arguments: &[Value]) {
        let function = self.interface.function(name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(function.access, access, "{name}");
        function.check(arguments).unwrap();
    }

    /// Makes a call, which has to succeed.
    #[track_caller]
    fn call(&self, call: Call) {
        let name = call.function.as_str();
        if name == "access-for" {
            let organisation = self.signers[0].principal();
            self.send(1, call::grant_record_access(RECORD, &organisation, None));
        }
        if name == "accept-delegation" {
            self.deployed.ledger.advance(1).unwrap();
        }
        let by = match name {
            "accept-succession" => 2,
            name => usize::from(BY_USER.contains(&name)),
        };
        self.send(by, call);
    }

    /// Makes a call as it is.
    #[track_caller]
    fn send(&self, by: usize, Call { function, arguments }: Call) {
        let name = function.clone();
        let contract = self.deployed.contract.clone();
        let unsigned = Transaction::contract_call(contract, function, arguments);
        let by = &self.signers[by];
        let included = self.deployed.ledger.submit(&by.sign(unsigned)).unwrap();
        assert_eq!(included.receipt.status, Status::Success, "{}", name.as_str());
    }

    fn constant(&self, name: &str) -> Value {
        let (contract, name) = (self.deployed.on_ledger(), name.to_owned());
        let constant =
            self.deployed.ledger.read(move |snapshot| snapshot.constant(&contract, &name));
        Value::decode(&constant.unwrap()).unwrap()
    }
}

/// How many functions a module of builders has.
fn builders(source: &str) -> usize {
    source.lines().filter(|line| line.starts_with("pub fn ")).count()
}

#[test]
fn every_call_fits_the_deployed_contract() {
    let contract = Contract::deploy();
    let [patient, user, third] = [0, 1, 2].map(|at: usize| contract.signers[at].principal());
    let mut built = BTreeSet::new();
    for call in calls(&patient, &user, &third) {
        let name = call.function.as_str().to_owned();
        contract.assert_fits(Access::Public, &name, &call.arguments);
        contract.call(call);
        built.insert(name);
    }
    let source = include_str!("../../../mrms-contract/src/call.rs");
    assert_eq!(built.len(), builders(source), "a builder is missing in this test");

    let mut listed: BTreeSet<_> = CALLED_BY_NAME.into();
    assert!(listed.iter().all(|name| !built.contains(*name)), "it has a builder by now");
    listed.extend(built.iter().map(String::as_str));
    assert_eq!(listed, contract.functions(Access::Public));
}

/// What the reads answer is understood, too, with nothing stored and with something.
#[test]
fn every_read_fits_the_deployed_contract() {
    let contract = Contract::deploy();
    let [patient, user, third] = [0, 1, 2].map(|at: usize| contract.signers[at].principal());
    let before = read_all(&contract);
    for call in calls(&patient, &user, &third) {
        contract.call(call);
    }
    assert_eq!(before, read_all(&contract));
    let source = include_str!("../../../mrms-contract/src/read.rs");
    assert_eq!(before.len(), builders(source), "a read is missing in this test");

    let mut listed: BTreeSet<_> = READ_BY_NAME.into();
    assert!(listed.iter().all(|name| !before.contains(name)), "it has a builder by now");
    listed.extend(before);
    assert_eq!(listed, contract.functions(Access::ReadOnly));
}

/// Asks every read of [`read`]; the functions that they call.
fn read_all(contract: &Contract) -> Vec<&'static str> {
    let [patient, user, third] = &contract.signers;
    let (patient, user, third) = (&patient.principal(), &user.principal(), &third.principal());
    let second = Version::FIRST.next();
    [
        ask(contract, &read::contract_version()),
        ask(contract, &read::record(RECORD)),
        ask(contract, &read::record_version(RECORD, second)),
        ask(contract, &read::grant(RECORD, user)),
        ask(contract, &read::granted_by(RECORD, user)),
        ask(contract, &read::standing_grant(patient, user)),
        ask(contract, &read::standing_granted_by(patient, user)),
        ask(contract, &read::has_access(RECORD, user)),
        ask(contract, &read::audit_entry(RECORD, 0)),
        ask(contract, &read::emergency_opening(RECORD, user)),
        ask(contract, &read::delegate(patient, user)),
        ask(contract, &read::contact(patient, third)),
        ask(contract, &read::member(patient, user)),
        ask(contract, &read::line(patient)),
        ask(contract, &read::pending_succession(patient)),
        ask(contract, &read::vault_log(patient)),
        ask(contract, &read::encryption_key(patient)),
        ask(contract, &read::key_envelope(RECORD, second, user)),
        ask(contract, &read::patient_counts(patient)),
        ask(contract, &read::patient_audit_entry(patient, 0)),
        ask(contract, &read::patient_record(patient, 0)),
        ask(contract, &read::user_counts(user)),
        ask(contract, &read::shared_record(user, 0)),
        ask(contract, &read::care_patient(user, 0)),
        ask(contract, &read::care_team_member(patient, 0)),
        ask(contract, &read::record_reader(RECORD, 0)),
        ask(contract, &read::pending_transfer(RECORD)),
    ]
    .into()
}

#[track_caller]
fn ask<T>(contract: &Contract, read: &Read<T>) -> &'static str {
    contract.assert_fits(Access::ReadOnly, read.function, &read.arguments);
    let answer = contract.deployed.ask(read.function, &read.arguments);
    if let Err(error) = read.decode(&answer) {
        panic!("{} answers {answer}: {error}", read.function);
    }
    read.function
}

#[test]
fn every_error_has_the_code_of_the_deployed_constant() {
    let contract = Contract::deploy();
    let constants = contract.interface.variables.iter().map(|variable| variable.name.as_str());
    let errors: BTreeSet<_> = constants.filter(|name| name.starts_with("ERR_")).collect();
    let ours: BTreeSet<_> = ContractError::ALL.iter().map(|error| error.constant()).collect();
    assert_eq!(ours, errors);
    for error in ContractError::ALL {
        let expected = Value::err(Value::uint(error.code()));
        assert_eq!(contract.constant(error.constant()), expected, "{}", error.constant());
    }
}

#[test]
fn every_right_and_power_has_the_bit_of_the_deployed_constant() {
    let contract = Contract::deploy();
    for (name, right) in [
        ("RIGHT_READ", Rights::READ),
        ("RIGHT_AMEND", Rights::AMEND),
        ("RIGHT_EMERGENCY", Rights::EMERGENCY),
        ("RIGHT_HISTORY", Rights::HISTORY),
    ] {
        assert_eq!(contract.constant(name), Value::uint(right.bits()), "{name}");
    }
    for (name, power) in [
        ("POWER_SEE", Powers::SEE),
        ("POWER_SHARE", Powers::SHARE),
        ("POWER_ADD", Powers::ADD),
        ("ALL_POWERS", Powers::ALL),
    ] {
        assert_eq!(contract.constant(name), Value::uint(power.bits()), "{name}");
    }
    let Value::UInt(all) = contract.constant("ALL_RIGHTS") else { panic!("a number") };
    for bits in 0..=u8::MAX {
        let exist = bits > 0 && u128::from(bits) <= all && bits != Rights::HISTORY.bits();
        assert_eq!(Rights::from_bits(bits).is_some(), exist, "u{bits}");
    }
}

#[test]
fn content_may_be_as_long_as_the_deployed_argument() {
    let contract = Contract::deploy();
    let mut arguments = 0;
    for function in &contract.interface.functions {
        for argument in &function.args {
            if function.access == Access::Public && argument.name == "encrypted-content" {
                let length = u32::try_from(mrms_contract::CONTENT_MAX).unwrap();
                assert_eq!(argument.kind, AbiType::Buffer { length }, "{}", function.name);
                arguments += 1;
            }
        }
    }
    assert_eq!(arguments, 4);
}

/// Actions are no constants, so the interface does not list them: every text in the source is an
/// action, an event's topic or the release.
#[test]
fn every_action_is_a_word_of_the_source() {
    const OTHERS: [&str; 5] =
        ["encryption-key", "patient-audit", "record-audit", "vault-log", mrms_contract::RELEASE];
    let code = SOURCE.lines().map(|line| line.split(";;").next().unwrap_or_default());
    let texts: BTreeSet<_> = code.flat_map(|line| line.split('"').skip(1).step_by(2)).collect();
    let mut listed: BTreeSet<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
    listed.extend(OTHERS);
    assert_eq!(listed, texts);
}

#[test]
fn interface_that_is_spoken_is_the_deployed_one() {
    let contract = Contract::deploy();
    let version = read::contract_version();
    let answer = contract.deployed.ask(version.function, &version.arguments);
    assert_eq!(version.decode(&answer).unwrap().interface, mrms_contract::INTERFACE);
}
