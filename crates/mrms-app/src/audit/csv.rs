//! The audit log for spreadsheets: comma-separated values (RFC 4180, with LF at the end of a line).
//!
//! Leaves out `detail` and `head`, which are needed to check a log offline: the export as JSON has
//! them. A spreadsheet shows a cell on a screen, so a cell has no character that acts on one.

use csv::{Terminator, WriterBuilder};
use mrms_core::{Purpose, visible};

use super::trail::{ActionOutcome, TrailLine};

/// The names of the columns, as a line.
#[must_use]
pub fn heading() -> Vec<u8> {
    line([
        "record_id",
        "index",
        "action",
        "actor",
        "subject",
        "version",
        "expiry",
        "burn_height",
        "time",
        "txid",
        "outcome",
        "reason",
        "rights",
        "purpose",
    ])
}

/// A line of the log, in the order of the [`heading`], and what it was for. What is not known is empty.
#[must_use]
pub fn row(entry: &TrailLine, purpose: Option<Purpose>) -> Vec<u8> {
    fn cell(value: Option<&impl ToString>) -> String {
        value.map_or_else(String::new, ToString::to_string)
    }
    let TrailLine {
        record_id,
        index,
        action,
        actor,
        subject,
        version,
        expiry,
        burn_height,
        time,
        txid,
        outcome,
        reason,
        detail: _,
        head: _,
    } = entry;
    let outcome = match outcome {
        ActionOutcome::Ok => "ok",
        ActionOutcome::Denied => "denied",
    };
    line([
        record_id.to_string(),
        cell(index.as_ref()),
        action.clone(),
        actor.to_string(),
        cell(subject.as_ref()),
        cell(version.as_ref()),
        cell(expiry.as_ref()),
        burn_height.to_string(),
        cell(time.as_ref()),
        cell(txid.as_ref()),
        outcome.to_owned(),
        cell(reason.as_ref()),
        cell(entry.rights().as_ref()),
        cell(purpose.as_ref()),
    ])
}

fn line<T: AsRef<str>>(cells: [T; 14]) -> Vec<u8> {
    let mut writer =
        WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    // Writing to a Vec never fails.
    let cells = cells.iter().map(|cell| visible::line(cell.as_ref()).into_owned());
    let written = writer.write_record(cells);
    written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use mrms_core::{BurnHeight, RecordId, TxId};

    use super::*;

    fn denied(reason: &str) -> TrailLine {
        TrailLine {
            record_id: RecordId::new(7),
            index: None,
            action: "access".to_owned(),
            actor: "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG".parse().unwrap(),
            subject: None,
            version: None,
            expiry: None,
            burn_height: BurnHeight::new(900_001),
            time: Some("2026-05-04T08:30:00Z".to_owned()),
            txid: Some(TxId::from_bytes([0xab; 32])),
            outcome: ActionOutcome::Denied,
            reason: Some(reason.to_owned()),
            detail: None,
            head: None,
        }
    }

    #[test]
    fn what_would_break_a_line_is_quoted() {
        let row = String::from_utf8(row(&denied("a \"word\", and more"), None)).unwrap();
        assert!(row.ends_with(",denied,\"a \"\"word\"\", and more\",,\n"), "{row}");
    }

    #[test]
    fn what_acts_on_a_screen_is_written_out() {
        let row = String::from_utf8(row(&denied("no\x1b[2K\nok\u{202e}"), None)).unwrap();
        assert!(row.ends_with(",denied,no\\u{1b}[2K\\nok\\u{202e},,\n"), "{row}");
        assert_eq!(row.lines().count(), 1, "a row is one line");
    }

    #[test]
    fn a_row_has_a_cell_for_each_column_and_no_quotes_where_none_are_needed() {
        let heading = String::from_utf8(heading()).unwrap();
        assert_eq!(
            heading,
            "record_id,index,action,actor,subject,version,expiry,burn_height,time,txid,outcome,reason,rights,purpose\n"
        );
        let txid = "ab".repeat(32);
        let row = String::from_utf8(row(&denied("no-access"), Some(Purpose::Treatment))).unwrap();
        assert_eq!(
            row,
            format!(
                "7,,access,ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG,,,,900001,2026-05-04T08:30:00Z,0x{txid},denied,no-access,,TREAT\n"
            )
        );
    }
}
