//! Compares the state of a ledger with that of its chain executed again, row by row.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::FsckError;
use crate::chain::json_depth::is_shallow;
use crate::chain::replay::Difference;

/// Key under which the VM stores its parsed form of a contract; see [`same_contract`].
const PARSED_CONTRACT: &[u8] = b"vm-metadata::9::contract";

/// A table of what follows from executing a chain.
pub(super) struct Table {
    name: &'static str,
    /// Columns that identify a row, and by which rows are sorted.
    keys: usize,
    /// All columns but the sum.
    columns: &'static str,
}

pub(super) const STATE: Table = Table { name: "state", keys: 1, columns: "key, value" };
pub(super) const METADATA: Table =
    Table { name: "contract_metadata", keys: 2, columns: "contract, key, value" };

impl Table {
    fn is_parsed_contract(&self, row: &Row<'_>) -> rusqlite::Result<bool> {
        Ok(self.name == METADATA.name && row.get_ref(1)? == ValueRef::Text(PARSED_CONTRACT))
    }

    fn differs(&self, row: &Row<'_>) -> Result<FsckError, FsckError> {
        let keys = (0..self.keys).map(|key| row.get_ref(key).map(text));
        let row = keys.collect::<rusqlite::Result<Vec<_>>>()?.join(", ");
        Ok(Difference::Row { table: self.name, row }.into())
    }
}

/// A key, as text.
fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Blob(bytes) => format!("0x{}", hex::encode(bytes)),
        other => format!("{other:?}"),
    }
}

/// Compares a table of `stored` with the same of `fresh`. Each row of `fresh` has its sum; one of `stored` may be from
/// before there were any.
pub(super) fn compare(
    stored: &Connection,
    fresh: &Connection,
    table: &Table,
    has_sums: bool,
) -> Result<(), FsckError> {
    let Table { name, columns, .. } = table;
    let order = columns.split(", ").take(table.keys).collect::<Vec<_>>().join(", ");
    let sum = if has_sums { "sum" } else { "NULL" };
    let sql = |sum| format!("SELECT {columns}, {sum} FROM main.{name} ORDER BY {order}");
    let (mut left, mut right) = (stored.prepare(&sql(sum))?, fresh.prepare(&sql("sum"))?);
    let width = left.column_count() - 1;
    let (mut left, mut right) = (left.query([])?, right.query([])?);
    loop {
        match (left.next()?, right.next()?) {
            (None, None) => return Ok(()),
            (Some(one), Some(other)) => {
                let same = |column| Ok(one.get_ref(column)? == other.get_ref(column)?);
                let columns: rusqlite::Result<Vec<bool>> = (0..width).map(same).collect();
                let is_same = columns?.into_iter().all(|same| same);
                let is_parsed = table.is_parsed_contract(one)?;
                let agrees = match is_same {
                    // Its sum depends on the order in which the VM wrote its sets.
                    true if is_parsed => true,
                    true => one.get_ref(width)? == ValueRef::Null || same(width)?,
                    false => is_parsed && same(0)? && same(1)? && same_contract(one, other)?,
                };
                if !agrees {
                    return Err(table.differs(one)?);
                }
            }
            (Some(row), None) | (None, Some(row)) => return Err(table.differs(row)?),
        }
    }
}

/// Whether two rows contain the same contract in the VM's parsed form. That form is JSON in which the VM
/// writes sets in no fixed order, so the texts of equal contracts can differ.
fn same_contract(one: &Row<'_>, other: &Row<'_>) -> rusqlite::Result<bool> {
    Ok(match (one.get_ref(2)?, other.get_ref(2)?) {
        (ValueRef::Text(one), ValueRef::Text(other)) => {
            matches!((ordered(one), ordered(other)), (Some(one), Some(other)) if one == other)
        }
        _ => false,
    })
}

/// Parses the JSON and sorts the VM's sets in it. JSON that is nested deeper than any contract is none.
fn ordered(text: &[u8]) -> Option<serde_json::Value> {
    use serde::Deserialize as _;
    let text = std::str::from_utf8(text).ok()?;
    if !is_shallow(text) {
        return None;
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    // This thread's stack is large enough for what is shallow.
    reader.disable_recursion_limit();
    let mut json = serde_json::Value::deserialize(&mut reader).ok()?;
    let context = json.get_mut("contract_context")?.as_object_mut()?;
    for name in ["persisted_names", "implemented_traits"] {
        if let Some(set) = context.get_mut(name).and_then(serde_json::Value::as_array_mut) {
            set.sort_by_key(ToString::to_string);
        }
    }
    Some(json)
}
