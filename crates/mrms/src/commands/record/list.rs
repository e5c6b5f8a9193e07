//! `mrms list`: lists your records, or those that others shared with you.

use clap::Args;
use mrms_app::records::documents::{Documents, OwnWords};
use mrms_app::records::index::Depth;
use mrms_app::records::list::OwnRecord;
use mrms_app::sharing::delegates::Delegate;
use mrms_app::sharing::readers::Reader;
use mrms_core::{BurnClock, Powers, Principal, visible};
use mrms_home::Names;
use mrms_home::clock::rng;
use mrms_people::Sought;
use mrms_people::name::likeness;

use super::erase::unerased;
use crate::commands::joining::earlier_records;
use crate::commands::record::list_shared::{self, SharedArgs};
use crate::commands::sharing::catch_up;
use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::columns::{self, SCREEN, cut, pad, width};
use crate::ui::failure::Failure;
use crate::ui::naming::{RecordNames, in_column, title};
use crate::ui::output::Output;
use crate::ui::results::record::{Listed, ListedReader};
use crate::ui::someone::{Someone, names_or_accounts};
use crate::ui::{news, short_times, times};

#[derive(Debug, Args)]
#[command(
    after_help = "Every command takes a record by the number in this list, by a range of numbers \
    such as 7-9, by its label, or by its id. Numbers stay. Names are encrypted: mrms key unlock shows \
    them without asking for the passphrase each time.\n\n\
    Examples:\n  \
    mrms list\n  \
    mrms list 'blood test'"
)]
pub(crate) struct ListArgs {
    /// List those alone that have each word of this text in their label, number, dates, author or kind, or
    /// in the name of somebody who can open them or once could; with --shared-with-me, in the patient's name.
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// List what others shared with you and you can open now. Without it: your own records.
    #[arg(long, group = "others")]
    shared_with_me: bool,
    /// List what was granted to an organisation that you are a member of: its name or principal. mrms access
    /// takes these numbers with the same --organisation.
    #[arg(long, value_name = "NAME", group = "others")]
    organisation: Option<Someone>,
    #[command(flatten)]
    shared: SharedArgs,
}

pub(crate) fn run(args: &ListArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let me = Principal::from(settings.home.account()?);
    if args.shared_with_me || args.organisation.is_some() {
        let text = args.text.as_deref();
        let of = args.organisation.as_ref();
        return list_shared::run(&args.shared, text, (&me, of), settings, output);
    }
    let actor = settings.home.unlock_quietly()?;
    let home = settings.home.open()?;
    let session = home.session();
    let acting = Acting::of(settings, &session, actor.as_ref(), None, output)?;
    let me = acting.patient.clone();
    let clock = session.ledger.tip()?.clock();
    // The index is of the profile's own records.
    let mut index = session.record_index(actor.as_ref().filter(|_| !acting.is_other()));
    let numbered = index.numbered(&session, &me)?;
    if index.is_renumbered() {
        output.note(
            "CAUTION: the ledger numbers your records otherwise than it did before. Blocks were dropped and made anew, or it lies; the numbers below count from now on",
        );
        index.accept_numbers();
    }
    let is_told = !output.is_json() && !acting.is_other();
    let earlier = earlier_records(settings).filter(|_| is_told);
    if let Some(earlier) = earlier {
        output.note(&earlier);
    }
    let names = names_or_accounts(&[], actor.as_ref(), settings, output)?;
    if !acting.is_other() {
        news::tell_for_me(&session, actor.as_ref(), &names, output);
    }
    if numbered.is_empty() && !output.is_json() {
        return output.text(&match session.handed_over(&me)? {
            // Since when and to whom, the notice at the beginning says.
            Some(_) => "no records of yours any more: they were handed over".to_owned(),
            None => format!("no records yet: {} create FILE puts one on record", acting.program()),
        });
    }
    let record_names = acting.record_names(&session, actor.as_ref(), &numbered)?;
    let documents = match actor.as_ref().filter(|_| !acting.is_other()) {
        Some(actor) => session.document_words(actor),
        None => Documents::default(),
    };
    let erased = session.erased_records()?;
    let unerased = unerased(&session, output)?;
    if !acting.is_other() {
        news::tell(&session, actor.as_ref(), &numbered, output);
        catch_up::run_with(&session, actor.as_ref(), &numbered, &names, output);
    }
    let mut records = index.own_records(&session, &me, numbered, Depth::Readers)?;
    index.keep(&session, actor.as_ref().filter(|_| !acting.is_other()), &mut rng());
    if !acting.is_other() {
        news::tell_let_in(&session, actor.as_ref(), &records, &names, output);
    }
    if let Some(text) = &args.text {
        let sought = Sought::of(text);
        records.retain(|record| {
            let said = said(record, &record_names, &documents, clock);
            *text == record.id.to_string() || is_found(&sought, record, &said, &names)
        });
        if records.is_empty() && !output.is_json() {
            output.text(&format!("no record of yours has each word of {text:?} in its label, number, dates, author or kind, or in the name of somebody who could open it"))?;
        }
    }
    let mut seeing = session.live_delegates(&me)?;
    seeing.retain(|one| one.delegation.powers.include(Powers::SEE));
    let screen = Screen::for_numbers_up_to(records.iter().map(|one| one.number).max());
    if !records.is_empty() && !output.is_json() {
        output.text(&screen.line("#", "on record", "name", "who can open it"))?;
    }
    for record in &records {
        let is_erased = erased.contains(&record.id);
        let name = record_names.name(record.id);
        let words = documents.of(record.id, record.record.version).filter(|_| !is_erased);
        let created = record.created.map(|height| clock.time_of(height));
        let shown_name = match (name, is_erased, actor.is_some()) {
            (_, true, _) => "(erased)".to_owned(),
            (Some(name), false, _) => title(name).into_owned(),
            (None, false, true) => "(no name)".to_owned(),
            (None, false, false) => "(locked)".to_owned(),
        };
        let versions = match record.record.version.number() {
            1 => String::new(),
            many => format!(" (v{many})"),
        };
        let people = match is_erased {
            true if unerased.contains(&record.id) => {
                format!("NOT WHOLLY ERASED: repeat mrms erase {}", record.number)
            }
            true => "ERASED: what the vaults kept is deleted".to_owned(),
            false => people(&screen, record, &seeing, &names, clock, args.text.as_deref()),
        };
        let mut text = screen.line(
            &record.number.to_string(),
            &created.map(short_times::day).unwrap_or_default(),
            &screen.name(&shown_name, &versions),
            &people,
        );
        if settings.details {
            text.push_str(&format!(
                "\n{:>5}id {}, version {}, {} log entries",
                "", record.id, record.record.version, record.record.audit_count
            ));
            if let Some(said) = own_words(words) {
                text.push_str(&format!("\n{:>5}{said}", ""));
            }
        }
        output.result(
            &Listed {
                record_id: record.id,
                number: record.number,
                version: record.record.version,
                created: created.map(times::rfc3339),
                name,
                media_type: record_names.label(record.id).map(|label| label.media_type.as_str()),
                document_date: words.and_then(|words| words.date.as_deref()),
                document_author: words.and_then(|words| words.author.as_deref()),
                readers: record.live_readers().count(),
                shared_with: readers(record.live_readers(), &names, clock),
                ended: readers(record.ended_readers(), &names, clock),
                audit_entries: record.record.audit_count,
                erased: is_erased,
                erasure_unfinished: unerased.contains(&record.id),
                emergencies: record.emergencies.iter().map(|(user, _)| user).collect(),
            },
            &text,
        )?;
        for (user, opening) in record.emergencies.iter().filter(|_| !output.is_json()) {
            let when = short_times::near_time(clock.time_of(opening.opened_at), clock.now);
            output.text(&format!(
                "     REVIEW: {} declared an emergency, about {when}\n             {} who {} shows the reason",
                screen.fit(&in_column(&names, user), 24),
                acting.program(),
                record.number,
            ))?;
        }
    }
    if actor.is_none() && !output.is_json() {
        output.note("names are encrypted: mrms key unlock shows them for a while");
    }
    Ok(())
}

/// What the document says of itself, as far as it was read: `dated 4 May 2026, by Lab North`.
fn own_words(words: Option<&OwnWords>) -> Option<String> {
    let OwnWords { date, author, .. } = words?;
    let dated = date.as_deref().map(|date| format!("dated {}", short_times::day_of(date)));
    let by = author.as_deref().map(|author| format!("by {}", visible::line(author)));
    let said: Vec<_> = [dated, by].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// The columns of the list.
struct Screen {
    number: usize,
    name: usize,
    /// Whether what is wider than its column is cut.
    is_cut: bool,
}

impl Screen {
    const DAY: usize = 11;
    /// Room for a short principal, a day, and how many more there are.
    const PEOPLE: usize = 34;

    fn for_numbers_up_to(largest: Option<u64>) -> Self {
        let number = largest.unwrap_or_default().to_string().len().max(3);
        let room = columns::room();
        let rest = room.unwrap_or(SCREEN) - number - Self::DAY - 6;
        Self { number, name: rest - Self::PEOPLE, is_cut: room.is_some() }
    }

    fn line(&self, number: &str, day: &str, name: &str, people: &str) -> String {
        let line = format!(
            "{number:>width$}  {day:<day_width$}  {}  {}",
            self.filled(name),
            self.fit(people, Self::PEOPLE),
            width = self.number,
            day_width = Self::DAY,
        );
        line.trim_end().to_owned()
    }

    /// A name with what must stay to be seen behind it.
    fn name(&self, name: &str, behind: &str) -> String {
        format!("{}{behind}", self.fit(name, self.name.saturating_sub(behind.len())))
    }

    /// The text in its column, as far as columns are kept.
    fn fit(&self, text: &str, columns: usize) -> String {
        if self.is_cut { cut(text, columns) } else { text.to_owned() }
    }

    fn filled(&self, name: &str) -> String {
        if self.is_cut || width(name) < self.name { pad(name, self.name) } else { name.to_owned() }
    }
}

/// Who can open a record now, in one column; whoever was looked for by name, also where their access has ended.
fn people(
    screen: &Screen,
    record: &OwnRecord,
    seeing: &[Delegate],
    names: &Names,
    clock: BurnClock,
    wanted: Option<&str>,
) -> String {
    if let Some(wanted) = wanted
        && !record.live_readers().any(|reader| is_called(&reader.user, wanted, names))
        && let Some(ended) =
            record.ended_readers().find(|reader| is_called(&reader.user, wanted, names))
    {
        let end = format!(" {}", short_times::ended(ended.expired(), clock));
        let room = Screen::PEOPLE.saturating_sub(end.len());
        return format!("{}{end}", screen.fit(&in_column(names, &ended.user), room));
    }
    let mut live = record.live_readers();
    let Some(first) = live.next() else {
        let Some(one) = seeing.first() else { return "nobody else".to_owned() };
        // Whoever acts for the patient sees every record.
        let more = match seeing.len() {
            1 => String::new(),
            all => format!("; {} more", all - 1),
        };
        let room = Screen::PEOPLE.saturating_sub(" (delegate)".len() + more.len());
        return format!("{} (delegate){more}", cut(&in_column(names, &one.user), room));
    };
    let end = short_times::until(first.until(clock.height), clock);
    let is_reader = |user: &Principal| record.live_readers().any(|reader| reader.user == *user);
    let more = match live.count() + seeing.iter().filter(|one| !is_reader(&one.user)).count() {
        0 => String::new(),
        more => format!("; {more} more"),
    };
    // Who it is is cut before until when, and how many more there are.
    let room = Screen::PEOPLE.saturating_sub(end.len() + more.len() + 1).max(8);
    format!("{} {end}{more}", screen.fit(&in_column(names, &first.user), room))
}

/// Whether a text is part of what this person calls somebody.
fn is_called(user: &Principal, text: &str, names: &Names) -> bool {
    names.name_of(user).is_some_and(|name| likeness(name).contains(&likeness(text)))
}

fn readers<'r>(
    readers: impl Iterator<Item = &'r Reader>,
    names: &'r Names,
    clock: BurnClock,
) -> Vec<ListedReader<'r>> {
    let reader = |reader: &'r Reader| {
        let expiry = reader.until(clock.height);
        ListedReader {
            user: &reader.user,
            user_name: names.name_of(&reader.user),
            rights: reader.now.as_ref().ok().map(|(rights, _)| *rights),
            expiry,
            expires_at: times::expires_at(expiry, clock),
            all_records: reader.is_by_standing(clock.height),
        }
    };
    readers.map(reader).collect()
}

/// What a record is called, of which kind it is, and what its document says of itself: as a search compares it.
fn said(
    record: &OwnRecord,
    record_names: &RecordNames,
    documents: &Documents,
    clock: BurnClock,
) -> Vec<String> {
    let label = record_names.label(record.id);
    let words = documents.of(record.id, record.record.version);
    let created = record.created.map(|height| clock.time_of(height));
    let dates = [
        created.map(times::rfc3339),
        created.map(short_times::day),
        words.and_then(|words| words.date.clone()),
        words.and_then(|words| words.date.as_deref().map(short_times::day_of)),
    ];
    let own = [
        record_names.name(record.id),
        label.map(|label| label.media_type.as_str()),
        words.and_then(|words| words.author.as_deref()),
    ];
    let dates = dates.iter().flatten().map(String::as_str);
    dates.chain(own.into_iter().flatten()).map(likeness).collect()
}

/// Whether a record has each word in what is said of it, as its number, or in the name of somebody who can open it or could.
fn is_found(sought: &Sought, record: &OwnRecord, said: &[String], names: &Names) -> bool {
    let called = record.readers.iter().filter_map(|reader| names.name_of(&reader.user));
    let called: Vec<String> = called.map(likeness).collect();
    sought.finds(record.number, |word| said.iter().chain(&called).any(|one| one.contains(word)))
}
