//! Shares that do not belong together, mistyped shares, and words that come back.

#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};

fn owner() -> StandardPrincipal {
    "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".parse().unwrap()
}

fn quorum(threshold: u8, shares: usize) -> Quorum {
    Quorum::new(Threshold::new(threshold), shares).unwrap()
}

fn set(seed: u64, quorum: Quorum) -> (Words, Vec<Share>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let words = Words::generate(&mut rng);
    let shares = split(&words, &owner(), quorum, &mut rng);
    (words, shares)
}

/// The same share, as somebody hands it on.
fn copy(share: &Share) -> Share {
    Share::parse_all(&share.to_text()).unwrap().remove(0)
}

fn choose(shares: &[Share], numbers: &[u8]) -> Vec<Share> {
    numbers.iter().map(|number| copy(&shares[usize::from(*number) - 1])).collect()
}

fn refused(shares: &[Share]) -> JoinError {
    join(shares).unwrap_err()
}

#[test]
fn quorums_that_protect_nothing_or_nobody_can_meet_are_refused() {
    for (threshold, shares) in [(0, 5), (1, 5), (6, 5), (2, 1), (2, 17), (3, 0), (2, 300)] {
        assert!(Quorum::new(Threshold::new(threshold), shares).is_err(), "{threshold} of {shares}");
    }
    assert_eq!(quorum(2, 2).threshold(), 2);
    assert_eq!(quorum(16, 16).shares(), 16);
}

#[test]
fn fewer_shares_than_the_threshold_are_refused() {
    let (_, shares) = set(1, quorum(3, 5));
    assert_eq!(refused(&[]), JoinError::None);
    for pair in [[1, 2], [1, 5], [4, 3]] {
        let few = JoinError::TooFew { needed: 3, found: 2 };
        assert_eq!(refused(&choose(&shares, &pair)), few);
    }
}

#[test]
fn shares_of_two_sets_are_refused_by_number() {
    let (words, shares) = set(2, quorum(3, 5));
    let again = split(&words, &owner(), quorum(3, 5), &mut StdRng::seed_from_u64(3));
    let mut mixed = choose(&shares, &[1, 2]);
    mixed.extend(choose(&again, &[4]));
    assert_eq!(refused(&mixed), JoinError::OtherSet { number: 4 });
}

#[test]
fn share_given_twice_is_refused_by_number() {
    let (_, shares) = set(4, quorum(3, 5));
    assert_eq!(refused(&choose(&shares, &[5, 2, 5])), JoinError::Twice { number: 5 });
}

#[test]
fn share_whose_values_were_altered_is_refused() {
    let (_, shares) = set(5, quorum(3, 5));
    for position in 0..32 {
        let mut chosen = choose(&shares, &[1, 3, 4]);
        let mut values = Zeroizing::new(*chosen[1].values.expose());
        values[position] ^= 1;
        chosen[1].values = Values::new(values);
        assert_eq!(refused(&chosen), JoinError::Altered, "byte {position}");
    }
}

#[test]
fn share_that_disagrees_about_its_set_is_refused_by_number() {
    let (_, shares) = set(6, quorum(3, 5));
    let alter: [fn(&mut Set); 4] = [
        |set| set.quorum.threshold = 2,
        |set| set.quorum.shares = 6,
        |set| set.owner = "ST000000000000000000002AMW42H".parse().unwrap(),
        |set| set.commitment[0] ^= 1,
    ];
    for alter in alter {
        let mut chosen = choose(&shares, &[1, 3, 4]);
        alter(&mut chosen[2].set);
        assert_eq!(refused(&chosen), JoinError::Disagrees { number: 4 });
        // All of them alike: nothing disagrees any more, and still no garbage comes out.
        let mut chosen = choose(&shares, &[1, 3, 4]);
        chosen.iter_mut().for_each(|share| alter(&mut share.set));
        assert_eq!(refused(&chosen), JoinError::Altered);
    }
}

#[test]
fn threshold_that_was_lowered_gives_no_garbage() {
    let (_, shares) = set(7, quorum(3, 5));
    let mut chosen = choose(&shares, &[1, 3]);
    chosen.iter_mut().for_each(|share| share.set.quorum.threshold = 2);
    assert_eq!(refused(&chosen), JoinError::Altered);
}

#[test]
fn every_three_of_five_give_the_words_back() {
    let (words, shares) = set(8, quorum(3, 5));
    let mut joined = 0;
    for a in 1..=5 {
        for b in a + 1..=5 {
            for c in b + 1..=5 {
                let chosen = choose(&shares, &[c, a, b]);
                assert_eq!(*join(&chosen).unwrap().to_phrase(), *words.to_phrase());
                joined += 1;
            }
        }
    }
    assert_eq!(joined, 10);
    assert_eq!(*join(&shares).unwrap().to_phrase(), *words.to_phrase(), "more than needed");
}

#[test]
fn text_that_is_no_share_or_mistyped_is_refused_by_its_place() {
    let (_, shares) = set(9, quorum(2, 3));
    for nothing in ["", "# only a remark", "hello"] {
        assert_eq!(Share::parse_all(nothing).unwrap_err(), ParseShareError::None);
    }
    let texts: Vec<_> = shares.iter().map(|share| share.to_text().to_string()).collect();
    let mistyped = |position| ParseShareError::Mistyped { position };
    let cut = format!("{}{}", texts[0], &texts[1][..texts[1].len() - 2]);
    assert_eq!(Share::parse_all(&cut).unwrap_err(), mistyped(2));
    let foreign = format!("hello\n{}", texts[0]);
    assert_eq!(Share::parse_all(&foreign).unwrap_err(), mistyped(1));
    let mut slip = texts[2].trim_end().to_owned();
    let last = slip.pop();
    slip.push(if last == Some('q') { 'p' } else { 'q' });
    assert_eq!(Share::parse_all(&slip).unwrap_err(), mistyped(1));
}

#[test]
fn share_of_an_unknown_format_is_told_from_a_mistyped_one() {
    let (_, shares) = set(10, quorum(2, 3));
    let line = TEXT.decode::<LENGTH>(&one_line(&shares[0])).unwrap();
    // Format, threshold, number of shares, number.
    for (place, value) in [(0, 2), (1, 1), (2, 17), (3, 0), (3, 4)] {
        let mut bytes = *line;
        bytes[place] = value;
        let text = TEXT.encode_lower(&bytes);
        assert_eq!(Share::parse_all(&text).unwrap_err(), ParseShareError::Unknown { position: 1 });
    }
}

fn one_line(share: &Share) -> String {
    let text = share.to_text();
    let rows = text.lines().filter(|row| !row.starts_with('#'));
    rows.flat_map(str::split_whitespace).collect()
}

#[test]
fn shares_survive_being_written_down_and_typed() {
    let (words, shares) = set(11, quorum(3, 5));
    let typed: String = shares
        .iter()
        .map(|share| {
            let text = share.to_text();
            let (remarks, data): (Vec<_>, Vec<_>) =
                text.lines().partition(|row| row.starts_with('#'));
            format!(
                "{}\n {}",
                remarks.join("\n"),
                data.join("\t ").replace(' ', "\n  ").to_uppercase()
            )
        })
        .collect::<Vec<_>>()
        .join("\n");
    let read = Share::parse_all(&typed).unwrap();
    assert_eq!(read.len(), 5);
    for (share, read) in shares.iter().zip(&read) {
        assert!(share.set == read.set && share.number == read.number);
        assert_eq!((read.owner(), read.set()), (&owner(), share.set()));
    }
    assert_eq!(*join(&read).unwrap().to_phrase(), *words.to_phrase());
}

#[test]
fn shares_print_nothing_of_themselves() {
    let (_, shares) = set(12, quorum(2, 2));
    assert_eq!(format!("{shares:?}"), "[Share(..), Share(..)]");
    let errors = [
        format!("{:?}", Share::parse_all(&one_line(&shares[0])[..60]).unwrap_err()),
        format!("{}", refused(&shares[..1])),
    ];
    assert!(errors.iter().all(|error| !error.contains("mrms-share-1q")), "{errors:?}");
}

// Values that other implementations must give: x = 1, 2 of one byte under 0x11d. f(x) = 5 + 2x.
#[test]
fn the_field_is_the_documented_one() {
    let double = |x: u8| (x << 1) ^ if x & 0x80 == 0 { 0 } else { 0x1d };
    let point = |x: u8| blahaj::Share::try_from([x, 5 ^ double(x)].as_slice()).unwrap();
    for pair in [[1, 2], [2, 3], [129, 200], [255, 16]] {
        let points = pair.map(point);
        assert_eq!(blahaj::Sharks(2).recover(&points).unwrap(), [5], "{pair:?}");
    }
}

proptest! {
    #[test]
    fn any_threshold_of_any_set_joins_and_one_less_does_not(
        (count, threshold, order, seed) in (2_u8..=MOST_SHARES).prop_flat_map(|count| (
            Just(count),
            2..=count,
            Just((1..=count).collect::<Vec<_>>()).prop_shuffle(),
            any::<u64>(),
        ))
    ) {
        let (words, shares) = set(seed, quorum(threshold, usize::from(count)));
        let enough = choose(&shares, &order[..usize::from(threshold)]);
        prop_assert_eq!(join(&enough).unwrap().to_phrase(), words.to_phrase());
        let few = join(&enough[1..]).unwrap_err();
        let found = usize::from(threshold) - 1;
        prop_assert_eq!(few, JoinError::TooFew { needed: threshold, found });
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(mrms-share-1)?[ac-hj-np-z02-9 \n#]{0,400}") {
        let _ = Share::parse_all(&text);
    }
}
