//! Several records and people in one command: what was typed, what failed, and how the command ends.

use mrms_core::{Principal, RecordId};

use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::progress::{self, Count};
use crate::ui::record_ref::RecordRef;
use crate::ui::results::sharing::NotDone;
use crate::ui::someone::Someone;

/// Failures after which nothing else can be done either.
pub(crate) const ENDS_ALL: [&str; 5] =
    ["disk-full", "home-busy", "ledger-unreachable", "ledger-storage", "not-enough-vaults"];

/// The records and people that were typed. Without people of their own (`flag`) the last word names the person.
pub(super) fn records_and_people(
    records: &[String],
    people: &[Someone],
    flag: &str,
) -> Result<(Vec<RecordRef>, Vec<Someone>), Failure> {
    let (records, people) = match (people, records.split_last()) {
        ([], Some((last, records))) if !records.is_empty() => {
            let Ok(last) = last.parse::<Someone>();
            (records, vec![last])
        }
        ([], _) => {
            return Err(Failure::usage("nobody is named")
                .hint(format!("name the person with {flag}, or after the record")));
        }
        (people, _) => (records, people.to_vec()),
    };
    let records = records.iter().map(|text| {
        let Ok(record) = text.parse::<RecordRef>();
        record
    });
    Ok((records.collect(), people))
}

/// What became of each record and person.
pub(super) struct Tally {
    all: usize,
    failed: Vec<Failure>,
    tried: usize,
    /// Whether going on makes no sense.
    stopped: bool,
    bar: Count,
    output: Output,
}

impl Tally {
    pub(super) fn new(all: usize, what: &'static str, output: Output) -> Self {
        let bar = progress::count(all, what);
        Self { all, failed: Vec::new(), tried: 0, stopped: false, bar, output }
    }

    pub(super) const fn failures(&self) -> usize {
        self.failed.len()
    }

    pub(super) const fn has_stopped(&self) -> bool {
        self.stopped
    }

    /// Notes how one ended. A failure is told, and stops none of the others; the only one there is ends the command.
    pub(super) fn ended(
        &mut self,
        id: RecordId,
        user: &Principal,
        ended: Result<(), Failure>,
        told: &str,
    ) -> Result<(), Failure> {
        self.tried += 1;
        self.bar.add(1);
        match ended {
            Err(failure) if self.all == 1 => Err(failure),
            Err(failure) => self.failed(id, user, failure, told),
            Ok(()) => Ok(()),
        }
    }

    /// Notes how one ended of which others are told as well, whatever they were planned as.
    pub(super) fn one_of_several(
        &mut self,
        id: RecordId,
        user: &Principal,
        ended: Result<(), Failure>,
        told: &str,
    ) -> Result<(), Failure> {
        self.tried += 1;
        self.bar.add(1);
        ended.or_else(|failure| self.failed(id, user, failure, told))
    }

    /// Notes that none of these could be done for a person.
    pub(super) fn none_of(
        &mut self,
        ids: &[RecordId],
        user: &Principal,
        failure: Failure,
    ) -> Result<(), Failure> {
        if self.all == ids.len() {
            return Err(failure);
        }
        self.tried += ids.len();
        self.bar.add(ids.len());
        match ids.first() {
            Some(first) => self.failed(*first, user, failure, &format!("{user}: all of them")),
            None => Ok(()),
        }
    }

    fn failed(
        &mut self,
        id: RecordId,
        user: &Principal,
        failure: Failure,
        told: &str,
    ) -> Result<(), Failure> {
        let hint =
            failure.hint.as_ref().map_or_else(String::new, |hint| format!("\n  hint: {hint}"));
        self.output.result(
            &NotDone {
                record_id: id,
                user,
                done: false,
                code: failure.code,
                message: &failure.message,
                hint: failure.hint.as_deref(),
            },
            &format!("NOT DONE: {told}: {}{hint}", failure.message),
        )?;
        self.stopped |= ENDS_ALL.contains(&failure.code);
        self.failed.push(failure);
        Ok(())
    }

    /// How the command ends: with the exit code of the worst failure in place of `exit`.
    pub(super) fn end(self, exit: Exit, code: &'static str, what: &str) -> Result<(), Failure> {
        self.bar.clear();
        let exits = self.failed.iter().map(|failure| failure.exit);
        let Some(worst) = exits.max_by_key(|exit| exit.severity()) else { return Ok(()) };
        let left = match self.all.saturating_sub(self.tried) {
            0 => String::new(),
            left => format!(", and {left} were not tried"),
        };
        let message = format!("{} of {} {what}{left}", self.failed.len(), self.all);
        let failure = Failure::new(exit, code, message)
            .hint("follow the hint beside each, and repeat the command: what is done stays");
        Err(Failure { exit: worst, ..failure })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str], people: &[&str]) -> Result<(usize, usize), Failure> {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        let people: Vec<Someone> = people.iter().map(|one| one.parse().unwrap()).collect();
        let (records, people) = records_and_people(&words, &people, "--to")?;
        Ok((records.len(), people.len()))
    }

    #[test]
    fn last_word_is_the_person_where_no_flag_names_one() {
        assert_eq!(typed(&["5", "Clinic B"], &[]).unwrap(), (1, 1));
        assert_eq!(typed(&["5", "7-9", "Clinic B"], &[]).unwrap(), (2, 1));
        assert_eq!(typed(&["5", "7-9"], &["Clinic A", "Clinic B"]).unwrap(), (2, 2));
        let refused = typed(&["5"], &[]).unwrap_err();
        assert!(refused.hint.unwrap().contains("--to"));
    }

    #[test]
    fn command_ends_with_the_exit_code_of_the_worst() {
        let user: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let end = |exits: &[Exit]| {
            let mut tally = Tally::new(exits.len() + 1, "granting", Output::new(true));
            crate::ui::output::hold_back();
            let ok = tally.ended(RecordId::new(0), &user, Ok(()), "");
            assert!(ok.is_ok());
            for exit in exits {
                let failure = Failure::new(*exit, "any", "failed");
                tally.ended(RecordId::new(1), &user, Err(failure), "").unwrap();
            }
            tally
                .end(Exit::Failed, "grant-incomplete", "were not made")
                .map_err(|failure| failure.exit)
        };
        assert!(end(&[]).is_ok());
        assert_eq!(end(&[Exit::Usage, Exit::NotFound, Exit::Failed]), Err(Exit::NotFound));
        assert_eq!(end(&[Exit::NotAllowed, Exit::Integrity]), Err(Exit::Integrity));
    }
}
