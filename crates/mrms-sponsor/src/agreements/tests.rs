use super::*;

fn origin(number: u16) -> StandardPrincipal {
    let mut hash = [7; 20];
    hash[..2].copy_from_slice(&number.to_be_bytes());
    StandardPrincipal::new(StandardPrincipal::TESTNET_SINGLE_SIG, hash).unwrap()
}

fn some(number: u16) -> Agreed {
    Agreed {
        request: TxId::from_bytes([number as u8; 32]),
        nonce: Nonce::new(u64::from(number) + 1),
        fee: MicroStx::new(300 + u64::from(number)),
        purse: [Purse::Ordinary, Purse::Urgent, Purse::Emergency][usize::from(number % 3)],
        time: "2026-11-22T10:00:00Z".parse().unwrap(),
    }
}

const TODAY_ENDS: u64 = 1_795_392_000;

fn start() -> LinePlace {
    LinePlace { month: "2026-11".to_owned(), offset: 0 }
}

#[test]
fn agreements_are_found_in_memory_and_in_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let (mut agreements, from) = Agreements::load(folder.path(), TODAY_ENDS).unwrap();
    assert_eq!(from, None);
    for number in (0..300).rev() {
        agreements.set(&origin(number), Nonce::new(5), Some(some(number)));
    }
    agreements.checkpoint(start(), TODAY_ENDS).unwrap();
    assert!(agreements.recent.is_empty());
    // Newer than the checkpoint: one more, one void, one that is another now.
    agreements.set(&origin(999), Nonce::new(5), Some(some(1)));
    agreements.set(&origin(3), Nonce::new(5), None);
    agreements.set(&origin(4), Nonce::new(5), Some(some(8)));
    for round in 0..2 {
        let get = |who, nonce| agreements.get(&origin(who), Nonce::new(nonce)).unwrap();
        for number in (0..300).filter(|number| ![3, 4].contains(number)) {
            assert_eq!(get(number, 5), Some(some(number)), "{round}");
        }
        assert_eq!((get(999, 5), get(3, 5), get(4, 5)), (Some(some(1)), None, Some(some(8))));
        assert_eq!((get(1, 4), get(1, 6), get(400, 5)), (None, None, None));
        agreements.checkpoint(start(), TODAY_ENDS).unwrap();
        let (loaded, from) = Agreements::load(folder.path(), TODAY_ENDS).unwrap();
        assert_eq!(from, Some(start()));
        agreements = loaded;
    }
}

#[test]
fn what_is_older_than_two_months_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (mut agreements, _) = Agreements::load(folder.path(), TODAY_ENDS).unwrap();
    agreements.set(&origin(1), Nonce::new(5), Some(some(1)));
    agreements.checkpoint(start(), TODAY_ENDS).unwrap();
    assert!(agreements.get(&origin(1), Nonce::new(5)).unwrap().is_some());
    agreements.checkpoint(start(), TODAY_ENDS + 63 * 86_400).unwrap();
    assert_eq!(agreements.get(&origin(1), Nonce::new(5)).unwrap(), None);
}

#[test]
fn damaged_checkpoint_and_one_of_another_journal_or_a_later_day_count_as_none() {
    let folder = tempfile::tempdir().unwrap();
    let journal = crate::journal::journal_path(folder.path(), "2026-11");
    std::fs::write(&journal, "{}\n{}\n").unwrap();
    let (mut agreements, _) = Agreements::load(folder.path(), TODAY_ENDS).unwrap();
    agreements.set(&origin(1), Nonce::new(5), Some(some(1)));
    let covers = LinePlace { month: "2026-11".to_owned(), offset: 3 };
    agreements.checkpoint(covers.clone(), TODAY_ENDS).unwrap();
    let load = |today_ends| Agreements::load(folder.path(), today_ends).unwrap().1;
    assert_eq!(load(TODAY_ENDS), Some(covers));
    assert_eq!(load(TODAY_ENDS - 86_400), None, "the clock was set back");
    std::fs::write(&journal, "[]\n{}\n").unwrap();
    assert_eq!(load(TODAY_ENDS), None, "another journal");
    std::fs::write(&journal, "{}").unwrap();
    assert_eq!(load(TODAY_ENDS), None, "it ends before that place");
    std::fs::write(&journal, "{}\n{}\n").unwrap();
    let path = folder.path().join(FILE);
    let whole = std::fs::read(&path).unwrap();
    for place in 0..whole.len() {
        let mut altered = whole.clone();
        altered[place] ^= 1;
        std::fs::write(&path, &altered).unwrap();
        assert_eq!(load(TODAY_ENDS), None, "byte {place}");
    }
    for length in [0, 3, 35, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(load(TODAY_ENDS), None, "{length} bytes");
    }
}
