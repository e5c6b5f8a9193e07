//! Nothing leaves, and nothing is destroyed, on what can still change: not on a node's clock, not on the newest blocks of a
//! network, not on another chain.

use std::path::{Path, PathBuf};

use mrms_core::{Finality, RecordId, Rights};
use mrms_vault::guardian::{AnchoredLog, Descent, Guardian, Presence, Proven, WatchError};
use mrms_vault::protocol::{
    Erasure, Hex, RefusalReason, SaltDeposit, SaltRequest, Topic, UploadRequest,
};
use rusqlite::Connection;

use crate::support::*;

/// Burn blocks of 60 days.
const SIXTY_DAYS: u64 = 60 * 144;

/// A reader with a grant of thirty days and a share.
fn granted() -> (World, Guardian) {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, Some(1_000 + 30 * 144));
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    (world, vault)
}

/// The same where three Bitcoin blocks must lie on top.
fn granted_on_a_network() -> (World, Guardian) {
    let mut world = World::new();
    world.settings.finality = Finality::after(3);
    world.chain.lock().remember_blocks();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    mine(&world, 3);
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    vault.watch(10).unwrap();
    (world, vault)
}

fn mine(world: &World, blocks: usize) {
    (0..blocks).for_each(|_| world.chain.lock().mine_on_bitcoin());
}

#[track_caller]
fn assert_distrusts(vault: &Guardian, reason: RefusalReason) {
    let error = vault.watch(10).unwrap_err();
    assert!(
        matches!(error, WatchError::Distrusted { reason: found } if found == reason),
        "{error:?}"
    );
    assert_eq!(vault.trouble(), Some(reason));
}

#[test]
fn a_height_that_stands_in_no_block_ends_nothing() {
    let (mut world, vault) = granted();
    world.chain.lock().burn_ahead = SIXTY_DAYS;
    assert_distrusts(&vault, RefusalReason::ChainJumped);
    assert_refused(world.open_version(&vault, READER, 1), RefusalReason::ChainJumped);
    // A vault that is opened just now has seen no other height.
    drop(vault);
    let vault = world.open();
    assert_eq!(vault.watch(10).unwrap().forgotten, 0);
    assert_eq!(keys_in(&world.path()), 1);
    world.chain.lock().burn_ahead = 0;
    vault.watch(10).unwrap();
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
    let lines = world.lines(&vault);
    assert_eq!(count(&lines, Topic::Forget), 0);
}

#[test]
fn a_grant_that_ended_by_its_height_goes_when_a_block_stands_at_that_height() {
    let (world, vault) = granted();
    // A month without a block.
    world.pass(31 * 86_400);
    world.chain.lock().burn_ahead = 31 * 144;
    assert_eq!(vault.watch(10).unwrap().forgotten, 0);
    {
        let mut state = world.chain.lock();
        (state.burn, state.burn_ahead) = (1_000 + 31 * 144, 0);
        state.mine();
    }
    assert_eq!(vault.watch(10).unwrap().forgotten, 1);
    assert_eq!(keys_in(&world.path()), 0);
}

#[test]
fn a_height_that_jumped_and_stands_is_believed_after_an_hour() {
    let (world, vault) = granted();
    world.chain.lock().burn_ahead = SIXTY_DAYS;
    for _ in 0..12 {
        assert_distrusts(&vault, RefusalReason::ChainJumped);
        world.pass(300);
    }
    assert_eq!(vault.watch(10).unwrap().forgotten, 0, "and still it stands in no block");
    assert_eq!(vault.trouble(), None);
}

#[test]
fn a_fork_of_the_same_height_is_seen() {
    let (mut world, vault) = granted();
    let first = world.chain.lock().access(RECORD, READER, 1).unwrap();
    let signed = world.request(READER, 1, first);
    vault.release(&signed).unwrap();
    let fork = world.chain.lock().block;
    world.chain.lock().fork_from(fork);
    world.chain.lock().revoke(RECORD, READER);
    assert_distrusts(&vault, RefusalReason::ChainForked);
    let left = world.deposit(READER, &[1]);
    assert_refused(vault.deposit(&left), RefusalReason::ChainForked);
    drop(vault);
    let vault = world.open();
    assert_distrusts(&vault, RefusalReason::ChainForked);
    assert_eq!(keys_in(&world.path()), 1);
    world.chain.lock().join_again();
    assert_eq!(vault.watch(10).unwrap().forgotten, 1);
    assert_eq!(vault.trouble(), None);
}

/// An opening of the granted version, and what the vault says about it.
fn opened(world: &mut World, vault: &Guardian) -> Result<(), RefusalReason> {
    world.open_version(vault, READER, 1).map(drop).map_err(|refusal| refusal.reason)
}

#[test]
fn a_chain_that_denies_what_the_vault_acted_on_is_not_believed() {
    let (mut world, vault) = granted();
    world.chain.lock().descent = Descent::Shown;
    assert_eq!(opened(&mut world, &vault), Ok(()));
    // The same ids at the same heights, and a newest block that was made on top of others.
    world.chain.lock().descent = Descent::Denied;
    assert_eq!(opened(&mut world, &vault), Err(RefusalReason::ChainForked));
    assert_distrusts(&vault, RefusalReason::ChainForked);
    world.chain.lock().descent = Descent::Shown;
    assert_eq!(opened(&mut world, &vault), Ok(()));
}

#[test]
fn a_chain_that_gave_proofs_must_go_on_giving_them() {
    let (mut world, vault) = granted();
    assert_eq!(opened(&mut world, &vault), Ok(()), "a Stacks network never gives any");
    world.chain.lock().descent = Descent::Shown;
    assert_eq!(opened(&mut world, &vault), Ok(()));
    drop(vault);
    let vault = world.open();
    world.chain.lock().descent = Descent::NotShown;
    assert_eq!(opened(&mut world, &vault), Err(RefusalReason::ChainForked));
    // One that stands for an hour is believed, as any other chain, and needs no proofs from then on.
    for _ in 0..12 {
        assert_distrusts(&vault, RefusalReason::ChainForked);
        world.pass(300);
    }
    vault.watch(10).unwrap();
    assert_eq!(opened(&mut world, &vault), Ok(()));
    assert_eq!(opened(&mut world, &vault), Ok(()));
}

#[test]
fn another_chain_is_believed_when_it_has_stood_for_an_hour_and_its_older_entries_are_not() {
    let (mut world, vault) = granted();
    world.open_version(&vault, READER, 1).unwrap();
    let fork = world.chain.lock().block;
    world.chain.lock().fork_from(fork);
    let before = world.chain.lock().access(RECORD, READER, 1).unwrap();
    for _ in 0..12 {
        assert_distrusts(&vault, RefusalReason::ChainForked);
        world.pass(300);
    }
    vault.watch(10).unwrap();
    let signed = world.request(READER, 1, before);
    assert_refused(vault.release(&signed), RefusalReason::EntryStale);
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
    drop(vault);
    let vault = world.open();
    let signed = world.request(READER, 1, before);
    assert_refused(vault.release(&signed), RefusalReason::EntryStale);
}

#[test]
fn one_absurd_height_does_not_block_the_vault_for_good() {
    let (mut world, vault) = granted();
    let right = world.chain.lock().block;
    world.chain.lock().block = 1_000_000_000_000;
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    world.chain.lock().block = right;
    for _ in 0..12 {
        assert_distrusts(&vault, RefusalReason::ChainForkedBack);
        world.pass(300);
    }
    vault.watch(10).unwrap();
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
}

#[test]
fn a_revoke_deletes_when_it_is_settled() {
    let (mut world, vault) = granted_on_a_network();
    world.chain.lock().revoke(RECORD, READER);
    assert_refused_to_read(&mut world, &vault);
    for _ in 0..3 {
        assert_eq!(vault.watch(10).unwrap().forgotten, 0);
        // Shares of the grant that is ending must not come under the next one.
        let left = world.deposit(READER, &[1]);
        assert_refused(vault.deposit(&left), RefusalReason::NotFinal);
        mine(&world, 1);
    }
    assert_eq!(vault.watch(10).unwrap().forgotten, 1);
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
}

/// The grant was revoked in the newest block: no share leaves on what was opened before.
fn assert_refused_to_read(world: &mut World, vault: &Guardian) {
    let entry = world.chain.lock().enter(RECORD, mrms_core::Action::Access, READER, 1);
    let signed = world.request(READER, 1, entry);
    assert_refused(vault.release(&signed), RefusalReason::NotFinal);
}

#[test]
fn blocks_of_one_bitcoin_block_confirm_nothing_however_many_they_are() {
    let (mut world, vault) = granted_on_a_network();
    let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
    for _ in 0..3 {
        // Half an hour of Stacks blocks, which a fork of Bitcoin takes back together.
        (0..100).for_each(|_| world.chain.lock().mine());
        let signed = world.request(READER, 1, entry);
        assert_refused(vault.release(&signed), RefusalReason::NotFinal);
        // A height that stands in no block is a node's word about its clock.
        world.chain.lock().burn_ahead = 5;
        let signed = world.request(READER, 1, entry);
        assert_refused(vault.release(&signed), RefusalReason::NotFinal);
        world.chain.lock().burn_ahead = 0;
        mine(&world, 1);
    }
    let signed = world.request(READER, 1, entry);
    assert_is_share(&vault.release(&signed).unwrap(), 1);
}

#[test]
fn a_revoke_that_goes_away_again_deletes_nothing() {
    let (mut world, vault) = granted_on_a_network();
    world.chain.lock().revoke(RECORD, READER);
    assert_eq!(vault.watch(10).unwrap().forgotten, 0);
    // The block went away; the next ones have a new grant.
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    mine(&world, 6);
    assert_eq!(vault.watch(10).unwrap().forgotten, 0);
    let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
    mine(&world, 3);
    let signed = world.request(READER, 1, entry);
    assert_is_share(&vault.release(&signed).unwrap(), 1);
}

#[test]
fn a_grant_that_went_away_again_does_not_make_its_deposit_go() {
    let mut world = World::new();
    world.settings.finality = Finality::after(3);
    world.chain.lock().remember_blocks();
    mine(&world, 3);
    let vault = world.open();
    let left = world.deposit(READER, &[1]);
    vault.deposit(&left).unwrap();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    assert_eq!(vault.watch(10).unwrap().forgotten, 0);
    world.chain.lock().revoke(RECORD, READER);
    assert_eq!(vault.watch(10).unwrap().forgotten, 0, "neither grant nor revoke is settled");
    mine(&world, 3);
    assert_eq!(vault.watch(10).unwrap().forgotten, 1);
}

#[test]
fn only_who_is_the_patient_in_a_settled_block_erases() {
    let (mut world, vault) = granted_on_a_network();
    let thief = Person(4);
    let erase = |world: &mut World| {
        let erasure = Erasure { record_id: RECORD, blobs: Vec::new() };
        world.sign(erasure, thief)
    };
    world.chain.lock().give_to(RECORD, thief);
    for _ in 0..3 {
        let asked = erase(&mut world);
        assert_refused(vault.erase(&asked), RefusalReason::NotFinal);
        mine(&world, 1);
    }
    assert_eq!(keys_in(&world.path()), 1);
    let asked = erase(&mut world);
    assert_eq!(vault.erase(&asked).unwrap().shares, 1);
}

#[test]
fn a_salt_leaves_and_goes_by_a_settled_version_alone() {
    let (mut world, vault) = granted_on_a_network();
    world.chain.lock().grant(RECORD, Person(5), Rights::AMEND, None);
    let salt =
        |author| SaltDeposit { record_id: RECORD, version: version(2), salt: Hex([author; 32]) };
    for author in [PATIENT, Person(5)] {
        let left = world.sign(salt(author.0), author);
        vault.deposit_salt(&left).unwrap();
    }
    world.chain.lock().write(RECORD, PATIENT, None);
    for _ in 0..3 {
        let asked = world.sign(SaltRequest { record_id: RECORD, version: version(2) }, PATIENT);
        assert_refused(vault.release_salt(&asked), RefusalReason::NotFinal);
        assert_eq!(vault.watch(10).unwrap().forgotten, 0);
        mine(&world, 1);
    }
    let asked = world.sign(SaltRequest { record_id: RECORD, version: version(2) }, PATIENT);
    assert_eq!(vault.release_salt(&asked).unwrap().salt, Hex([PATIENT.0; 32]));
    assert_eq!(vault.watch(10).unwrap().forgotten, 1, "that of somebody who is not the author");
}

#[test]
fn a_salt_for_a_version_that_went_away_again_does_not_stand() {
    let (mut world, vault) = granted_on_a_network();
    let salt = |byte| SaltDeposit { record_id: RECORD, version: version(2), salt: Hex([byte; 32]) };
    let state = world.chain.lock().clone();
    world.chain.lock().write(RECORD, PATIENT, None);
    let left = world.sign(salt(1), PATIENT);
    vault.deposit_salt(&left).unwrap();
    let other = world.sign(salt(2), PATIENT);
    assert_refused(vault.deposit_salt(&other), RefusalReason::SaltStands);
    vault.watch(10).unwrap();
    // The block with the version went away; the next ones have none.
    *world.chain.lock() = state;
    mine(&world, 6);
    let other = world.sign(salt(2), PATIENT);
    vault.deposit_salt(&other).unwrap();
    world.chain.lock().write(RECORD, PATIENT, None);
    mine(&world, 3);
    vault.watch(10).unwrap();
    let third = world.sign(salt(3), PATIENT);
    assert_refused(vault.deposit_salt(&third), RefusalReason::SaltStands);
    let asked = world.sign(SaltRequest { record_id: RECORD, version: version(2) }, PATIENT);
    assert_eq!(vault.release_salt(&asked).unwrap().salt, Hex([2; 32]));
}

const BLOB: Hex<32> = Hex([1; 32]);
/// A record of somebody else's.
const OTHER: RecordId = RecordId::new(8);

/// Announces a ciphertext and brings it.
fn bring(world: &mut World, vault: &Guardian, by: Person, (record_id, number): (RecordId, u64)) {
    let upload = UploadRequest { sha256: BLOB, length: 1, record_id, version: version(number) };
    vault.admit_upload(&world.sign(upload, by), Presence::Absent).unwrap();
    assert!(vault.ciphertext_is_here(BLOB, &by.principal()).unwrap());
}

/// Whether an erasure lets the ciphertext go.
fn is_erased(world: &mut World, vault: &Guardian) -> bool {
    let erasure = Erasure { record_id: RECORD, blobs: vec![BLOB] };
    let erased = vault.erase(&world.sign(erasure, PATIENT)).unwrap();
    assert_eq!(erased.blobs.len() + erased.kept.len(), 1);
    erased.blobs == [BLOB]
}

#[test]
fn whose_ciphertext_it_is_is_proven_in_a_settled_block() {
    let (mut world, vault) = granted_on_a_network();
    bring(&mut world, &vault, PATIENT, (RECORD, 2));
    let state = world.chain.lock().clone();
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB.0));
    let is_known = || vault.is_ciphertext_of(BLOB, RECORD, version(2)).unwrap();
    for _ in 0..3 {
        // Announced again while its version can still go away.
        bring(&mut world, &vault, PATIENT, (RECORD, 2));
        assert!(is_known(), "nobody has to announce it again");
        assert_eq!(vault.prove_ciphertext(BLOB).unwrap(), Proven::NotYet);
        mine(&world, 1);
    }
    // These blocks went away, and the version with them.
    let settled = world.chain.lock().clone();
    *world.chain.lock() = state;
    mine(&world, 6);
    assert!(!is_known());
    assert_eq!(vault.prove_ciphertext(BLOB).unwrap(), Proven::NotYet);
    world.chain.lock().burn += 145;
    mine(&world, 4);
    assert_eq!(vault.prove_ciphertext(BLOB).unwrap(), Proven::Overdue);
    // A version that came late is waited for.
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB.0));
    assert_eq!(vault.prove_ciphertext(BLOB).unwrap(), Proven::NotYet);
    *world.chain.lock() = settled;
    mine(&world, 6);
    assert_eq!(vault.prove_ciphertext(BLOB).unwrap(), Proven::Yes);
    assert!(is_erased(&mut world, &vault));
}

#[test]
fn an_announcement_is_forgotten_by_the_height_of_a_settled_block() {
    let (mut world, vault) = granted_on_a_network();
    let upload = UploadRequest { sha256: BLOB, length: 1, record_id: RECORD, version: version(2) };
    vault.admit_upload(&world.sign(upload, PATIENT), Presence::Absent).unwrap();
    world.pass(145 * 600);
    world.chain.lock().burn += 145;
    // Above the settled block the version is there already.
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB.0));
    assert_eq!(vault.sweep_claims(10).unwrap(), 0, "that height is in no settled block");
    mine(&world, 2);
    assert_eq!(vault.sweep_claims(10).unwrap(), 0);
    assert!(vault.ciphertext_is_here(BLOB, &PATIENT.principal()).unwrap(), "it is announced still");
}

#[test]
fn ciphertext_goes_only_where_settled_blocks_say_so() {
    let (mut world, vault) = granted_on_a_network();
    let stranger = Person(4);
    // Somebody else announced it first, for a record of their own.
    bring(&mut world, &vault, stranger, (OTHER, 1));
    bring(&mut world, &vault, PATIENT, (RECORD, 2));
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB.0));
    world.chain.lock().create_with(OTHER, stranger, Some(BLOB.0));
    mine(&world, 2);
    assert!(!is_erased(&mut world, &vault), "the version is not settled");
    mine(&world, 1);
    assert!(!is_erased(&mut world, &vault), "the other version is of the same height");
    mine(&world, 6);
    assert!(!is_erased(&mut world, &vault), "and stays so");
}

#[test]
fn ciphertext_goes_when_its_version_is_settled() {
    let (mut world, vault) = granted_on_a_network();
    bring(&mut world, &vault, PATIENT, (RECORD, 2));
    world.chain.lock().write(RECORD, PATIENT, Some(BLOB.0));
    for _ in 0..3 {
        assert!(!is_erased(&mut world, &vault));
        mine(&world, 1);
    }
    assert!(is_erased(&mut world, &vault));
}

/// Every file below a folder, written into a file that is there: it keeps its inode.
fn put_back(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target: PathBuf = to.join(path.file_name().unwrap());
        if path.is_dir() {
            put_back(&path, &target);
        } else {
            std::fs::write(&target, std::fs::read(&path).unwrap()).unwrap();
        }
    }
}

#[test]
fn a_snapshot_that_was_put_back_is_seen_by_the_anchor() {
    for anchored_later in [true, false] {
        let (mut world, vault) = granted();
        drop(vault);
        let snapshot = world.folder.path().join("snapshot");
        put_back(&world.path(), &snapshot);
        let vault = world.open();
        let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
        let signed = world.request(READER, 1, entry);
        vault.release(&signed).unwrap();
        let mut anchor = vault.anchor();
        drop(vault);
        put_back(&snapshot, &world.path());
        if !anchored_later {
            // As long as the log that was put back, and another.
            anchor.count -= 1;
        }
        let head = anchor.head.0.0;
        world.chain.lock().anchored = Some(AnchoredLog { head, count: anchor.count });
        let vault = world.open();
        let second = world.request(READER, 1, entry);
        assert_refused(vault.release(&second), RefusalReason::EntryStale);
        assert!(vault.statistics().unwrap().log_was_cut);
        assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
    }
}

#[test]
fn a_log_that_fits_its_anchor_is_whole() {
    let (mut world, vault) = granted();
    let anchor = vault.anchor();
    drop(vault);
    let anchored = AnchoredLog { head: anchor.head.0.0, count: anchor.count };
    world.chain.lock().anchored = Some(anchored);
    let vault = world.open();
    let other = RecordId::new(8);
    world.chain.lock().create(other, PATIENT);
    let left = world.sign(deposit(other, READER, &[1]), PATIENT);
    vault.deposit(&left).unwrap();
    assert!(!vault.statistics().unwrap().log_was_cut);
    assert_is_share(&world.open_version(&vault, READER, 1).unwrap(), 1);
}

#[test]
fn a_log_that_cannot_be_read_is_not_taken_for_a_cut_one() {
    let (mut world, vault) = granted();
    let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
    let anchor = vault.anchor();
    drop(vault);
    let anchored = AnchoredLog { head: anchor.head.0.0, count: anchor.count };
    world.chain.lock().anchored = Some(anchored);
    let vault = world.open();
    let database = Connection::open(world.path().join("vault.sqlite")).unwrap();
    database.execute_batch("ALTER TABLE lines RENAME TO away").unwrap();
    let error = vault.watch(10).unwrap_err();
    assert!(matches!(error, WatchError::Storage(_)), "{error:?}");
    assert_eq!(vault.trouble(), Some(RefusalReason::LogUnavailable));
    database.execute_batch("ALTER TABLE away RENAME TO lines").unwrap();
    drop(database);
    let signed = world.request(READER, 1, entry);
    assert_is_share(&vault.release(&signed).unwrap(), 1);
    assert!(!vault.statistics().unwrap().log_was_cut);
}
