//! What a command does with the outcome of a use case. It prints the plan of a dry run.

use mrms_app::sending::outcome::{Outcome, Plan};
use mrms_contract::ContractError;
use mrms_core::MicroStx;

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

/// A sum in STX, for people: `0.0004 STX`.
pub(crate) fn in_stx(sum: MicroStx) -> String {
    let (whole, rest) = (sum.number() / 1_000_000, sum.number() % 1_000_000);
    let digits = format!("{rest:06}");
    match digits.trim_end_matches('0') {
        "" => format!("{whole} STX"),
        digits => format!("{whole}.{digits} STX"),
    }
}

/// What a command that sends so many transactions may pay at most.
pub(crate) fn ceiling_words(transactions: usize, ceiling: MicroStx) -> String {
    let each = in_stx(ceiling);
    if transactions <= 1 {
        return format!("; it may cost {each} at most (fee_ceiling)");
    }
    let count = u64::try_from(transactions).unwrap_or(u64::MAX);
    let all = in_stx(MicroStx::new(ceiling.number().saturating_mul(count)));
    format!(
        " for {transactions} transactions; together they may cost {all} at most, and each {each} (fee_ceiling)"
    )
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
    for one in &plan.takes_back {
        text.push_str(&format!(
            "\nit would go before what waits, and take back, unless that comes first: {one}"
        ));
    }
    if let Some(ceiling) = plan.fee_ceiling {
        let all = plan.transactions.iter().map(|planned| planned.fee.number()).sum::<u64>();
        text.push_str(&format!(
            "\nin all {}, as the network estimates it now{}",
            in_stx(MicroStx::new(all)),
            ceiling_words(plan.transactions.len(), ceiling),
        ));
    }
    // A closed stdout is no failure of a dry run.
    let _ = output.result(&Planned { dry_run: true, message: &text }, &text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceiling_is_told_for_all_transactions_of_a_command() {
        let ceiling = MicroStx::new(100_000);
        let one = ceiling_words(1, ceiling);
        assert!(one.contains("0.1 STX at most"), "{one}");
        let three = ceiling_words(3, ceiling);
        assert!(three.contains("0.3 STX at most") && three.contains("each 0.1 STX"), "{three}");
    }

    #[test]
    fn sums_are_told_in_stx_without_needless_digits() {
        for (sum, text) in [
            (0, "0 STX"),
            (1, "0.000001 STX"),
            (400, "0.0004 STX"),
            (1_000_000, "1 STX"),
            (12_345_678, "12.345678 STX"),
        ] {
            assert_eq!(in_stx(MicroStx::new(sum)), text);
        }
    }
}
