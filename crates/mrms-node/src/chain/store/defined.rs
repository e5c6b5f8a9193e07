//! What a database file defines: its tables, indexes, triggers and views, each with the text that made it.

use rusqlite::Connection;

/// The first thing that one of two files defines and the other does not, by its kind and name.
pub(crate) fn first_other(
    expected: &Connection,
    found: &Connection,
) -> rusqlite::Result<Option<String>> {
    let (expected, found) = (objects(expected)?, objects(found)?);
    let only_in = |these: &'_ [SchemaObject], others: &[SchemaObject]| {
        let first = these.iter().find(|one| !others.contains(one));
        first.map(|SchemaObject { kind, name, .. }| format!("{kind} {name}"))
    };
    Ok(only_in(&found, &expected).or_else(|| only_in(&expected, &found)))
}

/// A row of SQLite's own table of everything that a file defines.
#[derive(PartialEq, Eq)]
struct SchemaObject {
    kind: String,
    name: String,
    table: String,
    /// None for the index of a key, which SQLite makes by itself.
    sql: Option<String>,
}

fn objects(connection: &Connection) -> rusqlite::Result<Vec<SchemaObject>> {
    let sql =
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY sql IS NULL, type, name";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(SchemaObject {
            kind: row.get(0)?,
            name: row.get(1)?,
            table: row.get(2)?,
            sql: row.get(3)?,
        })
    })?;
    rows.collect()
}
