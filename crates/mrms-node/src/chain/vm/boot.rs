//! Contracts that the VM itself needs, published in block 0 under the address that Stacks reserves for them.
//!
//! At epoch 2.5 the VM consults two: `costs-3` for the costs and `cost-voting` for changes to them that were
//! voted for. There is no vote on this ledger, so the latter only says that none has been held. The tables
//! of older epochs (`costs`, `costs-2`) and stacking (`pox-4`) are never consulted and are left out.

use clarity::boot_util::boot_code_id;
use clarity::vm::types::QualifiedContractIdentifier;

use super::cost_table;

const COST_VOTING: &str = "\
(define-data-var confirmed-proposal-count uint u0)
(define-read-only (get-confirmed-proposal-count) (var-get confirmed-proposal-count))
";

/// Boot contracts in the order in which they are published.
pub(super) fn contracts() -> [(QualifiedContractIdentifier, String); 2] {
    [
        (boot_code_id("costs-3", false), cost_table::source()),
        (boot_code_id("cost-voting", false), COST_VOTING.to_owned()),
    ]
}
