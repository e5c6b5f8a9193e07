//! Whom delegates let into a patient's records, until the patient has read it, also where it has ended since.
//!
//! The contract marks a grant with the delegation by which it was given, and keeps that when it is taken back. Which of them
//! the patient has read, the profile keeps, sealed under the person's own key, in `let-in.sealed`. What the patient gave as it
//! stands is not asked about, nor what ended more than a month ago.

use std::collections::BTreeSet;

use mrms_contract::read;
use mrms_core::{BurnHeight, Principal, RecordId, Rights, grant};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::audit::for_me::ForMeError;
use crate::profile::granted_all::{Allows, ReadsAllBy};
use crate::records::list::OwnRecord;
use crate::session::{Actor, AskError, Session};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "let-in.sealed";
/// The newest grants of which it is asked who gave them.
const MOST: usize = 1_000;
/// What ended longer ago than this many burn blocks, about a month, is not told any more.
const ENDED_WITHIN: u64 = 30 * 144;

/// Somebody whom a delegate let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetIn {
    /// The record; `None` for all of them.
    pub record: Option<RecordId>,
    /// Who may open it, or could.
    pub user: Principal,
    /// The delegate.
    pub by: Principal,
    /// When it was given.
    pub granted_at: BurnHeight,
    /// Index of its entry in the log, where the contract tells it.
    pub entry: Option<u64>,
    /// How it has ended since; `None` where it holds now.
    pub end: Option<LetInEnd>,
}

/// How something ended that a delegate gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetInEnd {
    /// Somebody took it back at this height.
    TakenBack(BurnHeight),
    /// Its time was over at this height.
    RanOut(BurnHeight),
}

impl LetInEnd {
    /// At which height it ended.
    #[must_use]
    pub const fn height(self) -> BurnHeight {
        match self {
            Self::TakenBack(height) | Self::RanOut(height) => height,
        }
    }

    /// How a grant of these rights ended, with this expiry; `None` where it holds now.
    fn of(rights: Option<Rights>, expiry: Option<BurnHeight>, now: BurnHeight) -> Option<Self> {
        let over = expiry.filter(|_| !grant::is_live(expiry, now))?;
        Some(if rights.is_none() { Self::TakenBack(over) } else { Self::RanOut(over) })
    }
}

impl LetIn {
    fn mark(&self) -> String {
        mark(self.record, &self.user, self.granted_at, self.entry)
    }
}

/// What tells a grant from an earlier one to the same person. One of a contract that tells no entry is told by its height.
fn mark(
    record: Option<RecordId>,
    user: &Principal,
    granted_at: BurnHeight,
    entry: Option<u64>,
) -> String {
    let record = record.map_or_else(|| "all".to_owned(), |record| record.to_string());
    let entry = entry.map_or_else(String::new, |entry| entry.to_string());
    format!("{record} {user} {granted_at} {entry}")
}

/// The file: which grants were told, of one contract on one ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Told {
    contract: String,
    genesis: Option<String>,
    marks: BTreeSet<String>,
}

/// A grant that holds now, or ended lately.
struct Given<'g> {
    record: Option<RecordId>,
    user: &'g Principal,
    granted_at: BurnHeight,
    entry: Option<u64>,
    end: Option<LetInEnd>,
}

impl Given<'_> {
    fn mark(&self) -> String {
        mark(self.record, self.user, self.granted_at, self.entry)
    }

    /// Whether there is something to tell: it holds, or ended lately.
    fn is_told(&self, now: BurnHeight) -> bool {
        self.end.is_none_or(|end| end.height().plus(ENDED_WITHIN) > now)
    }
}

impl Session<'_> {
    /// Whom delegates let into these records of the actor, or into all of them, that was not told, the newest first.
    ///
    /// # Errors
    ///
    /// [`ForMeError`].
    pub fn let_in(&self, actor: &Actor, own: &[OwnRecord]) -> Result<Vec<LetIn>, ForMeError> {
        let (root, me) = (actor.keyring.record_root()?, actor.principal());
        let team = self.standing_users(&me)?;
        let reads: Vec<_> = team.iter().map(|user| read::delegate(&me, user)).collect();
        // Nobody else could let anybody in.
        if self.ask_all(&reads)?.iter().all(Option::is_none) {
            return Ok(Vec::new());
        }
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let memory = self.profile.granted(&root)?;
        let reads: Vec<_> = team.iter().map(|user| read::standing_grant(&me, user)).collect();
        let standing = self.ask_all(&reads)?;
        let mut given: Vec<Given<'_>> = Vec::new();
        for (user, all) in team.iter().zip(&standing) {
            let Some(all) = all else { continue };
            let known = memory.all_by(self.contract, user, ReadsAllBy::Standing);
            let is_mine = all.rights.zip(known).is_some_and(|(rights, one)| {
                one.allows() == Some(Allows::Rights(rights)) && one.expiry == all.expiry
            });
            if !is_mine {
                given.push(Given {
                    record: None,
                    user,
                    granted_at: all.granted_at,
                    entry: all.entry,
                    end: LetInEnd::of(all.rights, all.expiry, now),
                });
            }
        }
        for (record, reader) in own.iter().flat_map(|own| own.readers.iter().map(|it| (own.id, it)))
        {
            let Some(by_name) = reader.grant else { continue };
            let known = memory.of(self.contract, record, &reader.user);
            let is_mine = by_name.rights.zip(known).is_some_and(|(rights, one)| {
                one.rights() == Some(rights) && one.expiry == by_name.expiry
            });
            if !is_mine {
                given.push(Given {
                    record: Some(record),
                    user: &reader.user,
                    granted_at: by_name.granted_at,
                    entry: by_name.entry,
                    end: LetInEnd::of(by_name.rights, by_name.expiry, now),
                });
            }
        }
        given.retain(|one| one.is_told(now));
        let told = self.told(actor)?.marks;
        given.retain(|one| !told.contains(&one.mark()));
        given.sort_by_key(|one| std::cmp::Reverse((one.granted_at, one.entry)));
        given.truncate(MOST);
        let reads: Vec<_> = given
            .iter()
            .map(|one| match one.record {
                Some(record) => read::granted_by(record, one.user),
                None => read::standing_granted_by(&me, one.user),
            })
            .collect();
        let by = given.iter().zip(self.ask_all(&reads)?);
        let let_in = by.filter_map(|(one, by)| {
            let by = by.filter(|by| *by != me)?;
            let Given { record, granted_at, entry, end, .. } = *one;
            Some(LetIn { record, user: one.user.clone(), by, granted_at, entry, end })
        });
        Ok(let_in.collect())
    }

    /// What was told on this ledger.
    fn told(&self, actor: &Actor) -> Result<Told, ForMeError> {
        let told: Told = self.profile.load_sealed(&actor.keyring.record_root()?, NAME)?;
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        if told.contract == contract && told.genesis == genesis {
            return Ok(told);
        }
        Ok(Told { contract, genesis, marks: BTreeSet::new() })
    }

    /// The person has read these.
    ///
    /// # Errors
    ///
    /// [`ForMeError`].
    pub fn let_in_is_told(
        &self,
        actor: &Actor,
        told: &[LetIn],
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ForMeError> {
        if told.is_empty() {
            return Ok(());
        }
        let before = self.told(actor)?;
        let root = actor.keyring.record_root()?;
        self.profile.change_sealed(&root, NAME, rng, |kept: &mut Told| {
            if (&kept.contract, &kept.genesis) != (&before.contract, &before.genesis) {
                *kept = before;
            }
            kept.marks.extend(told.iter().map(LetIn::mark));
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mrms_contract::state::Record;
    use mrms_contract::trail::Head;
    use mrms_core::Version;
    use mrms_stacks::clarity::Value;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::session::Sending;
    use crate::sharing::readers::Reader;
    use crate::testing::{FakeLedger, Fakes, actor, tuple};

    /// When grants without rights were taken back.
    const ENDED: u128 = FakeLedger::BURN_HEIGHT.number() - 2;

    struct Scene {
        fakes: Fakes,
        me: Actor,
        daughter: Principal,
        clinic: Principal,
    }

    /// A grant as the contract tells it: with the index of its entry, and by whose delegation it was given.
    fn grant(me: &Principal, by: Option<&Principal>, (rights, entry): (u8, u64)) -> Value {
        let mark = by.map(|by| {
            tuple([
                ("patient", Value::principal(me.clone())),
                ("delegate", Value::principal(by.clone())),
                ("term", Value::uint(1_u8)),
            ])
        });
        // Whoever takes it back leaves the height at which they did.
        let expiry = (rights == 0).then(|| Value::uint(ENDED));
        tuple([
            ("expiry", Value::optional(expiry)),
            ("rights", Value::uint(rights)),
            ("granted-at", Value::uint(900_u16)),
            ("from-version", Value::uint(1_u8)),
            ("entry", Value::uint(entry)),
            ("by", Value::optional(mark)),
        ])
    }

    impl Scene {
        /// The daughter is a delegate, and the clinic in the team.
        fn new() -> Self {
            let mut rng = StdRng::seed_from_u64(3);
            let me = actor(&mut rng);
            let [daughter, clinic] = [(); 2].map(|()| actor(&mut rng).principal());
            let fakes = Fakes::new(me.principal).unwrap();
            let scene = Self { fakes, me, daughter, clinic };
            scene.says_delegate(true);
            let (ledger, me) = (&scene.fakes.ledger, scene.me.principal());
            let counts = tuple([
                ("records", Value::uint(2_u8)),
                ("team", Value::uint(2_u8)),
                ("audit-count", Value::uint(1_u8)),
                ("audit-head", Value::buffer([0; 32])),
                ("successor", Value::optional(None)),
            ]);
            ledger.answer(&read::patient_counts(&me), counts);
            for (place, user) in (0_u64..).zip([&scene.daughter, &scene.clinic]) {
                let user_value = Value::optional(Some(Value::principal(user.clone())));
                ledger.answer(&read::care_team_member(&me, place), user_value);
                ledger.answer(&read::standing_grant(&me, user), Value::optional(None));
            }
            ledger.answer(&read::delegate(&me, &scene.clinic), Value::optional(None));
            scene
        }

        fn says_delegate(&self, is_one: bool) {
            let delegation = is_one.then(|| {
                tuple([
                    ("powers", Value::uint(7_u8)),
                    ("expiry", Value::optional(None)),
                    ("term", Value::uint(1_u8)),
                    ("ended", Value::uint(0_u8)),
                    ("live", Value::Bool(true)),
                ])
            });
            let read = read::delegate(&self.me.principal(), &self.daughter);
            self.fakes.ledger.answer(&read, Value::optional(delegation));
        }

        /// A record that the clinic may open by this grant.
        fn record(&self, id: u64, by: Option<&Principal>, rights: u8, entry: u64) -> OwnRecord {
            let (ledger, me, id) =
                (&self.fakes.ledger, self.me.principal(), RecordId::new(id.into()));
            let value = Value::optional(Some(grant(&me, by, (rights, entry))));
            ledger.answer(&read::grant(id, &self.clinic), value);
            let session = self.fakes.session(Sending::Send);
            let granted = session.ask(&read::grant(id, &self.clinic)).unwrap();
            let now = FakeLedger::BURN_HEIGHT;
            OwnRecord {
                number: 1,
                id,
                record: Record {
                    patient: me,
                    version: Version::FIRST,
                    readers: 1,
                    audit_count: 1,
                    audit_head: Head::EMPTY,
                },
                created: None,
                readers: vec![Reader::of(id, self.clinic.clone(), granted, None, now)],
                emergencies: Vec::new(),
                openings: None,
            }
        }

        fn news(&self, own: &[OwnRecord]) -> Vec<LetIn> {
            self.fakes.session(Sending::Send).let_in(&self.me, own).unwrap()
        }

        fn reads(&self, told: &[LetIn]) {
            let mut rng = StdRng::seed_from_u64(9);
            let session = self.fakes.session(Sending::Send);
            session.let_in_is_told(&self.me, told, &mut rng).unwrap();
        }
    }

    #[test]
    fn whom_a_delegate_let_in_is_told_until_it_was_read_and_what_the_patient_gave_is_not() {
        let scene = Scene::new();
        let by = Some(&scene.daughter);
        let own = [scene.record(7, by, 1, 4), scene.record(8, None, 1, 5)];
        let news = scene.news(&own);
        let [one] = &news[..] else { panic!("{news:?}") };
        assert_eq!((one.record, &one.user), (Some(RecordId::new(7)), &scene.clinic));
        assert_eq!(one.by, scene.daughter);
        assert_eq!(scene.news(&own), news, "it stays until it was read");
        scene.reads(&news);
        assert!(scene.news(&own).is_empty());
        let again = [scene.record(7, by, 1, 12)];
        assert_eq!(scene.news(&again).len(), 1, "they were let in once more");
    }

    #[test]
    fn what_a_delegate_gave_stays_news_after_it_was_taken_back_until_it_was_read() {
        let scene = Scene::new();
        let by = Some(&scene.daughter);
        // The patient's own end is no news.
        let own = [scene.record(9, by, 0, 6), scene.record(8, None, 0, 5)];
        let news = scene.news(&own);
        let [one] = &news[..] else { panic!("{news:?}") };
        assert_eq!((one.record, &one.by), (Some(RecordId::new(9)), &scene.daughter));
        assert_eq!(one.end, Some(LetInEnd::TakenBack(BurnHeight::from_uint(ENDED))));
        scene.reads(&news);
        assert!(scene.news(&own).is_empty());
        // What was read before it ended is not told once more.
        let scene = Scene::new();
        let by = Some(&scene.daughter);
        scene.reads(&scene.news(&[scene.record(9, by, 1, 6)]));
        assert!(scene.news(&[scene.record(9, by, 0, 6)]).is_empty());
    }

    #[test]
    fn end_of_a_grant_is_told_by_what_ended_it_and_none_where_it_holds() {
        let at = BurnHeight::new;
        let end = |rights, expiry| LetInEnd::of(rights, expiry, at(1_000));
        assert_eq!(end(Some(Rights::READ), None), None);
        assert_eq!(end(Some(Rights::READ), Some(at(1_001))), None);
        assert_eq!(end(Some(Rights::READ), Some(at(990))), Some(LetInEnd::RanOut(at(990))));
        assert_eq!(end(None, Some(at(990))), Some(LetInEnd::TakenBack(at(990))));
        let given = |end| {
            let user = &"ST000000000000000000002AMW42H".parse().unwrap();
            Given { record: None, user, granted_at: at(1), entry: None, end }.is_told(at(900_000))
        };
        assert!(given(None) && given(Some(LetInEnd::RanOut(at(899_000)))));
        assert!(!given(Some(LetInEnd::RanOut(at(890_000)))), "long ago");
    }

    #[test]
    fn access_to_all_records_is_told_as_that_and_without_a_delegate_nothing_is_asked() {
        let scene = Scene::new();
        let me = scene.me.principal();
        let all = grant(&me, Some(&scene.daughter), (1, 3));
        let read = read::standing_grant(&me, &scene.clinic);
        scene.fakes.ledger.answer(&read, Value::optional(Some(all)));
        let news = scene.news(&[]);
        assert_eq!(news.len(), 1);
        assert_eq!((news[0].record, &news[0].by), (None, &scene.daughter));
        scene.says_delegate(false);
        assert!(scene.news(&[]).is_empty(), "nobody could have done it");
    }
}
