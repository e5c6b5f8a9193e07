//! Lists by index alone: which transactions and events a page has, and nothing of what they hold.
//!
//! Skipping rows here reads index entries and no transaction, so a page far from the start costs no memory. Whoever shows
//! a page reads its transactions one by one ([`transaction_at`](super::transaction_at)).

use rusqlite::{Connection, OptionalExtension as _, Params, params};

use super::queries::next_sequence;
use super::sums::BLOCKS;
use crate::chain::error::LedgerFailure;
use crate::chain::identifiers::{ContractId, Principal};
use crate::chain::query_results::EventPlace;
use crate::chain::units::{BurnHeight, Sequence, UnixTime};

type Found<T> = Result<T, LedgerFailure>;

/// The index is ordered by sequence within one status.
const FAILED: &str = "SELECT sequence FROM
        (SELECT sequence FROM transactions WHERE contract = ?1 AND status = 1 AND sequence < ?2
         ORDER BY sequence DESC LIMIT ?3)
    UNION ALL
    SELECT sequence FROM
        (SELECT sequence FROM transactions WHERE contract = ?1 AND status = 2 AND sequence < ?2
         ORDER BY sequence DESC LIMIT ?3)
    ORDER BY sequence DESC LIMIT ?3";
const EVENTS_BEFORE: &str = "SELECT sequence, position FROM events
    WHERE contract = ? AND (sequence, position) < (?, ?)
    ORDER BY sequence DESC, position DESC LIMIT ? OFFSET ?";
const OF_ADDRESS: &str = "SELECT sequence FROM participants WHERE address = ? AND sequence < ?
    ORDER BY sequence DESC LIMIT ? OFFSET ?";

/// The newest transactions of a principal before a sequence, newest first, without the first `skip` of them.
pub(crate) fn sequences_of_address(
    connection: &Connection,
    address: &Principal,
    before: Sequence,
    skip: u32,
    limit: u32,
) -> Found<Vec<Sequence>> {
    sequences(connection, OF_ADDRESS, params![address.to_string(), bound(before), limit, skip])
}

/// How many transactions of a principal there are before a sequence, counted up to `most`.
pub(crate) fn count_of_address(
    connection: &Connection,
    address: &Principal,
    before: Sequence,
    most: u32,
) -> Found<u32> {
    let sql = "SELECT count(*) FROM
                   (SELECT 1 FROM participants WHERE address = ? AND sequence < ? LIMIT ?)";
    let found = params![address.to_string(), bound(before), most];
    Ok(connection.prepare_cached(sql)?.query_row(found, |row| row.get(0))?)
}

/// The newest calls and deployments of a contract before a sequence that did not succeed, newest first.
pub(crate) fn failed_sequences(
    connection: &Connection,
    contract: &ContractId,
    before: Sequence,
    limit: u32,
) -> Found<Vec<Sequence>> {
    sequences(connection, FAILED, params![contract.to_string(), bound(before), limit])
}

/// The newest events of a contract before a place, newest first, without the first `skip` of them.
pub(crate) fn events_before(
    connection: &Connection,
    contract: &ContractId,
    before: EventPlace,
    skip: u32,
    limit: u32,
) -> Found<Vec<EventPlace>> {
    let EventPlace { sequence, position } = before;
    let found = params![contract.to_string(), bound(sequence), position, limit, skip];
    places(connection, EVENTS_BEFORE, found)
}

/// The events of a contract in the blocks of a burn height, oldest first, after a place.
pub(crate) fn events_at(
    connection: &Connection,
    contract: &ContractId,
    height: BurnHeight,
    after: Option<EventPlace>,
    limit: u32,
) -> Found<Vec<EventPlace>> {
    let start = first_sequence_from(connection, height)?;
    let end = first_sequence_from(connection, BurnHeight::new(height.get().saturating_add(1)))?;
    events_between(connection, contract, (start, end), after, limit)
}

/// The events of a contract in the transactions from one up to, and without, another, oldest first, after a place.
pub(crate) fn events_between(
    connection: &Connection,
    contract: &ContractId,
    (start, end): (Sequence, Sequence),
    after: Option<EventPlace>,
    limit: u32,
) -> Found<Vec<EventPlace>> {
    let after = after.filter(|after| after.sequence >= start);
    let (sequence, position) = match after {
        Some(after) => (after.sequence, i64::from(after.position)),
        None => (start, -1),
    };
    let sql = "SELECT sequence, position FROM events
               WHERE contract = ? AND (sequence, position) > (?, ?) AND sequence < ?
               ORDER BY sequence, position LIMIT ?";
    let found = params![contract.to_string(), bound(sequence), position, bound(end), limit];
    places(connection, sql, found)
}

/// When the first block of this burn height or a later one was made.
pub(crate) fn burn_block_time(connection: &Connection, height: BurnHeight) -> Found<UnixTime> {
    let first = first_height_from(connection, height)?;
    let sql = format!("SELECT {} FROM blocks WHERE height = ?", BLOCKS.columns);
    let time = connection.prepare_cached(&sql)?.query_row([first], |row| {
        BLOCKS.check(row, 0)?;
        row.get(4)
    })?;
    Ok(UnixTime::new(time))
}

/// The first block of this burn height or a later one; if there is none, the next block. Burn heights never fall along
/// the chain, so it is found by halving.
fn first_height_from(connection: &Connection, height: BurnHeight) -> Found<u32> {
    let sql = format!("SELECT {} FROM blocks WHERE height = ?", BLOCKS.columns);
    let mut burn_height_at = connection.prepare_cached(&sql)?;
    let newest: Option<u32> = connection
        .prepare_cached("SELECT max(height) FROM blocks")?
        .query_row([], |row| row.get(0))?;
    let (mut low, mut high) = (0, newest.map_or(0, |newest| newest.saturating_add(1)));
    while low < high {
        let middle = low + (high - low) / 2;
        let found: u32 = burn_height_at.query_row([middle], |row| {
            BLOCKS.check(row, 0)?;
            row.get(5)
        })?;
        if found < height.get() { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

/// The first transaction in a block of this burn height or a later one; if there is none, the next transaction.
fn first_sequence_from(connection: &Connection, height: BurnHeight) -> Found<Sequence> {
    let low = first_height_from(connection, height)?;
    let first: Option<u64> = connection
        .prepare_cached(
            "SELECT sequence FROM transactions WHERE height >= ? ORDER BY height, position LIMIT 1",
        )?
        .query_row([low], |row| row.get(0))
        .optional()?;
    Ok(Sequence::new(match first {
        Some(first) => first,
        None => next_sequence(connection)?,
    }))
}

/// SQLite has signed numbers.
fn bound(sequence: Sequence) -> i64 {
    i64::try_from(sequence.get()).unwrap_or(i64::MAX)
}

fn sequences(connection: &Connection, sql: &str, found: impl Params) -> Found<Vec<Sequence>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(found, |row| row.get(0).map(Sequence::new))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn places(connection: &Connection, sql: &str, found: impl Params) -> Found<Vec<EventPlace>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(found, |row| {
        Ok(EventPlace { sequence: Sequence::new(row.get(0)?), position: row.get(1)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chain::store::schema::{CREATE, CREATE_LISTS};

    /// What SQLite does for a query.
    fn plan(sql: &str, parameters: usize) -> String {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(CREATE).unwrap();
        connection.execute_batch(CREATE_LISTS).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let zeros = vec![0; parameters];
        let rows =
            statement.query_map(rusqlite::params_from_iter(zeros), |row| row.get::<_, String>(3));
        rows.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn lists_are_found_by_index_alone() {
        // What is sorted is two lists that are a page long.
        let failed = plan(FAILED, 3);
        let by_index = "SEARCH transactions USING COVERING INDEX transactions_by_contract";
        assert_eq!(failed.matches(by_index).count(), 2, "{failed}");
        assert!(!failed.contains("SCAN transactions"), "{failed}");
        for (sql, parameters) in [(EVENTS_BEFORE, 5), (OF_ADDRESS, 4)] {
            let plan = plan(sql, parameters);
            assert!(plan.contains("USING PRIMARY KEY") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
