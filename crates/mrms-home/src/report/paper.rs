//! A report on paper: a table that can be read, and what it rests on.

use mrms_pdf::{Block, Column, Document, Paper, Table};

use super::{About, DisclosureReport, DisclosureRow, EventRow, Extent, LogRow, Missing, Rows};

pub(super) fn document(report: &DisclosureReport, paper: Paper) -> Document {
    let title = match report.about.extent {
        Extent::Statutory => "Accounting of disclosures",
        Extent::Full => "Every access and every change",
    };
    let mut blocks = vec![Block::Title(title.to_owned()), Block::Paragraph(about(report))];
    match &report.rows {
        Rows::Disclosures(rows) if rows.is_empty() => blocks
            .push(Block::Paragraph("Nobody else opened these records in this time.".to_owned())),
        Rows::Events(rows) if rows.is_empty() => {
            blocks.push(Block::Paragraph("Nothing happened in this time.".to_owned()));
        }
        Rows::Disclosures(rows) => blocks.push(Block::Table(disclosures(rows))),
        Rows::Events(rows) => blocks.push(Block::Table(events(rows))),
    }
    blocks.push(Block::Heading("What this report lacks".to_owned()));
    blocks.extend(missing(&report.missing).into_iter().map(Block::Paragraph));
    blocks.push(Block::Paragraph(
        "A character that these pages cannot draw stands as a box. The CSV and NDJSON files have it.".to_owned(),
    ));
    blocks.push(Block::Heading("What it rests on".to_owned()));
    blocks.push(Block::Paragraph(format!(
        "Every entry of these logs was checked against the head that the contract {} keeps. A head commits to all entries \
         before it. mrms evidence makes a file from which anybody can check one of these lines.",
        report.about.contract
    )));
    blocks.push(Block::Table(logs(&report.logs)));
    Document {
        title: title.to_owned(),
        language: "en".to_owned(),
        foot: format!("{title}, made {} with mrms report", minute(&report.about.made)),
        paper,
        blocks,
    }
}

/// A time to the minute, in UTC: `2026-05-04 08:30`.
fn minute(rfc3339: &str) -> String {
    rfc3339.get(..16).map_or_else(|| rfc3339.to_owned(), |text| text.replace('T', " "))
}

fn time(text: Option<&String>) -> String {
    text.map_or_else(|| "not known".to_owned(), |text| minute(text))
}

fn about(report: &DisclosureReport) -> String {
    let About { patient, patient_name, from, made, .. } = &report.about;
    let who = match patient_name {
        Some(name) => format!("{name}, account {patient}"),
        None => format!("account {patient}"),
    };
    let from = from.as_deref().map_or_else(|| "the first entry".to_owned(), minute);
    let openings = match report.openings {
        1 => "1 opening".to_owned(),
        count => format!("{count} openings"),
    };
    let lines = match report.len() {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    };
    format!(
        "Records of: {who}\nFrom {from} to {}. Times are UTC. {openings} by others than the patient, in {lines}.",
        minute(made),
    )
}

/// What the report lacks, a sentence each.
pub(super) fn missing(missing: &Missing) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |count: u64, one: &str, more: &str| match count {
        0 => {}
        1 => lines.push(format!("1 {one}")),
        _ => lines.push(format!("{count} {more}")),
    };
    say(
        missing.without_name as u64,
        "recipient is none of the patient's people: the account alone is known.",
        "recipients are none of the patient's people: their accounts alone are known.",
    );
    say(
        missing.without_address as u64,
        "recipient has told no postal address.",
        "recipients have told no postal address.",
    );
    say(
        missing.without_purpose,
        "opening came without a purpose.",
        "openings came without a purpose.",
    );
    say(
        missing.keys_on_chain,
        "key lies on the chain. What was opened with it, and when, is not recorded.",
        "keys lie on the chain. What was opened with them, and when, is not recorded.",
    );
    if !missing.vaults_not_asked.is_empty() {
        lines.push(format!(
            "Not asked, so that purposes and reasons may be missing: {}.",
            missing.vaults_not_asked.join(", ")
        ));
    }
    lines.extend(
        missing.differences.iter().map(|one| format!("A vault's log does not fit: {one}.")),
    );
    if lines.is_empty() {
        lines.push("Nothing.".to_owned());
    }
    lines
}

fn columns(columns: &[(&str, u16)]) -> Vec<Column> {
    let column =
        |(heading, width): &(&str, u16)| Column { heading: (*heading).to_owned(), width: *width };
    columns.iter().map(column).collect()
}

fn disclosures(rows: &[DisclosureRow]) -> Table {
    let row = |row: &DisclosureRow| {
        let when = match row.times {
            1 => time(row.first.as_ref()),
            times => format!(
                "{times} times: first {}, last {}",
                time(row.first.as_ref()),
                time(row.last.as_ref())
            ),
        };
        let who = [row.recipient.as_ref(), row.organisation.as_ref(), row.address.as_ref()];
        let who: Vec<&str> = who.into_iter().flatten().map(String::as_str).collect();
        let who = if who.is_empty() { "not known".to_owned() } else { who.join(", ") };
        let versions: Vec<_> = row.versions.iter().map(ToString::to_string).collect();
        let versions = versions.join(", ");
        let what = format!("#{} {}, version {versions}", row.record, row.description);
        let how = match row.means {
            "opened" => "opened",
            "opened-in-emergency" => "opened in an emergency",
            _ => "key on the chain",
        };
        let what_for = match (row.purpose_words, &row.reason) {
            (_, Some(reason)) => format!("emergency: “{reason}”"),
            (Some(words), None) => words.to_owned(),
            (None, None) => "not told".to_owned(),
        };
        let proof = match row.times {
            1 => format!("entry {}", row.first_entry),
            _ => format!("entries {} to {}", row.first_entry, row.last_entry),
        };
        let proof = match &row.first_txid {
            Some(txid) => format!("{proof}, transaction {txid}"),
            None => proof,
        };
        let account = match &row.organisation_account {
            Some(organisation) => format!("{}\nfor {organisation}", row.account),
            None => row.account.clone(),
        };
        vec![when, format!("{who}\n{account}"), what, format!("{how}; {what_for}"), proof]
    };
    let heads = [
        ("When", 14),
        ("Who received it", 29),
        ("What", 21),
        ("How and what for", 16),
        ("Proof", 20),
    ];
    Table { columns: columns(&heads), rows: rows.iter().map(row).collect() }
}

fn events(rows: &[EventRow]) -> Table {
    let row = |row: &EventRow| {
        let name = row.actor.as_deref().unwrap_or("not known");
        let organisation = row.organisation.as_ref().map(|name| format!(", {name}"));
        let mut who = format!("{name}{}\n{}", organisation.unwrap_or_default(), row.account);
        if let Some(organisation) = &row.organisation_account {
            who.push_str(&format!("\nfor {organisation}"));
        }
        let mut what = row.action.clone();
        let subject = row.subject_account.as_ref().filter(|_| row.organisation_account.is_none());
        if let Some(account) = subject {
            what.push_str(&format!(
                " to {}\n{account}",
                row.subject.as_deref().unwrap_or("not known")
            ));
        }
        if let Some(rights) = &row.rights {
            what.push_str(&format!("\n{rights}"));
        }
        if row.outcome == "denied" {
            let why = row.refused.as_deref().unwrap_or("refused");
            what.push_str(&format!("\nDENIED: {why}"));
        }
        let version = row.version.map(|version| format!(", version {version}"));
        let record = format!("#{} {}{}", row.record, row.description, version.unwrap_or_default());
        let what_for = match (row.purpose, &row.reason) {
            (_, Some(reason)) => format!("emergency: “{reason}”"),
            (Some(purpose), None) => purpose.to_owned(),
            (None, None) => String::new(),
        };
        let entry =
            row.entry.map_or_else(|| "no entry".to_owned(), |entry| format!("entry {entry}"));
        let txid = row.txid.as_ref().map(|txid| format!(", transaction {txid}"));
        let proof = format!("{entry}{}", txid.unwrap_or_default());
        vec![time(row.time.as_ref()), who, what, record, what_for, proof]
    };
    let heads =
        [("When", 10), ("Who", 24), ("What", 24), ("Record", 15), ("What for", 9), ("Proof", 18)];
    Table { columns: columns(&heads), rows: rows.iter().map(row).collect() }
}

fn logs(rows: &[LogRow]) -> Table {
    let row = |row: &LogRow| {
        let what = format!("#{} {}", row.record, row.description);
        vec![what, row.record_id.clone(), row.entries.to_string(), row.head.clone()]
    };
    let heads = [("Record", 18), ("Id", 19), ("Entries", 5), ("Head", 34)];
    Table { columns: columns(&heads), rows: rows.iter().map(row).collect() }
}
