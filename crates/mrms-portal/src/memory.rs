//! What a session keeps in memory while its profile is open: what was read for the present state of the ledger, and what
//! the person chose for this visit. It goes when the profile is locked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mrms_app::audit::for_me::ForMe;
use mrms_core::{Principal, Purpose, RecordId, UnixTime};
use mrms_home::ProfileName;
use zeroize::Zeroizing;

use crate::acting::Acting;
use crate::alarms::Alarms;
use crate::asked::AskedWhatFor;
use crate::documents::Read;
use crate::health::{FRESH, Health};
use crate::importing::{Importing, Preview};
use crate::looks::Looks;
use crate::named::Named;
use crate::notes::Notes;
use crate::overview::{Overview, State};
use crate::staged::Staged;
use crate::words::Language;

/// After this time the vaults are asked again what a patient calls themselves.
const NAME_AGAIN: Duration = Duration::from_secs(120);
/// How many accounts are asked about within [`A_PAGE`] whether they are somebody's earlier or new ones.
const LINES_AT_ONCE: usize = 32;
/// How many names are asked for within [`A_PAGE`].
const NAMES_AT_ONCE: usize = 8;
/// The time within which a person waits for one page.
const A_PAGE: Duration = Duration::from_secs(10);

/// The words of a child's profile that was just made, until the person has them on paper.
#[derive(Clone)]
pub(crate) struct WardWords {
    pub(crate) name: ProfileName,
    pub(crate) grows_up: UnixTime,
    pub(crate) phrase: Zeroizing<String>,
}

/// The accounts of one patient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// The account that has everything now, where this is an earlier one.
    pub(crate) latest: Option<Principal>,
    /// Those before this one, the first of the line first.
    pub(crate) formers: Vec<Principal>,
}

/// For whom a session acted until somebody else ended that.
#[derive(Clone, Debug)]
pub(crate) struct Acted {
    pub(crate) who: Named,
    /// The account under which they go on, where the person acts for that.
    pub(crate) to: Option<Principal>,
    /// The files that were to be sent, and were not.
    pub(crate) unsent: Vec<String>,
}

/// What a session keeps.
#[derive(Default)]
pub(crate) struct Memory {
    overview: Mutex<Option<(State, Arc<Overview>)>>,
    looks: Mutex<Option<(State, Arc<Looks>)>>,
    /// What was erased, and how long the list of receipts was that says so.
    erased: Mutex<Option<(u64, BTreeSet<RecordId>)>>,
    for_me: Mutex<Option<(State, Arc<ForMe>)>>,
    /// The organisations that name the person as a member.
    naming: Mutex<Option<(State, Arc<BTreeSet<Principal>>)>>,
    /// What the documents say of themselves.
    documents: Mutex<Read>,
    purpose: Mutex<Option<Purpose>>,
    /// About which records the vaults were asked what openings were for, and are being asked.
    asked_what_for: Mutex<AskedWhatFor>,
    /// How many records are on the machine's own ledger alone.
    left_there: Mutex<Option<usize>>,
    /// Whether accounts without a name have published a key.
    keys: Mutex<BTreeMap<Principal, bool>>,
    /// Of accounts without a name: whose earlier or new account each is, and when that was asked.
    lines: Mutex<BTreeMap<Principal, (Instant, Line)>>,
    /// The language of the latest page.
    language: Mutex<Option<Language>>,
    /// For whom the person acts, if for somebody else.
    acting: Mutex<Option<Acting>>,
    /// For whom the person acted, where that was ended by somebody else, until they act for somebody anew.
    acted: Mutex<Option<Acted>>,
    /// What is wrong with the person's account as a whole.
    alarms: Mutex<Alarms>,
    /// What the person calls themselves.
    own_name: Mutex<Option<String>>,
    /// What became of waiting actions, and was not read yet.
    notes: Mutex<Notes>,
    /// When the vaults were asked what a patient calls themselves.
    names_asked: Mutex<BTreeMap<Principal, Instant>>,
    /// The card of somebody whom a page asks about, until it is kept.
    considered: Mutex<Option<(Principal, String)>>,
    /// The words of a child whose profile was made here, until they are noted.
    ward_words: Mutex<Option<WardWords>>,
    /// Files of the profile's memory that can't be read.
    damaged: Mutex<Vec<String>>,
    /// How far an import is.
    importing: Mutex<Option<Importing>>,
    /// Held by the page that tries to publish the person's key.
    publishing: Mutex<()>,
    /// What was found, and when it was last begun to look.
    health: Mutex<(Option<Instant>, Health)>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory(..)")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The value of this state, made from the one before where it is another.
fn kept<T, E>(
    place: &Mutex<Option<(State, Arc<T>)>>,
    state: State,
    make: impl FnOnce(Option<Arc<T>>) -> Result<T, E>,
) -> Result<Arc<T>, E> {
    // Held while it is made: two pages that are asked for at once read it once.
    let mut place = lock(place);
    let before = match place.take() {
        Some((known, value)) if known == state => {
            let found = Arc::clone(&value);
            *place = Some((known, value));
            return Ok(found);
        }
        other => other.map(|(_, value)| value),
    };
    let value = Arc::new(make(before)?);
    *place = Some((state, Arc::clone(&value)));
    Ok(value)
}

impl Memory {
    /// The overview of this state of the ledger and the profile.
    pub(crate) fn overview<E>(
        &self,
        state: State,
        make: impl FnOnce(Option<Arc<Overview>>) -> Result<Overview, E>,
    ) -> Result<Arc<Overview>, E> {
        kept(&self.overview, state, make)
    }

    /// Whether an account has published a key. A key stays; that there is none is asked again once the lists change.
    pub(crate) fn has_key<E>(
        &self,
        account: &Principal,
        ask: impl FnOnce() -> Result<bool, E>,
    ) -> Result<bool, E> {
        if let Some(has) = lock(&self.keys).get(account) {
            return Ok(*has);
        }
        let has = ask()?;
        lock(&self.keys).insert(account.clone(), has);
        Ok(has)
    }

    /// Whose earlier or new account this is. Few are asked about at once; that somebody handed over stays, and that they did not
    /// is asked again after a while.
    pub(crate) fn line_of(
        &self,
        account: &Principal,
        now: Instant,
        ask: impl FnOnce() -> Option<Line>,
    ) -> Line {
        let mut lines = lock(&self.lines);
        let just_now = lines.values().filter(|(at, _)| now.duration_since(*at) < A_PAGE).count();
        match lines.get(account) {
            Some((at, line))
                if *line != Line::default() || now.duration_since(*at) < NAME_AGAIN =>
            {
                return line.clone();
            }
            _ if just_now >= LINES_AT_ONCE => return Line::default(),
            _ => {}
        }
        drop(lines);
        let line = ask().unwrap_or_default();
        lines = lock(&self.lines);
        lines.insert(account.clone(), (now, line.clone()));
        line
    }

    /// Whether the vaults are to be asked now what this patient calls themselves. Anybody can name the person their delegate,
    /// so that few are asked at once, and nobody again at once.
    pub(crate) fn asks_name_of(&self, patient: &Principal, now: Instant) -> bool {
        let mut asked = lock(&self.names_asked);
        asked.retain(|_, at| now.duration_since(*at) < NAME_AGAIN);
        let just_now = asked.values().filter(|at| now.duration_since(**at) < A_PAGE).count();
        let asks = just_now < NAMES_AT_ONCE && !asked.contains_key(patient);
        if asks {
            asked.insert(patient.clone(), now);
        }
        asks
    }

    /// Lists are read anew: whoever had no key may have one now.
    pub(crate) fn forget_missing_keys(&self) {
        lock(&self.keys).retain(|_, has| *has);
    }

    /// What others did that concerns the person, in this state.
    pub(crate) fn for_me<E>(
        &self,
        state: State,
        make: impl FnOnce(Option<Arc<ForMe>>) -> Result<ForMe, E>,
    ) -> Result<Arc<ForMe>, E> {
        kept(&self.for_me, state, make)
    }

    /// The organisations that name the person.
    pub(crate) fn naming<E>(
        &self,
        state: State,
        make: impl FnOnce() -> Result<BTreeSet<Principal>, E>,
    ) -> Result<Arc<BTreeSet<Principal>>, E> {
        kept(&self.naming, state, |_| make())
    }

    /// It was read.
    pub(crate) fn forget_news(&self) {
        lock(&self.for_me).take();
    }

    /// Whether overview and looks were read before, and nobody is reading them now.
    pub(crate) fn is_ready(&self) -> bool {
        let is_there = |found: Result<bool, ()>| found.unwrap_or(false);
        is_there(self.overview.try_lock().map(|kept| kept.is_some()).map_err(drop))
            && is_there(self.looks.try_lock().map(|kept| kept.is_some()).map_err(drop))
    }

    /// What was erased; read again when a receipt came.
    pub(crate) fn erased<E>(
        &self,
        length: u64,
        read: impl FnOnce() -> Result<BTreeSet<RecordId>, E>,
    ) -> Result<BTreeSet<RecordId>, E> {
        let mut kept = lock(&self.erased);
        if let Some((known, erased)) = &*kept
            && *known == length
        {
            return Ok(erased.clone());
        }
        let erased = read()?;
        *kept = Some((length, erased.clone()));
        Ok(erased)
    }

    /// Who looked, in this state.
    pub(crate) fn looks<E>(
        &self,
        state: State,
        make: impl FnOnce(Option<Arc<Looks>>) -> Result<Looks, E>,
    ) -> Result<Arc<Looks>, E> {
        kept(&self.looks, state, make)
    }

    /// Puts others in the place of what was read of who looked, in the same state.
    pub(crate) fn change_looks(&self, change: impl FnOnce(&Looks) -> Looks) {
        if let Some((_, looks)) = lock(&self.looks).as_mut() {
            *looks = Arc::new(change(looks));
        }
    }

    /// How many records are on the machine's own ledger alone: counted once.
    pub(crate) fn left_there(&self, count: impl FnOnce() -> usize) -> usize {
        *lock(&self.left_there).get_or_insert_with(count)
    }

    /// Some were brought along.
    pub(crate) fn forget_left_there(&self) {
        lock(&self.left_there).take();
    }

    /// What was read of the documents.
    pub(crate) fn read_documents<T>(&self, change: impl FnOnce(&mut Read) -> T) -> T {
        change(&mut lock(&self.documents))
    }

    /// Changes which vaults were asked what openings were for.
    pub(crate) fn asked_what_for<T>(&self, change: impl FnOnce(&mut AskedWhatFor) -> T) -> T {
        change(&mut lock(&self.asked_what_for))
    }

    /// Tries to publish the person's key, unless another page does it just now.
    pub(crate) fn publishes_alone<T>(&self, publish: impl FnOnce() -> T) -> Option<T> {
        let held = self.publishing.try_lock().ok()?;
        let done = publish();
        drop(held);
        Some(done)
    }

    /// What was found last of ledger and vaults, and whether it is time to look again: one page then looks, beside its
    /// answer.
    pub(crate) fn health(&self) -> (Health, bool) {
        let mut kept = lock(&self.health);
        let is_due = kept.0.is_none_or(|begun| begun.elapsed() >= FRESH);
        if is_due {
            kept.0 = Some(Instant::now());
        }
        (kept.1.clone(), is_due)
    }

    /// Keeps what was found.
    pub(crate) fn found_health(&self, health: Health) {
        lock(&self.health).1 = health;
    }

    /// What became of waiting actions, and was not read yet.
    pub(crate) fn notes(&self) -> Notes {
        lock(&self.notes).clone()
    }

    /// Changes that.
    pub(crate) fn change_notes(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut lock(&self.notes));
    }

    /// What a record of the person's is called, as far as the lists that were read last tell.
    pub(crate) fn known_name(&self, id: RecordId) -> Option<String> {
        let kept = self.overview.try_lock().ok()?;
        Some(kept.as_ref()?.1.name(id)?.to_owned())
    }

    /// What is wrong with the person's account as a whole, as of the last look.
    pub(crate) fn alarms(&self) -> Alarms {
        lock(&self.alarms).clone()
    }

    /// Keeps it.
    pub(crate) fn alarms_are(&self, alarms: Alarms) {
        *lock(&self.alarms) = alarms;
    }

    /// What the person calls themselves, as their card says, or as they said when they shared something.
    pub(crate) fn own_name(&self) -> Option<String> {
        lock(&self.own_name).clone()
    }

    /// Keeps it.
    pub(crate) fn is_called(&self, name: Option<String>) {
        *lock(&self.own_name) = name;
    }

    /// What records of others are opened for, as the person chose for this visit.
    pub(crate) fn purpose(&self) -> Option<Purpose> {
        *lock(&self.purpose)
    }

    /// How far an import is, if one was begun.
    pub(crate) fn importing(&self) -> Option<Importing> {
        lock(&self.importing).clone()
    }

    /// Goes on with it so, or leaves it.
    pub(crate) fn import(&self, importing: Option<Importing>) {
        *lock(&self.importing) = importing;
    }

    /// Where the files of an import are kept; begun where none is under way. What was found before is looked for again.
    pub(crate) fn staged(
        &self,
        begin: impl FnOnce() -> io::Result<Staged>,
    ) -> io::Result<Arc<Staged>> {
        let mut kept = lock(&self.importing);
        let staged = match kept.take() {
            Some(Importing::Chosen(staged, _)) => staged,
            _ => Arc::new(begin()?),
        };
        *kept = Some(Importing::Chosen(Arc::clone(&staged), None));
        Ok(staged)
    }

    /// What would become of these files and what the person wants of it, unless others came since.
    pub(crate) fn preview(&self, looked_at: &Arc<Staged>, preview: Preview) {
        if let Some(Importing::Chosen(staged, place)) = &mut *lock(&self.importing)
            && Arc::ptr_eq(staged, looked_at)
            && staged.count() == preview.found.files
        {
            *place = Some(preview);
        }
    }

    /// The words of a child's profile, until they are noted.
    pub(crate) fn ward_words(&self) -> Option<WardWords> {
        lock(&self.ward_words).clone()
    }

    /// Keeps them, or forgets them.
    pub(crate) fn keep_ward_words(&self, words: Option<WardWords>) {
        *lock(&self.ward_words) = words;
    }

    /// The files of the profile's memory that could not be read when the home was opened last.
    pub(crate) fn damaged(&self) -> Vec<String> {
        lock(&self.damaged).clone()
    }

    /// Keeps which they are.
    pub(crate) fn are_damaged(&self, files: Vec<String>) {
        *lock(&self.damaged) = files;
    }

    /// The person reads pages in this language.
    pub(crate) fn reads_in(&self, language: Language) {
        *lock(&self.language) = Some(language);
    }

    /// The language of the latest page.
    pub(crate) fn language(&self) -> Language {
        lock(&self.language).unwrap_or(Language::English)
    }

    /// For whom the person acts, if for somebody else.
    pub(crate) fn acting(&self) -> Option<Acting> {
        lock(&self.acting).clone()
    }

    /// Somebody is asked about by this card, which is not kept; or nobody is.
    pub(crate) fn consider(&self, card: Option<(Principal, String)>) {
        *lock(&self.considered) = card;
    }

    /// The card of somebody who is asked about.
    pub(crate) fn considered(&self, who: &str) -> Option<String> {
        let considered = lock(&self.considered);
        considered.as_ref().filter(|(of, _)| of.to_string() == who).map(|(_, card)| card.clone())
    }

    /// Acts for somebody from now on, or for oneself.
    pub(crate) fn act_for(&self, acting: Option<Acting>) {
        *lock(&self.acting) = acting;
        *lock(&self.acted) = None;
    }

    /// Keeps what is true now of this patient. What another page did meanwhile stays.
    pub(crate) fn still_acts_for(&self, now: Acting) {
        let mut kept = lock(&self.acting);
        if kept.as_ref().is_some_and(|kept| kept.patient == now.patient) {
            *kept = Some(now);
        }
    }

    /// The person acts for this patient no more. What another page did meanwhile stays.
    pub(crate) fn acts_no_more_for(&self, patient: &Principal, acted: Acted) {
        let mut kept = lock(&self.acting);
        if kept.as_ref().is_some_and(|kept| kept.patient == *patient) {
            *kept = None;
            *lock(&self.acted) = Some(acted);
        }
    }

    /// For whom the person acted until somebody else ended it.
    pub(crate) fn acted(&self) -> Option<Acted> {
        lock(&self.acted).clone()
    }

    /// This file was to be sent for them, and was not.
    pub(crate) fn was_not_sent(&self, file_name: &str) {
        if let Some(acted) = lock(&self.acted).as_mut() {
            acted.unsent.push(file_name.to_owned());
        }
    }

    /// Chooses it.
    pub(crate) fn choose_purpose(&self, purpose: Purpose) {
        *lock(&self.purpose) = Some(purpose);
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::Powers;

    use super::*;

    #[test]
    fn missing_key_is_asked_for_again_and_one_that_is_there_is_not() {
        let memory = Memory::default();
        let who: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let ask = |answer: Result<bool, ()>| memory.has_key(&who, || answer);
        assert_eq!(ask(Err(())), Err(()));
        assert_eq!(ask(Ok(false)), Ok(false));
        assert_eq!(ask(Err(())), Ok(false), "it is kept");
        memory.forget_missing_keys();
        assert_eq!(ask(Ok(true)), Ok(true));
        memory.forget_missing_keys();
        assert_eq!(ask(Err(())), Ok(true));
    }

    #[test]
    fn a_name_is_asked_for_once_in_a_while_and_few_at_once() {
        let memory = Memory::default();
        let begun = Instant::now();
        let account = |number: u8| {
            let one = mrms_core::StandardPrincipal::new(26, [number; 20]).unwrap();
            Principal::from(one)
        };
        assert!(memory.asks_name_of(&account(1), begun));
        assert!(!memory.asks_name_of(&account(1), begun), "it was asked just now");
        let asked = (2..40).filter(|one| memory.asks_name_of(&account(*one), begun)).count();
        assert_eq!(asked, NAMES_AT_ONCE - 1, "a crowd of strangers makes no page wait");
        assert!(memory.asks_name_of(&account(60), begun + A_PAGE));
        assert!(memory.asks_name_of(&account(1), begun + NAME_AGAIN));
    }

    #[test]
    fn page_that_began_before_brings_back_no_switch_that_was_ended_or_changed() {
        let acting = |who: &str| Acting {
            patient: who.parse().unwrap(),
            who: Named::Unknown(who.to_owned()),
            powers: Powers::SEE,
            until: None,
        };
        let mother = acting("ST000000000000000000002AMW42H");
        let father = acting("ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM");
        let memory = Memory::default();
        assert!(memory.acting().is_none());
        let over = |of: &Acting| Acted { who: of.who.clone(), to: None, unsent: Vec::new() };
        memory.still_acts_for(mother.clone());
        assert!(memory.acting().is_none(), "a late answer begins nothing");
        memory.act_for(Some(father.clone()));
        memory.acts_no_more_for(&mother.patient, over(&mother));
        memory.still_acts_for(mother.clone());
        assert!(memory.acted().is_none(), "it is the other one who ended it");
        assert_eq!(memory.acting().map(|now| now.patient), Some(father.patient.clone()));
        memory.still_acts_for(Acting { powers: Powers::ALL, ..father.clone() });
        assert!(memory.acting().is_some_and(|now| now.may_give()));
        memory.was_not_sent("letter.pdf");
        memory.acts_no_more_for(&father.patient, over(&father));
        assert!(memory.acting().is_none(), "it has ended");
        memory.was_not_sent("letter.pdf");
        assert_eq!(memory.acted().unwrap().unsent, ["letter.pdf"], "pages say what was not sent");
        memory.act_for(Some(mother));
        assert!(memory.acted().is_none(), "they act for somebody else");
    }
}
