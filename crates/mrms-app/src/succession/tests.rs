//! What travels to a successor, and what is refused before anything is sent.

use mrms_contract::{ContractError, read};
use mrms_core::{Principal, UnixTime};
use mrms_people::{FieldText, HandOver, Person, SignedDocument};
use mrms_stacks::clarity::Value;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::profile::granted::{Granted, GrantedTerms, Sharing};
use crate::profile::granted_all::{AllTerms, Allows};
use crate::session::{Actor, Sending};
use crate::sharing::note;
use crate::succession::memory::{self, Memory};
use crate::succession::{HandOverError, kept};
use crate::testing::{Fakes, actor, tuple};

struct Scene {
    fakes: Fakes,
    former: Actor,
    next: Actor,
    other: Actor,
    rng: StdRng,
}

fn scene() -> Scene {
    let mut rng = StdRng::seed_from_u64(8);
    let [former, next, other] = [(); 3].map(|()| actor(&mut rng));
    let fakes = Fakes::new(other.principal).unwrap();
    Scene { fakes, former, next, other, rng }
}

impl Scene {
    fn document(&mut self, signer: usize, genesis: [u8; 32]) -> SignedDocument<HandOver> {
        let signer = [&self.former, &self.other][signer];
        let recipient = self.next.keyring.identity(self.next.identity).unwrap().recipient().clone();
        let keys = self.former.keyring.bequest(self.former.identity).unwrap().to_secret_bytes();
        let (bytes, _) = memory::to_bytes(&keys, &Memory::default());
        let document = HandOver {
            patient: signer.principal,
            successor: self.next.principal,
            key_hash: recipient.digest(),
            chain_id: mrms_core::ChainId::EMBEDDED,
            genesis,
            contract: self.fakes.contract.clone(),
            issued: UnixTime::from_seconds(1_800_000_000),
            sealed: note::seal(recipient, &bytes, &mut self.rng).unwrap(),
        };
        SignedDocument::sign(document, &signer.key).unwrap()
    }

    fn counts(&self, who: &Actor, entries: u64, successor: Option<&Actor>) {
        let successor = successor.map(|one| Value::principal(one.principal()));
        let state = tuple([
            ("records", Value::uint(0_u8)),
            ("team", Value::uint(0_u8)),
            ("audit-count", Value::uint(entries)),
            ("audit-head", Value::buffer([0; 32])),
            ("successor", Value::optional(successor)),
        ]);
        self.fakes.ledger.answer(&read::patient_counts(&who.principal()), state);
    }

    fn offered(&self, to: Option<&Actor>) {
        let to = to.map(|one| Value::principal(one.principal()));
        let read = read::pending_succession(&self.former.principal());
        self.fakes.ledger.answer(&read, Value::optional(to));
    }

    fn looked_at(&self, who: &Actor, bytes: &[u8]) -> Result<(), HandOverError> {
        self.fakes.session(Sending::Send).look_at_hand_over(who, bytes).map(drop)
    }
}

#[test]
fn only_the_account_to_which_everything_is_offered_takes_it() {
    let mut scene = scene();
    let bytes = scene.document(0, [0; 32]).to_bytes();
    scene.counts(&scene.former, 1, None);
    scene.counts(&scene.next, 0, None);
    scene.offered(Some(&scene.next));
    scene.looked_at(&scene.next, &bytes).unwrap();
    let refused = scene.looked_at(&scene.other, &bytes);
    assert!(matches!(refused, Err(HandOverError::ForAnother { .. })), "{refused:?}");
    scene.offered(Some(&scene.other));
    let refused = scene.looked_at(&scene.next, &bytes);
    assert!(matches!(refused, Err(HandOverError::OfferedToAnother { .. })), "{refused:?}");
    scene.offered(None);
    let refused = scene.looked_at(&scene.next, &bytes);
    let no_offer = HandOverError::Refused(ContractError::NoOffer);
    assert_eq!(refused.unwrap_err().to_string(), no_offer.to_string());
    // Who has a log of their own is not new.
    scene.offered(Some(&scene.next));
    scene.counts(&scene.next, 1, None);
    let refused = scene.looked_at(&scene.next, &bytes);
    assert!(matches!(refused, Err(HandOverError::Refused(ContractError::NotNew))), "{refused:?}");
}

#[test]
fn strangers_text_with_the_same_keys_makes_nobody_a_successor() {
    let mut scene = scene();
    // Signed by somebody else as their own: it is about that somebody's records, who has offered nothing.
    let bytes = scene.document(1, [0; 32]).to_bytes();
    scene.counts(&scene.other, 0, None);
    let read = read::pending_succession(&scene.other.principal());
    scene.fakes.ledger.answer(&read, Value::optional(None));
    let refused = scene.looked_at(&scene.next, &bytes);
    assert!(matches!(refused, Err(HandOverError::Refused(ContractError::NoOffer))), "{refused:?}");
}

#[test]
fn kept_texts_give_the_keys_and_one_that_is_damaged_hides_no_other() {
    let mut scene = scene();
    let document = scene.document(0, [0; 32]);
    let profile = &scene.fakes.profile;
    profile.keep_hand_over(&document).unwrap();
    profile.keep_hand_over(&document).unwrap();
    assert_eq!(profile.hand_overs().unwrap().len(), 1, "kept once");
    let mut texts = vec!["mrms:damaged".to_owned()];
    texts.extend(profile.hand_overs().unwrap());
    profile.save_hand_overs(&texts).unwrap();
    assert_eq!(kept::inherit(profile, &mut scene.next).unwrap(), 1);
    assert_eq!(scene.next.keyring.inherited_roots().count(), 1);
    // Nobody else opens it.
    assert_eq!(kept::inherit(profile, &mut scene.other).unwrap(), 2);
    assert_eq!(scene.other.keyring.inherited_roots().count(), 0);
}

#[test]
fn people_and_grants_come_with_the_keys_and_change_nothing_that_is_known_here() {
    let mut scene = scene();
    let (from, to) = (Fakes::new(scene.other.principal).unwrap(), &scene.fakes.profile);
    let contract = &scene.fakes.contract;
    let root = scene.former.keyring.record_root().unwrap();
    let name = |text: &str| FieldText::new(text).unwrap();
    let person = |of: &Actor, called: &str| Person {
        principal: of.principal(),
        own_name: Some(name(called)),
        card: None,
        added: 1,
    };
    let granted = |record: u128| {
        let terms = GrantedTerms {
            rights: mrms_core::Rights::READ,
            expiry: None,
            from_version: mrms_core::Version::FIRST,
            sharing: Sharing::Sealed,
            recipient: "age1pq1key".to_owned(),
        };
        let reader: Principal = scene.other.principal();
        Granted::new(contract, mrms_core::RecordId::new(record), &reader, terms)
    };
    from.profile
        .change_people(&root, &mut scene.rng, |people| {
            people.set(person(&scene.other, "Clinic B"));
            people.set(person(&scene.next, "Me, anew"));
        })
        .unwrap();
    from.profile
        .change_granted(&root, |memory| {
            [1, 2].map(granted).into_iter().for_each(|one| memory.set(one));
            let allows = Allows::Rights(mrms_core::Rights::READ);
            let recipient = "age1pq1key".to_owned();
            let terms = AllTerms { allows, expiry: None, recipient, goes_on: false };
            memory.set_all(contract, &scene.other.principal(), terms);
        })
        .unwrap();
    let own = scene.next.keyring.record_root().unwrap();
    to.change_people(&own, &mut scene.rng, |people| people.set(person(&scene.other, "My clinic")))
        .unwrap();

    let remembered = Memory::of(&from.profile, &root, contract).unwrap();
    let (bytes, fits) = memory::to_bytes(b"", &remembered);
    assert!(fits);
    let (_, remembered) = memory::from_bytes(&bytes).unwrap();
    remembered.keep(to, &own, &mut scene.rng).unwrap();
    let people = to.people(&own).unwrap();
    assert_eq!(people.name_of(&scene.other.principal()), Some("My clinic"));
    assert_eq!(people.name_of(&scene.next.principal()), Some("Me, anew"));
    let memory = to.granted(&own).unwrap();
    assert_eq!(memory.all(), [1, 2].map(granted));
    let all: Vec<_> = memory.all_of(contract).collect();
    let [standing] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(
        (&standing.reader, standing.recipient.as_str()),
        (&scene.other.principal(), "age1pq1key")
    );
}
