//! Publishing a contract: parse, analyse, run its definitions, keep the analysis.

use clarity::vm::ClarityVersion;
use clarity::vm::Value;
use clarity::vm::analysis::{AnalysisDatabase, ContractAnalysis, run_analysis};
use clarity::vm::ast::{ASTRules, ContractAST, build_ast_with_rules};
use clarity::vm::costs::LimitedCostTracker;
use clarity::vm::database::{ClarityDatabase, ClaritySerializable as _};
use clarity::vm::errors::CheckErrors;
use clarity::vm::types::{PrincipalData, QualifiedContractIdentifier};

use super::call::{Ran, in_environment};
use super::machine::with_database;
use super::outcome::{Answer, Verdict, judge_check};
use super::{EPOCH, Refusal, State, View};
use crate::chain::error::{LedgerFailure, Rejection};
use crate::chain::wire::ClarityVersionByte;

/// A contract that may be published.
pub(super) struct Analysed<'a> {
    contract: &'a QualifiedContractIdentifier,
    source: &'a str,
    version: ClarityVersion,
    syntax: ContractAST,
    analysis: ContractAnalysis,
}

/// The version of the language that this VM runs for the one that was asked for.
pub(super) fn runnable(version: Option<ClarityVersionByte>) -> ClarityVersion {
    match version.map(ClarityVersionByte::get) {
        Some(1) => ClarityVersion::Clarity1,
        _ => ClarityVersion::Clarity2,
    }
}

/// Parses and analyses. The tracker comes back in either case; the verdict says what a failure means.
pub(super) fn analyse<'a>(
    state: &mut State<'_>,
    contract: &'a QualifiedContractIdentifier,
    source: &'a str,
    version: ClarityVersion,
    mut tracker: LimitedCostTracker,
) -> (LimitedCostTracker, Result<Analysed<'a>, Verdict>) {
    let syntax = build_ast_with_rules(
        contract,
        source,
        &mut tracker,
        version,
        EPOCH,
        ASTRules::PrecheckSize,
    );
    let syntax = match syntax {
        Ok(syntax) => syntax,
        Err(error) => {
            use clarity::vm::ast::errors::ParseErrors;
            let verdict = match &error.err {
                ParseErrors::CostOverflow
                | ParseErrors::CostBalanceExceeded(..)
                | ParseErrors::MemoryBalanceExceeded(..) => {
                    Verdict::Refuse(Refusal::Rejected(Rejection::ExceedsBlockLimit {
                        cost: Some(tracker.get_total().into()),
                    }))
                }
                _ if error.rejectable() => {
                    Verdict::Refuse(Refusal::Rejected(Rejection::Unrunnable {
                        message: error.to_string(),
                    }))
                }
                _ => Verdict::Abort(located(&error.to_string(), &error.diagnostic)),
            };
            return (tracker, Err(verdict));
        }
    };
    let mut database = AnalysisDatabase::new(state);
    match run_analysis(contract, &syntax.expressions, &mut database, false, tracker, EPOCH, version)
    {
        Ok(mut analysis) => {
            let tracker = analysis.take_contract_cost_tracker();
            (tracker, Ok(Analysed { contract, source, version, syntax, analysis }))
        }
        Err((error, tracker)) => {
            let verdict = match judge_check(&error.err) {
                Verdict::Abort(message) => Verdict::Abort(located(&message, &error.diagnostic)),
                refusal => refusal,
            };
            (tracker, Err(verdict))
        }
    }
}

/// A message with the line and column that it is about.
fn located(message: &str, diagnostic: &clarity::vm::diagnostic::Diagnostic) -> String {
    match diagnostic.spans.first() {
        Some(span) if span.start_line > 0 => {
            format!("{message} (line {}, column {})", span.start_line, span.start_column)
        }
        _ => message.to_owned(),
    }
}

impl Analysed<'_> {
    /// Runs the definitions; the contract is left in the database's open layer.
    pub(super) fn publish<'d>(
        mut self,
        chain_id: u32,
        database: ClarityDatabase<'d>,
        tracker: LimitedCostTracker,
        sponsor: Option<PrincipalData>,
    ) -> Result<Ran<'d>, Refusal> {
        let mut ran = in_environment(chain_id, database, tracker, |environment| {
            let ((), assets, events) = environment.initialize_contract_from_ast(
                self.contract.clone(),
                self.version,
                &mut self.syntax,
                &self.analysis,
                self.source,
                sponsor,
            )?;
            Ok(Answer { value: Value::okay_true(), assets, events })
        })?;
        if ran.answer.is_ok() {
            ran.database.set_metadata(
                self.contract,
                AnalysisDatabase::storage_key(),
                &self.analysis.serialize(),
            )?;
        }
        Ok(ran)
    }
}

/// Publishes a contract of the VM's own, for which nobody pays.
pub(super) fn publish_boot(
    state: &mut State<'_>,
    view: &View<'_>,
    chain_id: u32,
    contract: &QualifiedContractIdentifier,
    source: &str,
) -> Result<(), Refusal> {
    let free = LimitedCostTracker::new_free();
    let (tracker, analysed) = analyse(state, contract, source, ClarityVersion::Clarity2, free);
    let analysed = analysed.map_err(|verdict| match verdict {
        Verdict::Refuse(refusal) => refusal,
        Verdict::Abort(message) => Refusal::Rejected(Rejection::Unrunnable { message }),
    })?;
    let mut database = view.database(state);
    database.begin();
    let mut ran = analysed.publish(chain_id, database, tracker, None)?;
    ran.answer?;
    ran.database.commit()?;
    drop(ran.database);
    state.take_fault().map_or(Ok(()), |failure| Err(Refusal::Failed(failure)))
}

/// Whether the name is free. `with_database` is used so that a failing file is not taken for "free".
pub(super) fn is_published(
    state: &mut State<'_>,
    view: &View<'_>,
    contract: &QualifiedContractIdentifier,
) -> Result<bool, Refusal> {
    with_database(state, view, |database| Ok(database.has_contract(contract)))
}

impl From<CheckErrors> for Refusal {
    fn from(error: CheckErrors) -> Self {
        match judge_check(&error) {
            Verdict::Refuse(refusal) => refusal,
            Verdict::Abort(message) => Self::Rejected(Rejection::Unrunnable { message }),
        }
    }
}

impl From<LedgerFailure> for Refusal {
    fn from(failure: LedgerFailure) -> Self {
        Self::Failed(failure)
    }
}
