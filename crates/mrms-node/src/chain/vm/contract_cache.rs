//! A cache of parsed contracts, bounded in number.
//!
//! Loading a contract from the state parses its whole stored form, which costs more than most calls. A
//! published contract never changes, so a cached one stays valid as long as its block does.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use clarity::vm::ClarityVersion;
use clarity::vm::contexts::ContractContext;
use clarity::vm::database::{ClarityDatabase, DataMapMetadata};
use clarity::vm::errors::InterpreterResult;
use clarity::vm::representations::ClarityName;
use clarity::vm::types::{FunctionType, QualifiedContractIdentifier};

use super::EPOCH;
use crate::chain::identifiers::{ContractId, SourceHash};

/// Maximum number of cached contracts. A ledger of this kind has a handful.
const CAPACITY: usize = 64;

/// Whether the VM counts costs while a contract runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metering {
    /// Costs are counted and limited as on the network.
    Metered,
    /// Costs are not counted, because the source is pinned.
    Free,
}

/// A published contract, parsed and ready to run.
pub(super) struct Loaded {
    pub(super) context: ContractContext,
    /// Size that loading it is charged for, in bytes.
    pub(super) size: u64,
    pub(super) public: BTreeMap<ClarityName, FunctionType>,
    pub(super) version: ClarityVersion,
    pub(super) metering: Metering,
}

impl Loaded {
    pub(super) fn id(&self) -> ContractId {
        ContractId::from_vm(self.context.contract_identifier.clone())
    }
}

/// The maps of a contract, by name.
type Shapes = HashMap<String, Rc<DataMapMetadata>>;

/// The cached contracts, and the pinned sources.
#[derive(Default)]
pub(super) struct ContractCache {
    loaded: HashMap<QualifiedContractIdentifier, Rc<Loaded>>,
    /// Maps of contracts whose entries were read, whether the contract itself was loaded or not.
    shapes: HashMap<QualifiedContractIdentifier, Shapes>,
    pinned: HashSet<SourceHash>,
}

impl ContractCache {
    /// Pins a source: contracts with this source run unmetered from now on, cached ones included.
    pub(super) fn pin(&mut self, source: SourceHash) {
        if self.pinned.insert(source) {
            self.loaded.clear();
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

    /// A contract that was loaded before and is still cached.
    pub(super) fn known(&self, contract: &QualifiedContractIdentifier) -> Option<&Rc<Loaded>> {
        self.loaded.get(contract)
    }

    /// The types of a map; none when there is no such contract or map. The state keeps them by themselves, so that reading an
    /// entry does not parse the whole contract. `database` must have a layer open.
    pub(super) fn shape(
        &mut self,
        database: &mut ClarityDatabase<'_>,
        contract: &QualifiedContractIdentifier,
        map: &str,
    ) -> Option<Rc<DataMapMetadata>> {
        if let Some(shape) = self.shapes.get(contract).and_then(|shapes| shapes.get(map)) {
            return Some(Rc::clone(shape));
        }
        let shape = Rc::new(database.load_map(contract, map).ok()?);
        if self.shapes.len() >= CAPACITY {
            self.shapes.clear();
        }
        let shapes = self.shapes.entry(contract.clone()).or_default();
        shapes.insert(map.to_owned(), Rc::clone(&shape));
        Some(shape)
    }

    /// Loads a contract; none when it does not exist. `database` must have a layer open.
    pub(super) fn load(
        &mut self,
        database: &mut ClarityDatabase<'_>,
        contract: &QualifiedContractIdentifier,
    ) -> InterpreterResult<Option<Rc<Loaded>>> {
        if let Some(loaded) = self.loaded.get(contract) {
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
        if self.loaded.len() >= CAPACITY {
            self.loaded.clear();
        }
        self.loaded.insert(contract.clone(), Rc::clone(&loaded));
        Ok(Some(loaded))
    }
}
