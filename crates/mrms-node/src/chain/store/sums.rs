//! Check sums of rows: whoever reads a row notices that the disk gave back something else than was written.
//!
//! A row has a CRC-32 over the name of its table and all its columns, in its last column `sum`; one from before format 3
//! has none. The sum shows faults of disks and memory, and no forgery: that `fsck` finds. Where a page lies in the place of another,
//! SQLite can find a row that is sound under a key that nobody asked for, so whoever looks for a key compares it. Nor does it show a row that is
//! missing, or a whole page as it was before: for that each block has the total of the sums of the state after it, which
//! the scrub compares.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

/// A row that has not its sum.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct WrongSum {
    /// What is wrong, for people.
    pub(crate) what: &'static str,
}

/// A table whose rows have sums.
pub(crate) struct Summed {
    name: &'static str,
    /// All its columns in their order, the sum last. A query that checks rows selects them in this order.
    pub(crate) columns: &'static str,
    /// SQL that writes a row in this order; where the table is the state, also over a row with the same key.
    pub(crate) write: &'static str,
    /// How many columns there are before the sum.
    width: usize,
    wrong: &'static str,
}

pub(crate) const BLOCKS: Summed = Summed {
    name: "blocks",
    columns: "height, hash, header, signature, time, burn_height, state_total, sum",
    write: "INSERT INTO blocks (height, hash, header, signature, time, burn_height, state_total, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    width: 7,
    wrong: "a block does not have its check sum",
};
pub(crate) const OPERATIONS: Summed = Summed {
    name: "operations",
    columns: "height, position, operation, sum",
    write: "INSERT INTO operations (height, position, operation, sum) VALUES (?, ?, ?, ?)",
    width: 3,
    wrong: "an operation does not have its check sum",
};
pub(crate) const TRANSACTIONS: Summed = Summed {
    name: "transactions",
    columns: "sequence, txid, height, position, raw, receipt, status, contract, note, sum",
    write: "INSERT INTO transactions (sequence, txid, height, position, raw, receipt, status, contract, note, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    width: 9,
    wrong: "a transaction does not have its check sum",
};
pub(crate) const CONTRACTS: Summed = Summed {
    name: "contracts",
    columns: "contract, txid, height, clarity_version, sum",
    write: "INSERT INTO contracts (contract, txid, height, clarity_version, sum) VALUES (?, ?, ?, ?, ?)",
    width: 4,
    wrong: "the record of a contract does not have its check sum",
};
pub(crate) const METADATA: Summed = Summed {
    name: "contract_metadata",
    columns: "contract, key, value, sum",
    write: "INSERT INTO contract_metadata (contract, key, value, sum) VALUES (?, ?, ?, ?)
        ON CONFLICT (contract, key) DO UPDATE SET value = excluded.value, sum = excluded.sum",
    width: 3,
    wrong: "a part of a contract does not have its check sum",
};
pub(crate) const STATE: Summed = Summed {
    name: "state",
    columns: "key, value, sum",
    write: "INSERT INTO state (key, value, sum) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum",
    width: 2,
    wrong: "a value of the state does not have its check sum",
};

/// Every table whose rows have sums.
const ALL: [&Summed; 6] = [&BLOCKS, &OPERATIONS, &TRANSACTIONS, &CONTRACTS, &METADATA, &STATE];

/// Lets a file read as if no row had a sum: a file from before there were any, or one whose rows are compared with what
/// they must be, which says more than that a sum is wrong. `main.` before a table's name gives its rows as they are.
pub(super) fn leave_out(connection: &Connection, has_sums: bool) -> rusqlite::Result<()> {
    for Summed { name, columns, .. } in ALL {
        let columns = columns.trim_end_matches("sum");
        let columns = match has_sums {
            true => columns.to_owned(),
            false => columns.replace("state_total", "NULL AS state_total"),
        };
        connection.execute_batch(&format!(
            "CREATE TEMP VIEW {name} AS SELECT {columns} NULL AS sum FROM main.{name}"
        ))?;
    }
    Ok(())
}

impl Summed {
    /// The sum of a row: all its columns but the sum, in order.
    pub(crate) fn sum(&self, row: &[ValueRef<'_>]) -> i64 {
        let mut sum = self.begin();
        row.iter().for_each(|value| add(&mut sum, *value));
        end(sum)
    }

    fn begin(&self) -> crc32fast::Hasher {
        let mut sum = crc32fast::Hasher::new();
        sum.update(self.name.as_bytes());
        sum
    }

    /// Checks a row whose columns begin at `first` in what a query selected. Returns its sum; none for a row from before
    /// there were sums.
    ///
    /// # Errors
    /// One with a [`WrongSum`] in it, which [`crate::chain::LedgerFailure`] tells from others.
    pub(crate) fn check(&self, row: &Row<'_>, first: usize) -> rusqlite::Result<Option<i64>> {
        let mut sum = self.begin();
        for column in first..first + self.width {
            add(&mut sum, row.get_ref(column)?);
        }
        match row.get_ref(first + self.width)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(stored) if stored == end(sum) => Ok(Some(stored)),
            other => {
                let wrong = Box::new(WrongSum { what: self.wrong });
                Err(rusqlite::Error::FromSqlConversionFailure(first, other.data_type(), wrong))
            }
        }
    }
}

/// Checks that the columns from `first` on are the key that was asked for.
///
/// # Errors
/// One with a [`WrongSum`] in it.
pub(crate) fn must_be_under(
    row: &Row<'_>,
    first: usize,
    key: &[ValueRef<'_>],
) -> rusqlite::Result<()> {
    for (column, wanted) in (first..).zip(key) {
        let found = row.get_ref(column)?;
        if found != *wanted {
            let wrong = Box::new(WrongSum { what: "a row is in the place of another" });
            let kind = found.data_type();
            return Err(rusqlite::Error::FromSqlConversionFailure(column, kind, wrong));
        }
    }
    Ok(())
}

/// Each value after its kind and, where it has one, its length: so no two rows give the same bytes.
fn add(sum: &mut crc32fast::Hasher, value: ValueRef<'_>) {
    let (kind, bytes) = match value {
        ValueRef::Null => return sum.update(&[0]),
        ValueRef::Integer(number) => {
            sum.update(&[1]);
            return sum.update(&number.to_le_bytes());
        }
        ValueRef::Real(number) => {
            sum.update(&[2]);
            return sum.update(&number.to_le_bytes());
        }
        ValueRef::Text(text) => (3, text),
        ValueRef::Blob(bytes) => (4, bytes),
    };
    sum.update(&[kind]);
    sum.update(&(bytes.len() as u64).to_le_bytes());
    sum.update(bytes);
}

/// As SQLite stores it in four bytes.
fn end(sum: crc32fast::Hasher) -> i64 {
    i64::from(sum.finalize() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files that exist have these sums: they never change.
    #[test]
    fn sums_are_those_of_files_that_exist() {
        let row = [ValueRef::Text(b"key"), ValueRef::Blob(&[1, 2, 3])];
        assert_eq!(STATE.sum(&row), SUM_OF_ROW);
        let others = [
            [ValueRef::Text(b"key"), ValueRef::Text(&[1, 2, 3])],
            [ValueRef::Text(b"kez"), ValueRef::Blob(&[1, 2, 3])],
            [ValueRef::Text(b"key\x01"), ValueRef::Blob(&[2, 3])],
            [ValueRef::Text(b"key"), ValueRef::Null],
        ];
        for other in others {
            assert_ne!(STATE.sum(&other), SUM_OF_ROW, "{other:?}");
        }
        assert_ne!(METADATA.sum(&row), SUM_OF_ROW);
    }

    #[test]
    fn row_under_another_key_is_not_taken() {
        let connection = Connection::open_in_memory().unwrap();
        let look = |sql: &str, key: &[ValueRef<'_>]| {
            connection.query_row(sql, [], |row| must_be_under(row, 1, key)).map_err(|_| ())
        };
        let (contract, key) = (ValueRef::Text(b"notes"), ValueRef::Text(b"27"));
        assert_eq!(look("SELECT 0, 'notes', '27'", &[contract, key]), Ok(()));
        for other in
            ["SELECT 0, 'notes', '34'", "SELECT 0, 'other', '27'", "SELECT 0, 'notes', NULL"]
        {
            assert_eq!(look(other, &[contract, key]), Err(()), "{other}");
        }
    }

    const SUM_OF_ROW: i64 = -1_753_164_836;
}
