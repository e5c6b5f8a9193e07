//! `mrms contract costs`: measures what each function of the contract costs, on this home's ledger.
//!
//! Each call runs on the ledger's virtual machine and is undone. The figures are those of the
//! network's five limits, and the bytes of the signed transaction. Where the size matters, several
//! sizes are measured. In sealed sharing a grant is one transaction, and so is an access; everything
//! else goes to the vaults.

use mrms_app::Session;
use mrms_app::ledger::Cost;
use mrms_app::sending::outcome::SendError;
use mrms_contract::{Call, call};
use mrms_core::{BurnHeight, Principal, RecordId, Rights, Version};

use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::contract::FunctionCost;

/// Limits of one block on a Stacks network (Stacks epochs 2.5 to 3.x).
const BLOCK: Cost = Cost {
    runtime: 5_000_000_000,
    read_count: 15_000,
    read_length: 100_000_000,
    write_count: 15_000,
    write_length: 15_000_000,
};

pub(crate) fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let home = settings.home.open()?;
    let me = settings.home.account()?;
    let session = home.session();
    let record = session.records_of(&me.into())?.into_iter().next();
    let mut calls = vec![
        ("create, 1,000 bytes", call::create_medical_record(FREE, vec![1; 1_000])),
        ("create, 16,384 bytes", call::create_medical_record(FREE, vec![1; 16_384])),
        ("create, 65,536 bytes", call::create_medical_record(FREE, vec![1; 65_536])),
        ("publish a key", call::publish_encryption_key(vec![1; 1_216])),
    ];
    match &record {
        Some((id, record)) => calls.extend(with_record(*id, record.version.next())),
        None => output
            .note("note: with a record on this ledger, the other functions are measured as well"),
    }
    if !output.is_json() {
        output.text(&format!(
            "{:<28} {:>8} {:>12} {:>6} {:>11} {:>7} {:>12} {:>10}",
            "call",
            "tx bytes",
            "runtime",
            "reads",
            "read bytes",
            "writes",
            "write bytes",
            "per block"
        ))?;
    }
    for (what, call) in calls {
        let (result, cost) = session.ledger.simulate(
            session.contract,
            &me,
            call.function.as_str(),
            &call.arguments,
        )?;
        let bytes = transaction_bytes(&session, call)?;
        output.result(
            &FunctionCost {
                call: what,
                transaction_bytes: bytes,
                runtime: cost.runtime,
                read_count: cost.read_count,
                read_length: cost.read_length,
                write_count: cost.write_count,
                write_length: cost.write_length,
                per_block: per_block(cost),
                result_repr: result.to_string(),
            },
            &format!(
                "{what:<28} {bytes:>8} {:>12} {:>6} {:>11} {:>7} {:>12} {:>10}",
                cost.runtime,
                cost.read_count,
                cost.read_length,
                cost.write_count,
                cost.write_length,
                per_block(cost),
            ),
        )?;
    }
    Ok(())
}

/// Bytes of the signed transaction. A network asks for at least one micro-STX for each.
fn transaction_bytes(session: &Session<'_>, call: Call) -> Result<u64, Failure> {
    let floor = session.transaction(call).minimum_fee();
    Ok(floor.map_err(SendError::from)?.number())
}

/// An id that no record has: a random one is this number with a chance of 2^-128.
const FREE: RecordId = RecordId::new(u128::MAX - 0x4d52_4d53);

fn with_record(id: RecordId, next: Version) -> Vec<(&'static str, Call)> {
    // An account without a grant: the boot address, whose key nobody has.
    let Ok(user) = "ST000000000000000000002AMW42H".parse::<Principal>() else { return Vec::new() };
    let expiry = Some(BurnHeight::new(u64::from(u32::MAX)));
    vec![
        ("amend, 1,000 bytes", call::amend_record_version(id, next, vec![1; 1_000])),
        ("access", call::access_medical_record(id)),
        ("grant, sealed", call::grant_record_access(id, &user, expiry)),
        (
            "and for each version, direct",
            call::put_key_envelope(id, Version::FIRST, &user, vec![1; 70]),
        ),
        (
            "and once a reader, direct",
            call::put_key_envelope(id, Version::FIRST, &user, vec![1; 1_198]),
        ),
        (
            "grant with amend",
            call::grant_record_rights(id, &user, Rights::READ.with(Rights::AMEND), expiry),
        ),
        ("revoke (nothing there)", call::revoke_record_access(id, &user)),
    ]
}

/// How many such calls fit into one block of a network.
fn per_block(cost: Cost) -> u64 {
    [
        (BLOCK.runtime, cost.runtime),
        (BLOCK.read_count, cost.read_count),
        (BLOCK.read_length, cost.read_length),
        (BLOCK.write_count, cost.write_count),
        (BLOCK.write_length, cost.write_length),
    ]
    .into_iter()
    .filter_map(|(limit, each)| limit.checked_div(each))
    .min()
    .unwrap_or_default()
}
