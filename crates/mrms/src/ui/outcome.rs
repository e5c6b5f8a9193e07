//! What a command does with the outcome of a use case. It prints the plan of a dry run.

use mrms_app::sending::outcome::{Outcome, Plan};
use mrms_contract::ContractError;

use super::failure::{Exit, Failure};
use super::output::Output;
use super::reasons::refusal_failure;
use super::results::transaction::Planned;

/// What was done; `None` if a dry run's plan was printed.
pub(crate) fn done<T>(outcome: Outcome<T>, output: Output) -> Result<Option<T>, Failure> {
    match outcome {
        Outcome::Planned(plan) => print_plan(&plan, output).map(|()| None),
        outcome => always_done(outcome).map(Some),
    }
}

/// What was done, for a command that always sends.
pub(crate) fn always_done<T>(outcome: Outcome<T>) -> Result<T, Failure> {
    outcome.done().ok_or_else(|| Failure::new(Exit::Failed, "not-sent", "nothing was sent"))
}

/// Prints what would have been sent, or fails with the refusal that it would have met.
fn print_plan(plan: &Plan, output: Output) -> Result<(), Failure> {
    if let Some(refusal) = plan.result.as_ref().and_then(ContractError::in_result) {
        return Err(refusal_failure(refusal));
    }
    let mut text = "nothing was sent; without --dry-run this would be:".to_owned();
    for (number, planned) in plan.transactions.iter().enumerate() {
        text.push_str(&format!("\n  {}. {}, fee {}", number + 1, planned.what, planned.fee));
    }
    // A closed stdout is no failure of a dry run.
    let _ = output.result(&Planned { dry_run: true, message: &text }, &text);
    Ok(())
}
