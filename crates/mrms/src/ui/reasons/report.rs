//! What to do when a report can't be made.

use mrms_app::audit::disclosures::AccountingError;
use mrms_home::report::ReportError;

use crate::ui::failure::{Exit, Failure, chain};

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Accounting(AccountingError::Trail(error)) => error.into(),
            ReportError::Accounting(AccountingError::Reconcile(error)) => error.into(),
            ReportError::Accounting(AccountingError::Ask(error)) => error.into(),
            ReportError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "report", chain(&other)),
        }
    }
}
