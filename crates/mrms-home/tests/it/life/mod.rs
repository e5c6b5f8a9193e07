//! Two years of a family and of a clinic, by the real use cases on an embedded ledger and two vaults: proxy, growing up, a
//! doctor who leaves, stolen words, and a death with a contact who waits.
//!
//! At each point everybody tries to open every record, and who gets the content is compared with a small model. Time is
//! advanced on record.

mod model;
mod town;

use std::time::Instant;

use mrms_core::Rights;

use town::Town;

/// Everybody who has a profile from the beginning.
const PEOPLE: [&str; 12] = [
    "maria",
    "maria-anew",
    "daughter",
    "neighbour",
    "anna",
    "anna-anew",
    "clinic",
    "quist",
    "adler",
    "sand",
    "berg",
    "family-doctor",
];

#[test]
fn at_each_point_of_two_years_who_can_open_what_is_as_the_model_says() {
    let began = Instant::now();
    let mut town = Town::of(&PEOPLE);
    town.create("maria", "maria", "blood test");
    town.create("maria", "maria", "x-ray");
    town.create("anna", "anna", "vaccination");
    town.check("at the beginning");

    // The daughter acts for her mother for a year, and for her own child until Anna grows up.
    town.name_delegate("maria", "daughter", Some(365));
    town.name_delegate("anna", "daughter", Some(300));
    town.create("daughter", "maria", "letter");
    town.create("anna", "anna", "allergies");
    town.grant_all("maria", "family-doctor", Some(720));
    for (member, days) in
        [("quist", None), ("adler", None), ("sand", Some(540)), ("berg", Some(90))]
    {
        town.employ("clinic", member, days);
    }
    town.grant("maria", "blood test", "clinic", Some(30), Rights::READ);
    town.grant("daughter", "x-ray", "clinic", Some(400), Rights::READ);
    town.tend("maria");
    town.check("proxy, staff and a family doctor");

    town.pass(31);
    town.check("the grant of a month has ended");

    // The clinic may add to the letter, and does; the family doctor and the daughter get its keys from Maria's program.
    town.grant("maria", "letter", "clinic", None, Rights::READ.with(Rights::AMEND));
    town.amend("clinic", "letter");
    town.tend("maria");
    town.check("the clinic added a version");

    town.pass(60);
    town.check("the locum's membership ran out");

    town.dismiss("clinic", "adler");
    town.check("a doctor has left");
    town.grant("maria", "blood test", "clinic", None, Rights::READ);
    town.check("what is shared with the clinic's new key");

    town.pass(210);
    town.check("the day on which Anna grew up");
    town.hand_over("anna", "anna-anew", &[]);
    town.grant("anna-anew", "vaccination", "clinic", Some(200), Rights::READ);
    town.create("anna-anew", "anna-anew", "contraception");
    town.check("Anna has a key of her own");

    town.pass(70);
    town.check("the daughter's year is over");
    town.name_delegate("maria", "daughter", None);
    town.tend("maria");
    town.check("the daughter acts again");

    // Somebody has Maria's words: they are Maria, until she hands over to herself. The family doctor stays; the daughter's
    // machine may be in wrong hands as well.
    town.name_contact("maria", "neighbour", 30);
    town.steal("thief", "maria");
    town.check("stolen words");
    town.hand_over("maria", "maria-anew", &["daughter"]);
    town.tend("maria-anew");
    town.check("Maria has new words");
    town.amend("maria-anew", "blood test");
    town.create("maria-anew", "maria-anew", "MRI");
    town.tend("maria-anew");
    town.check("what came later");
    town.name_delegate("maria-anew", "daughter", Some(365));
    town.grant("daughter", "MRI", "clinic", None, Rights::READ);
    town.end_delegate("maria-anew", "daughter");
    town.check("the daughter's delegation ended with what she granted");

    town.pass(100);
    // Maria has died. A device of hers still runs.
    town.ask_to_act("neighbour", "maria-anew");
    town.pass(29);
    assert!(!town.accept_to_act("neighbour", "maria-anew"), "the wait is not over");
    town.tend("maria-anew");
    town.check("a contact who waits");
    town.pass(1);
    assert!(town.accept_to_act("neighbour", "maria-anew"));
    town.tend("maria-anew");
    town.check("the contact acts for her");

    town.pass(229);
    town.check("two years later");
    println!("{} openings were tried in {:.0?}", town.tried, began.elapsed());
}
