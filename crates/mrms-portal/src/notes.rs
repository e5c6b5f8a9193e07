//! What became of a person's waiting actions when something that ends access went before them: kept until they have read it.
//!
//! The face hears of it in the middle of a request, and knows no names; [`Work::settle_notes`] says them afterwards. Every page
//! has the notes on top until the person presses the button.

use mrms_app::ledger::GoingFirst;
use mrms_app::ledger::act::Act;
use mrms_app::sending::outcome::{Ending, Resumed};
use mrms_core::{Principal, RecordId};

use crate::named::Named;
use crate::words::Words;
use crate::work::Work;

/// What became of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Its place was taken, and no block tells yet which of the two was faster.
    Displaced,
    /// It was taken back.
    TakenBack,
    /// Some of it was done before.
    InPart,
    /// It was done before.
    Faster,
    /// A node refused it, which proves nothing: it may be done all the same.
    PerhapsGiven,
    /// It ends access, and nodes say different things of what there was.
    NodesDisagree,
    /// It ends access, and was sent though the ledger did not tell the account.
    NonceUnsure,
    /// It ends access, and was sent though the ledger told no fee that the settings allow.
    FeeUnsure,
    /// It ends access, and what this person gave can't be read here: what the ledger shows has ended.
    Unremembered,
}

/// An action whose place was taken.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// How the outbox calls it.
    description: String,
    act: Act,
    /// Who and which record it is about, once that was looked up.
    who: Option<Named>,
    record: Option<String>,
    is_settled: bool,
    fate: Fate,
}

/// All that were not read yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes(Vec<Note>);

impl Note {
    fn new(description: &str, act: Act, fate: Fate) -> Self {
        let (who, record, is_settled) = (None, None, false);
        Self { description: description.to_owned(), act, who, record, is_settled, fate }
    }

    fn about(&self) -> (Option<&Principal>, Option<RecordId>) {
        match &self.act {
            Act::Share { record, with } => (Some(with), Some(*record)),
            Act::ShareAll { with: who }
            | Act::Delegate { who }
            | Act::Contact { who }
            | Act::Send { to: who } => (Some(who), None),
            Act::Open { record } => (None, Some(*record)),
            _ => (None, None),
        }
    }

    /// What it was to do.
    fn what(&self, words: &Words) -> String {
        let key = match self.act {
            Act::Add => "act-add",
            Act::Share { .. } => "act-share",
            Act::ShareAll { .. } => "act-share-all",
            Act::Delegate { .. } => "act-delegate",
            Act::Contact { .. } => "act-contact",
            Act::Send { .. } => "act-send",
            Act::Open { .. } => "act-open",
            _ => "act-other",
        };
        let who = self.who.as_ref().map(|who| who.say_to(words)).unwrap_or_default();
        let name = self.record.clone().unwrap_or_else(|| words.say("records-unnamed"));
        words.with(key, &[("who", (&who).into()), ("name", (&name).into())])
    }

    /// What became of it, and what the person can do.
    pub(crate) fn say(&self, words: &Words) -> String {
        let key = match self.fate {
            Fate::Displaced => "note-displaced",
            Fate::TakenBack => "note-taken-back",
            Fate::InPart => "note-in-part",
            Fate::Faster => "note-faster",
            Fate::PerhapsGiven => "note-perhaps-given",
            Fate::NodesDisagree => "note-nodes-disagree",
            Fate::NonceUnsure => "note-nonce-unsure",
            Fate::FeeUnsure => "note-fee-unsure",
            Fate::Unremembered => "note-unremembered",
        };
        words.with(key, &[("what", (&self.what(words)).into())])
    }
}

impl Notes {
    /// Something goes first: these lose their places.
    pub(crate) fn displaced(&mut self, going: &GoingFirst<'_>) {
        for (description, act) in going.displaces.iter().zip(going.acts) {
            self.0.push(Note::new(description, act.clone(), Fate::Displaced));
        }
    }

    /// What became of an action. Others than those that lost a place are nobody's news here.
    pub(crate) fn became(&mut self, what: &Resumed) {
        let fate = match &what.ending {
            Ending::TakenBack { done: 0, .. } | Ending::RolledBack { .. } => Fate::TakenBack,
            Ending::TakenBack { .. } => Fate::InPart,
            Ending::Finished => Fate::Faster,
            Ending::Pending { .. } => return,
        };
        let known =
            |note: &&mut Note| note.fate == Fate::Displaced && note.description == what.description;
        if let Some(note) = self.0.iter_mut().find(known) {
            note.fate = fate;
        } else if matches!(what.ending, Ending::TakenBack { .. }) {
            // The portal was started anew since.
            self.0.push(Note::new(&what.description, Act::Other, fate));
        }
    }

    /// A node refused what gives somebody access, and may give it all the same.
    pub(crate) fn perhaps_given(&mut self, description: &str, act: &Act) {
        let is_known =
            |note: &Note| note.fate == Fate::PerhapsGiven && note.description == description;
        if !self.0.iter().any(is_known) {
            self.0.push(Note::new(description, act.clone(), Fate::PerhapsGiven));
        }
    }

    /// Nodes say different things of what was ended.
    pub(crate) fn nodes_disagree(&mut self) {
        self.say_once(Fate::NodesDisagree);
    }

    /// What ends access was sent though the ledger did not tell the account.
    pub(crate) fn nonce_is_unsure(&mut self) {
        self.say_once(Fate::NonceUnsure);
    }

    /// What ends access was sent though the ledger told no fee that the settings allow.
    pub(crate) fn fee_is_unsure(&mut self) {
        self.say_once(Fate::FeeUnsure);
    }

    /// Something ended, and what else this person gave can't be read here.
    pub(crate) fn is_unremembered(&mut self) {
        self.say_once(Fate::Unremembered);
    }

    fn say_once(&mut self, fate: Fate) {
        if !self.0.iter().any(|note| note.fate == fate) {
            self.0.push(Note::new("", Act::Other, fate));
        }
    }

    pub(crate) fn all(&self) -> &[Note] {
        &self.0
    }

    /// Those of which the end is known were read.
    pub(crate) fn read(&mut self) {
        self.0.retain(|note| note.fate == Fate::Displaced);
    }
}

impl Work {
    /// Says whom and what new notes are about.
    pub(crate) fn settle_notes(&self) {
        self.memory.change_notes(|notes| {
            for note in notes.0.iter_mut().filter(|note| !note.is_settled) {
                let (who, record) = note.about();
                let who = who.map(|who| self.named(who));
                let record = record.and_then(|id| self.memory.known_name(id));
                (note.who, note.record, note.is_settled) = (who, record, true);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::MicroStx;

    use super::*;
    use crate::words::Language;

    fn ends(description: &str, ending: Ending) -> Resumed {
        Resumed { description: description.to_owned(), txids: Vec::new(), ending }
    }

    fn taken_back(done: usize) -> Ending {
        Ending::TakenBack { by: "revoke".to_owned(), done, of: 2 }
    }

    #[test]
    fn action_whose_place_was_taken_is_told_with_its_end_until_it_was_read() {
        let clinic: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let share = Act::Share { record: RecordId::new(7), with: clinic };
        let displaces = ["create 7".to_owned(), "grant 7".to_owned(), "create 8".to_owned()];
        let acts = [Act::Add, share, Act::Add];
        let mut notes = Notes::default();
        notes.displaced(&GoingFirst {
            what: "revoke",
            displaces: &displaces,
            acts: &acts,
            behind: &[],
            fee: MicroStx::new(1),
            most: MicroStx::new(1),
        });
        notes.0[1].who = Some(Named::Known("Clinic North".to_owned()));
        notes.0[1].record = Some("Blood test".to_owned());
        notes.became(&ends("create 7", Ending::Finished));
        notes.became(&ends("grant 7", taken_back(0)));
        // Others that were merely interrupted are no news here.
        notes.became(&ends("something else", Ending::Finished));
        assert_eq!(notes.all().len(), 3);
        for language in Language::ALL {
            let words = Words::of(language);
            let said: Vec<_> = notes.all().iter().map(|note| note.say(&words)).collect();
            assert!(said[1].contains("Clinic North") && said[1].contains("Blood test"), "{said:?}");
            assert!(
                said.iter().all(|one| !one.contains("grant") && !one.contains("{")),
                "{said:?}"
            );
            assert_ne!(said[0], said[2], "one was faster, of the other nobody knows yet");
        }
        notes.read();
        assert_eq!(notes.all().len(), 1, "what is not known yet stays");
        notes.became(&ends("create 8", taken_back(1)));
        assert_eq!(notes.all()[0].fate, Fate::InPart);
        notes.read();
        assert!(notes.all().is_empty());
        notes.became(&ends("of an earlier visit", taken_back(0)));
        assert_eq!(notes.all().len(), 1);
        notes.read();
        notes.nonce_is_unsure();
        notes.nonce_is_unsure();
        notes.fee_is_unsure();
        notes.fee_is_unsure();
        notes.is_unremembered();
        notes.is_unremembered();
        assert_eq!(notes.all().len(), 3, "each is said once");
        for language in Language::ALL {
            for note in notes.all() {
                let said = note.say(&Words::of(language));
                assert!(!said.contains("note-") && !said.contains('{'), "{said}");
            }
        }
    }
}
