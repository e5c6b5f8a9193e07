//! Random lives of a few readers, against a model of a few lines.
//!
//! The model knows nothing of lines, epochs or sweeps: a share is there when it was left under a
//! grant that the vault has not seen closed, and leaves when the grant opens the version now.

use std::collections::{BTreeMap, BTreeSet};

use mrms_core::Rights;
use mrms_vault::protocol::{RefusalReason, Topic};
use proptest::prelude::*;

use crate::support::*;

const READERS: [Person; 2] = [Person(20), Person(21)];

#[derive(Clone, Debug)]
enum Act {
    Grant {
        reader: usize,
        blocks: Option<u64>,
        history: bool,
    },
    Revoke {
        reader: usize,
    },
    Amend,
    Leave {
        reader: usize,
        versions: u64,
    },
    /// Opens a version on the chain, where the contract lets them.
    Access {
        reader: usize,
        version: u64,
    },
    /// Asks with the entry that was made so long ago, as this reader, for this version.
    Ask {
        reader: usize,
        back: usize,
        version: u64,
    },
    Blocks {
        count: u64,
    },
    Watch,
    Reopen,
}

fn act() -> impl Strategy<Value = Act> {
    let reader = 0..READERS.len();
    let blocks = prop_oneof![Just(None), (1u64..6).prop_map(Some)];
    prop_oneof![
        3 => (reader.clone(), blocks, any::<bool>())
            .prop_map(|(reader, blocks, history)| Act::Grant { reader, blocks, history }),
        2 => reader.clone().prop_map(|reader| Act::Revoke { reader }),
        1 => Just(Act::Amend),
        3 => (reader.clone(), 0u64..3)
            .prop_map(|(reader, versions)| Act::Leave { reader, versions }),
        6 => (reader.clone(), 1u64..4)
            .prop_map(|(reader, version)| Act::Access { reader, version }),
        8 => (reader, 0usize..3, 1u64..4)
            .prop_map(|(reader, back, version)| Act::Ask { reader, back, version }),
        2 => (1u64..4).prop_map(|count| Act::Blocks { count }),
        2 => Just(Act::Watch),
        1 => Just(Act::Reopen),
    ]
}

/// A grant as the model has it.
#[derive(Clone, Copy)]
struct Granted {
    until: Option<u64>,
    from: u64,
}

struct Made {
    entry: Entry,
    reader: usize,
    version: u64,
    at: u64,
}

#[derive(Default)]
struct Model {
    grants: BTreeMap<usize, Granted>,
    /// Versions that lie in the vault for a reader.
    left: BTreeMap<usize, BTreeSet<u64>>,
    /// Whether what lies there was ever seen under a live grant.
    seen_live: BTreeSet<usize>,
    /// How often the reader's grants had changed when the newest deposit came.
    changes: BTreeMap<usize, u64>,
    changes_at_deposit: BTreeMap<usize, u64>,
    used: BTreeSet<u64>,
    made: Vec<Made>,
}

impl Model {
    fn live(&self, reader: usize, burn: u64) -> Option<Granted> {
        self.grants.get(&reader).copied().filter(|one| one.until.is_none_or(|until| burn < until))
    }

    /// What the vault does when it looks at a reader's shares.
    fn look(&mut self, reader: usize, burn: u64) {
        if !self.left.contains_key(&reader) {
            return;
        }
        if self.live(reader, burn).is_some() {
            self.seen_live.insert(reader);
        } else if self.seen_live.contains(&reader)
            || self.changes.get(&reader) != self.changes_at_deposit.get(&reader)
        {
            self.left.remove(&reader);
            self.seen_live.remove(&reader);
        }
    }

    fn may(&self, asked: &Made, reader: usize, version: u64, burn: u64) -> bool {
        let opens = self.live(reader, burn).is_some_and(|one| one.from <= version);
        let right = asked.reader == reader && asked.version == version;
        let fresh = burn - asked.at <= 6 && !self.used.contains(&asked.entry.index);
        let there = self.left.get(&reader).is_some_and(|left| left.contains(&version));
        right && fresh && opens && there
    }
}

fn live(acts: &[Act]) -> Result<(), TestCaseError> {
    let mut world = World::new();
    let mut vault = world.open();
    let mut model = Model::default();
    let mut released = 0;
    for act in acts {
        let burn = world.chain.lock().burn;
        match *act {
            Act::Grant { reader, blocks, history } => {
                // Grants of one burn block can't be told from each other on the chain.
                world.chain.lock().burn += 1;
                let burn = burn + 1;
                let until = blocks.map(|blocks| burn + blocks);
                let rights =
                    if history { Rights::READ.with(Rights::HISTORY) } else { Rights::READ };
                world.chain.lock().grant(RECORD, READERS[reader], rights, until);
                let latest = world.chain.lock().latest(RECORD);
                let kept = model.live(reader, burn).map_or(latest, |one| one.from);
                let from = if history { 1 } else { kept };
                model.grants.insert(reader, Granted { until, from });
                *model.changes.entry(reader).or_default() += 1;
            }
            Act::Revoke { reader } => {
                world.chain.lock().burn += 1;
                world.chain.lock().revoke(RECORD, READERS[reader]);
                if model.grants.remove(&reader).is_some() {
                    *model.changes.entry(reader).or_default() += 1;
                }
            }
            Act::Amend => {
                world.chain.lock().write(RECORD, PATIENT, None);
            }
            Act::Leave { reader, versions } => {
                let latest = world.chain.lock().latest(RECORD);
                let last = latest.saturating_sub(versions).max(1);
                let numbers: Vec<u64> = (last..=latest).collect();
                let left = world.sign(deposit(RECORD, READERS[reader], &numbers), PATIENT);
                vault.deposit(&left).unwrap();
                model.look(reader, burn);
                model.left.entry(reader).or_default().extend(numbers);
                let changes = model.changes.get(&reader).copied();
                match changes {
                    Some(changes) => model.changes_at_deposit.insert(reader, changes),
                    None => model.changes_at_deposit.remove(&reader),
                };
                model.look(reader, burn);
            }
            Act::Access { reader, version } => {
                let entry = world.chain.lock().access(RECORD, READERS[reader], version);
                if let Some(entry) = entry {
                    model.made.push(Made { entry, reader, version, at: burn });
                }
            }
            Act::Ask { reader, back, version } => {
                let Some(place) = model.made.len().checked_sub(back + 1) else { continue };
                let asked = &model.made[place];
                let request = request(RECORD, version, asked.entry);
                let request = world.sign(request, READERS[reader]);
                let expected = model.may(asked, reader, version, burn);
                match vault.release(&request) {
                    Ok(release) => {
                        prop_assert!(expected, "given: {act:?}");
                        assert_is_share(&release, version);
                        model.used.insert(asked.entry.index);
                        model.seen_live.insert(reader);
                        released += 1;
                    }
                    Err(refusal) => {
                        prop_assert!(!expected, "refused: {act:?}: {refusal:?}");
                        // Refusals of those that the vault does not know are counted together.
                        let is_known = model.seen_live.contains(&reader);
                        prop_assert!(refusal.receipt.is_some() || !is_known);
                        prop_assert_ne!(refusal.reason, RefusalReason::LogUnavailable);
                    }
                }
            }
            Act::Blocks { count } => world.chain.lock().burn += count,
            Act::Watch => {
                vault.watch(100).unwrap();
                (0..READERS.len()).for_each(|reader| model.look(reader, burn));
            }
            Act::Reopen => {
                drop(vault);
                vault = world.open();
            }
        }
        let kept: usize = model.left.values().map(BTreeSet::len).sum();
        prop_assert_eq!(vault.statistics().unwrap().shares, kept as u64, "after {:?}", act);
        prop_assert_eq!(keys_in(&world.path()), model.left.len());
    }
    let lines = world.lines(&vault);
    prop_assert_eq!(count(&lines, Topic::Release), released);
    prop_assert_eq!(vault.verify_log().unwrap(), vault.anchor());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_vault_gives_what_the_model_gives_and_keeps_what_it_keeps(
        acts in prop::collection::vec(act(), 1..60)
    ) {
        live(&acts)?;
    }
}
