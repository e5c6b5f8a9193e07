use std::sync::Barrier;
use std::thread;

use mrms_core::{RecordId, Version};
use mrms_links::Flags;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::super::deposit::{DepositedFile, PasscodeHash};
use super::super::usage::HostUsage;
use crate::profile::links::GivenVersion;

use super::*;

const NOW: UnixTime = UnixTime::from_seconds(1_000);

fn deposit(passcode: Option<&str>, most_uses: Option<u32>) -> Deposit {
    let mut rng = StdRng::seed_from_u64(1);
    Deposit {
        id: LinkId::of("secret"),
        contract: "ST000000000000000000002AMW42H.records".to_owned(),
        words: Zeroizing::new("zoo".to_owned()),
        flags: Flags { passcode: passcode.is_some(), ..Flags::default() },
        expires: 2_000,
        passcode: passcode.map(|passcode| PasscodeHash::of(passcode, &mut rng)),
        most_uses,
        files: vec![DepositedFile {
            content_type: "application/fhir+json".to_owned(),
            has: vec![GivenVersion { record: RecordId::new(7), version: Version::FIRST }],
            sealed_at: "1970-01-01T00:00:00Z".to_owned(),
            jwe: "a..b.c.d".to_owned(),
        }],
    }
}

fn host(deposit: &Deposit) -> (tempfile::TempDir, HostFolder) {
    let folder = tempfile::tempdir().unwrap();
    let host = HostFolder::at(folder.path());
    host.put(deposit).unwrap();
    (folder, host)
}

fn ask(host: &HostFolder, passcode: Option<&str>) -> Result<(), Option<u32>> {
    match host.admit(&LinkId::of("secret"), Asks::Manifest, passcode, "Clinic Nord", NOW).unwrap() {
        Admitted::Use(_) => Ok(()),
        Admitted::WrongPasscode { remaining } => Err(Some(remaining)),
        Admitted::NotHere => Err(None),
    }
}

#[test]
fn attempts_are_counted_over_the_links_life() {
    let (_folder, host) = host(&deposit(Some("1234"), None));
    assert_eq!(ask(&host, None), Err(Some(10)), "leaving it out is no guess");
    for left in (5..10).rev() {
        assert_eq!(ask(&host, Some("0000")), Err(Some(left)));
    }
    assert_eq!(ask(&host, Some("1234")), Ok(()));
    for left in (0..5).rev() {
        assert_eq!(ask(&host, Some("0000")), Err(Some(left)), "a right one does not begin anew");
    }
    assert_eq!(ask(&host, Some("1234")), Err(None), "the link is shut");
    let standing = host.standing(&LinkId::of("secret")).unwrap();
    assert_eq!((standing.uses, standing.attempts_left), (1, Some(0)));
    assert_eq!(standing.lines.len(), 10);
    assert!(HostLine::are_chained(&standing.lines));
}

#[test]
fn parallel_requests_guess_and_use_no_more_than_was_allowed() {
    let (_folder, host) = host(&deposit(Some("1234"), Some(3)));
    let barrier = Barrier::new(24);
    let answers: Vec<_> = thread::scope(|scope| {
        let ask_it = |number: usize| {
            let (host, barrier) = (&host, &barrier);
            scope.spawn(move || {
                barrier.wait();
                ask(host, Some(if number.is_multiple_of(3) { "1234" } else { "0000" }))
            })
        };
        let threads: Vec<_> = (0..24).map(ask_it).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let uses = answers.iter().filter(|answer| answer.is_ok()).count();
    let mut left: Vec<_> = answers.iter().filter_map(|answer| answer.err().flatten()).collect();
    left.sort_unstable();
    left.dedup();
    let wrong = answers.iter().filter(|answer| matches!(answer, Err(Some(_)))).count();
    assert!(uses <= 3, "{answers:?}");
    assert!(wrong <= 10, "{answers:?}");
    assert_eq!(left.len(), wrong, "no two guesses share a count: {answers:?}");
}

#[test]
fn link_that_is_used_up_paused_or_ended_is_not_there() {
    let (_folder, host) = host(&deposit(None, Some(1)));
    let id = LinkId::of("secret");
    assert_eq!(ask(&host, None), Ok(()));
    assert_eq!(ask(&host, None), Err(None));
    host.give_back(&id).unwrap();
    assert_eq!(ask(&host, None), Ok(()), "what could not be given was not used");
    host.put(&deposit(None, None)).unwrap();
    assert_eq!(ask(&host, None), Ok(()), "put anew it begins anew");
    let late = host.admit(&id, Asks::Manifest, None, "", UnixTime::from_seconds(2_000)).unwrap();
    assert!(matches!(late, Admitted::NotHere));
    host.pause(&id).unwrap();
    assert_eq!(ask(&host, None), Err(None));
    let as_file = host.admit(&id, Asks::SingleFile, None, "", NOW).unwrap();
    assert!(matches!(as_file, Admitted::NotHere), "it has a manifest");
    let other = host.admit(&LinkId::of("other"), Asks::Manifest, None, "", NOW).unwrap();
    assert!(matches!(other, Admitted::NotHere));
}

#[test]
fn ticket_is_good_once_and_for_an_hour() {
    let mut rng = StdRng::seed_from_u64(4);
    let (_folder, host) = host(&Deposit { expires: 100_000, ..deposit(None, None) });
    let id = LinkId::of("secret");
    let ticket = host.ticket(&id, 0, "Clinic Nord", NOW, &mut rng).unwrap();
    assert!(host.take_ticket(&id, "wrong", NOW).unwrap().is_none());
    let taken = host.take_ticket(&id, &ticket, NOW).unwrap().unwrap();
    assert_eq!((taken.ticket.file, taken.ticket.recipient.as_str()), (0, "Clinic Nord"));
    assert_eq!(host.jwe(&id, &taken.link.files[0]).unwrap(), "a..b.c.d");
    assert!(host.take_ticket(&id, &ticket, NOW).unwrap().is_none(), "once");
    host.give_ticket_back(&id, taken.ticket).unwrap();
    assert!(host.take_ticket(&id, &ticket, NOW).unwrap().is_some(), "nothing was given");
    let ticket = host.ticket(&id, 0, "Clinic Nord", NOW, &mut rng).unwrap();
    let late = UnixTime::from_seconds(NOW.seconds() + TICKET_SECONDS);
    assert!(host.take_ticket(&id, &ticket, late).unwrap().is_none());
    let ticket = host.ticket(&id, 0, "Clinic Nord", NOW, &mut rng).unwrap();
    host.pause(&id).unwrap();
    assert!(host.take_ticket(&id, &ticket, NOW).unwrap().is_none(), "paused");
}

#[test]
fn removed_link_leaves_its_log_and_nothing_else() {
    let (folder, host) = host(&deposit(Some("1234"), None));
    let id = LinkId::of("secret");
    ask(&host, Some("0000")).unwrap_err();
    host.remove(&id).unwrap();
    host.remove(&id).unwrap();
    assert_eq!(ask(&host, Some("1234")), Err(None));
    assert_eq!(host.standing(&id).unwrap().lines.len(), 1);
    let mut left: Vec<_> = fs::read_dir(folder.path().join(id.as_str()))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort_unstable();
    assert_eq!(left, ["account", "lock", "log.jsonl", "manager"]);
}

#[test]
fn link_is_managed_with_the_secret_of_its_words_alone() {
    let (_folder, host) = host(&deposit(None, None));
    let (id, right) = (LinkId::of("secret"), manager_secret("zoo"));
    assert!(host.is_managed_by(&id, &right).unwrap());
    assert!(!host.is_managed_by(&id, &manager_secret("abandon")).unwrap());
    assert!(!host.is_managed_by(&id, "").unwrap());
    assert!(!host.is_managed_by(&LinkId::of("other"), &right).unwrap());
    host.remove(&id).unwrap();
    assert!(host.is_managed_by(&id, &right).unwrap(), "its log stays its maker's");
}

#[test]
fn put_anew_the_former_files_are_gone() {
    let (folder, host) = host(&deposit(None, None));
    let mut next = deposit(None, None);
    next.files[0].jwe = "e..f.g.h".to_owned();
    host.put(&next).unwrap();
    let names = fs::read_dir(folder.path().join(next.id.as_str())).unwrap();
    let sealed = names.filter(|entry| {
        entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "jwe")
    });
    assert_eq!(sealed.count(), 1);
}

#[test]
fn what_is_kept_is_counted_and_what_ended_waits_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let host = HostFolder::at(&folder.path().join("links"));
    assert_eq!((host.usage().unwrap(), host.waiting(NOW).unwrap()), (HostUsage::default(), 0));
    assert!(host.room().is_err(), "the folder is not there");
    let (one, other) =
        (deposit(None, None), Deposit { id: LinkId::of("other"), ..deposit(None, None) });
    host.announce("https://links.example.org", "127.0.0.1:20448").unwrap();
    host.put(&one).unwrap();
    host.put(&other).unwrap();
    assert_eq!(host.usage().unwrap(), HostUsage { links: 2, files: 2, bytes: 16 });
    assert_eq!(host.waiting(NOW).unwrap(), 2);
    assert_eq!(host.waiting(UnixTime::from_seconds(2_000)).unwrap(), 0, "they ended");
    host.pause(&one.id).unwrap();
    assert_eq!(host.waiting(NOW).unwrap(), 1);
    host.remove(&other.id).unwrap();
    assert_eq!(host.waiting(NOW).unwrap(), 0);
    assert_eq!(host.usage().unwrap(), HostUsage { links: 1, files: 1, bytes: 8 });
    assert_eq!(host.listens().as_deref(), Some("127.0.0.1:20448"));
}
