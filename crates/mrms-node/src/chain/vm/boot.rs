//! Boot contracts: contracts that the VM itself needs. Block 0 publishes them under the address that Stacks
//! reserves for them.
//!
//! At epoch 2.5 the VM reads two: `costs-3` for the costs, and `cost-voting` for changes to the costs that
//! were voted for. There are no votes on this ledger, so `cost-voting` only says that none took place. The VM
//! never reads the cost tables of older epochs (`costs`, `costs-2`) or stacking (`pox-4`), so they are left
//! out.

use clarity::boot_util::boot_code_id;
use clarity::vm::types::QualifiedContractIdentifier;

use super::cost_table;
use super::meter::STEP;

const COST_VOTING: &str = "\
(define-data-var confirmed-proposal-count uint u0)
(define-read-only (get-confirmed-proposal-count) (var-get confirmed-proposal-count))
";

/// Returns the boot contracts, in the order in which they are published.
pub(super) fn contracts() -> [(QualifiedContractIdentifier, String); 2] {
    with_costs(cost_table::source(0))
}

/// Returns the boot contracts of the meter: each cost has a step in its write count.
pub(super) fn counting_contracts() -> [(QualifiedContractIdentifier, String); 2] {
    with_costs(cost_table::source(STEP))
}

fn with_costs(costs: String) -> [(QualifiedContractIdentifier, String); 2] {
    [
        (boot_code_id("costs-3", false), costs),
        (boot_code_id("cost-voting", false), COST_VOTING.to_owned()),
    ]
}
