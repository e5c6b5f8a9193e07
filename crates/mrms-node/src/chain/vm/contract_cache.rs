//! Contracts as they are needed at every call: parsed once, kept in memory, bounded in number.
//!
//! Reading a contract back from the state parses its whole stored form each time, which costs more than most
//! calls. A contract never changes once published, so a parsed one stays right as long as its block does.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use clarity::vm::ClarityVersion;
use clarity::vm::contexts::ContractContext;
use clarity::vm::database::ClarityDatabase;
use clarity::vm::errors::InterpreterResult;
use clarity::vm::representations::ClarityName;
use clarity::vm::types::{FunctionType, QualifiedContractIdentifier};

use super::EPOCH;
use crate::chain::identifiers::SourceHash;

/// Most contracts kept. A ledger of this kind has a handful.
const KEPT: usize = 64;

/// Whether costs are counted while a contract runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metering {
    /// Counted, and held to the network's limits.
    Metered,
    /// Not counted: the source was pinned.
    Free,
}

/// A published contract, ready to run.
pub(super) struct Loaded {
    pub(super) context: ContractContext,
    /// What loading it is charged for, in bytes.
    pub(super) size: u64,
    pub(super) public: BTreeMap<ClarityName, FunctionType>,
    pub(super) version: ClarityVersion,
    pub(super) metering: Metering,
}

/// Contracts that were needed lately.
#[derive(Default)]
pub(super) struct Cache {
    kept: HashMap<QualifiedContractIdentifier, Rc<Loaded>>,
    pinned: HashSet<SourceHash>,
}

impl Cache {
    /// Lets contracts with this source run free, loaded ones included.
    pub(super) fn pin(&mut self, source: SourceHash) {
        if self.pinned.insert(source) {
            self.kept.clear();
        }
    }

    pub(super) fn is_pinned(&self, source: &SourceHash) -> bool {
        self.pinned.contains(source)
    }

    pub(super) fn metering(&self, source: &str) -> Metering {
        if self.pinned.contains(&SourceHash::of(source)) {
            Metering::Free
        } else {
            Metering::Metered
        }
    }

    /// The contract, or none when there is none of that name. `database` must have a layer open.
    pub(super) fn load(
        &mut self,
        database: &mut ClarityDatabase<'_>,
        contract: &QualifiedContractIdentifier,
    ) -> InterpreterResult<Option<Rc<Loaded>>> {
        if let Some(loaded) = self.kept.get(contract) {
            return Ok(Some(Rc::clone(loaded)));
        }
        if !database.has_contract(contract) {
            return Ok(None);
        }
        let Some(mut analysis) = database.load_contract_analysis(contract)? else {
            return Ok(None);
        };
        analysis.canonicalize_types(&EPOCH);
        let source = database.get_contract_src(contract).unwrap_or_default();
        let loaded = Rc::new(Loaded {
            size: database.get_contract_size(contract)?,
            context: database.get_contract(contract)?.contract_context,
            public: analysis.public_function_types,
            version: analysis.clarity_version,
            metering: self.metering(&source),
        });
        if self.kept.len() >= KEPT {
            self.kept.clear();
        }
        self.kept.insert(contract.clone(), Rc::clone(&loaded));
        Ok(Some(loaded))
    }
}
