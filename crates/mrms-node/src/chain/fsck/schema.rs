//! Compares what a file defines with what this program's files define, before anything is read from its tables: so nothing
//! is executed that somebody planted there.

use rusqlite::Connection;

use super::FsckError;
use crate::chain::replay::Difference;
use crate::chain::store::{self, ANCESTRY, TABLES};

/// Compares everything that the file defines: tables, indexes, triggers and views, each with the text that made
/// it, and the numbers by which a file says what it is.
pub(crate) fn check_schema(stored: &Connection) -> Result<(), FsckError> {
    // A file of an older format says so by its number, and defines what that format has.
    let format = store::format_of(stored)?;
    let format = if (1..store::FORMAT).contains(&format) { format } else { store::FORMAT };
    let expected = store::schema_of(format)?;
    for field in ["user_version", "application_id"] {
        let number = |connection: &Connection| {
            connection.pragma_query_value(None, field, |row| row.get::<_, i64>(0))
        };
        let (expected, found) = (number(&expected)?, number(stored)?);
        if expected != found {
            return Err(Difference::FileNumber { field, expected, found }.into());
        }
    }
    match store::first_other(&expected, stored)? {
        Some(object) => Err(Difference::Schema { object }.into()),
        None => Ok(()),
    }
}

/// Lets SQLite compare the structure of each table and its indexes, each in a snapshot of its own.
pub(crate) fn check_structure(stored: &Connection) -> Result<(), FsckError> {
    let has_ancestry = store::has_ancestry(stored)?;
    for table in TABLES.into_iter().filter(|table| has_ancestry || *table != ANCESTRY) {
        let sql = format!("PRAGMA main.integrity_check({table})");
        let message: String = stored.query_row(&sql, [], |row| row.get(0))?;
        if message != "ok" {
            return Err(Difference::File { message }.into());
        }
    }
    Ok(())
}
