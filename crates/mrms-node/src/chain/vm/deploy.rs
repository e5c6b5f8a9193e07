//! Publishes a contract: parses it, analyses it, runs its definitions, stores the analysis.

use clarity::vm::ClarityVersion;
use clarity::vm::Value;
use clarity::vm::analysis::{AnalysisDatabase, ContractAnalysis, run_analysis};
use clarity::vm::ast::{ASTRules, ContractAST, build_ast_with_rules};
use clarity::vm::costs::LimitedCostTracker;
use clarity::vm::database::{ClarityDatabase, ClaritySerializable as _};
use clarity::vm::errors::CheckErrors;
use clarity::vm::types::{PrincipalData, QualifiedContractIdentifier};

use super::call::{RunResult, in_environment};
use super::limits::Cancellation;
use super::machine::with_database;
use super::outcome::{ErrorClass, RunOutput, classify_check};
use super::watch::{Hook, Watch};
use super::{EPOCH, RunError, State, View};
use crate::chain::error::{LedgerFailure, Rejection};
use crate::chain::wire::ClarityVersionByte;

/// An analysed contract that can be published.
pub(super) struct Analysed<'a> {
    contract: &'a QualifiedContractIdentifier,
    source: &'a str,
    version: ClarityVersion,
    syntax: ContractAST,
    analysis: ContractAnalysis,
}

/// The Clarity version that this VM runs when a deploy asks for `version`.
pub(super) fn runnable(version: Option<ClarityVersionByte>) -> ClarityVersion {
    match version.map(ClarityVersionByte::get) {
        Some(1) => ClarityVersion::Clarity1,
        _ => ClarityVersion::Clarity2,
    }
}

/// Parses and analyses a contract. Returns the tracker in either case; on failure also what the failure
/// means.
pub(super) fn analyse<'a>(
    state: &mut State<'_>,
    contract: &'a QualifiedContractIdentifier,
    source: &'a str,
    version: ClarityVersion,
    mut tracker: LimitedCostTracker,
) -> (LimitedCostTracker, Result<Analysed<'a>, ErrorClass>) {
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
            let class = match &error.err {
                ParseErrors::CostOverflow
                | ParseErrors::CostBalanceExceeded(..)
                | ParseErrors::MemoryBalanceExceeded(..) => {
                    let beyond = Rejection::ExceedsBlockLimit { cost: None };
                    ErrorClass::Refuse(RunError::Rejected(beyond))
                }
                _ if error.rejectable() => {
                    ErrorClass::Refuse(RunError::Rejected(Rejection::Unrunnable {
                        message: error.to_string(),
                    }))
                }
                _ => ErrorClass::Abort(located(&error.to_string(), &error.diagnostic)),
            };
            return (tracker, Err(class));
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
            let class = match classify_check(&error.err) {
                ErrorClass::Abort(message) => {
                    ErrorClass::Abort(located(&message, &error.diagnostic))
                }
                error => error,
            };
            (tracker, Err(class))
        }
    }
}

/// Adds line and column to a message.
fn located(message: &str, diagnostic: &clarity::vm::diagnostic::Diagnostic) -> String {
    match diagnostic.spans.first() {
        Some(span) if span.start_line > 0 => {
            format!("{message} (line {}, column {})", span.start_line, span.start_column)
        }
        _ => message.to_owned(),
    }
}

impl Analysed<'_> {
    /// Runs the definitions. The contract stays in the database's open layer.
    pub(super) fn publish<'d>(
        mut self,
        chain_id: u32,
        database: ClarityDatabase<'d>,
        tracker: LimitedCostTracker,
        hook: &'d mut Hook<'_>,
        sponsor: Option<PrincipalData>,
    ) -> Result<RunResult<'d>, RunError> {
        let mut ran = in_environment(chain_id, database, tracker, hook, |environment| {
            let ((), assets, events) = environment.initialize_contract_from_ast(
                self.contract.clone(),
                self.version,
                &mut self.syntax,
                &self.analysis,
                self.source,
                sponsor,
            )?;
            Ok(RunOutput { value: Value::okay_true(), assets, events })
        })?;
        if ran.output.is_ok() {
            ran.database.set_metadata(
                self.contract,
                AnalysisDatabase::storage_key(),
                &self.analysis.serialize(),
            )?;
        }
        Ok(ran)
    }
}

/// Publishes a boot contract, without a fee.
pub(super) fn publish_boot(
    state: &mut State<'_>,
    view: &View<'_>,
    chain_id: u32,
    contract: &QualifiedContractIdentifier,
    source: &str,
) -> Result<(), RunError> {
    let free = LimitedCostTracker::new_free();
    let (tracker, analysed) = analyse(state, contract, source, ClarityVersion::Clarity2, free);
    let analysed = analysed.map_err(|class| match class {
        ErrorClass::Refuse(error) => error,
        ErrorClass::Abort(message) => RunError::Rejected(Rejection::Unrunnable { message }),
    })?;
    let cancellation = Cancellation::default();
    let watch = Watch::begin(&cancellation);
    let mut hook = Hook(&watch);
    let mut database = view.database(state);
    database.begin();
    let mut ran = analysed.publish(chain_id, database, tracker, &mut hook, None)?;
    ran.output?;
    ran.database.commit()?;
    drop(ran.database);
    state.take_failure().map_or(Ok(()), |failure| Err(RunError::Failed(failure)))
}

/// Whether a contract of that name exists. Uses `with_database`, so that a failing file does not read as
/// "no".
pub(super) fn is_published(
    state: &mut State<'_>,
    view: &View<'_>,
    contract: &QualifiedContractIdentifier,
) -> Result<bool, RunError> {
    with_database(state, view, |database| Ok(database.has_contract(contract)))
}

impl From<CheckErrors> for RunError {
    fn from(error: CheckErrors) -> Self {
        match classify_check(&error) {
            ErrorClass::Refuse(error) => error,
            ErrorClass::Abort(message) => Self::Rejected(Rejection::Unrunnable { message }),
        }
    }
}

impl From<LedgerFailure> for RunError {
    fn from(failure: LedgerFailure) -> Self {
        Self::Failed(failure)
    }
}
