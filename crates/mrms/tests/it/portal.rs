//! The portal's pages as a browser without script asks for them. How they look, and what script adds, is tested in a real browser
//! (`tests/portal`).

mod browser;
mod door;
mod ends;

use std::fs;

use self::browser::{Browser, Page, another, encoded, open, passphrase};
use crate::service::Service;
use crate::support::{Home, NOTE};

/// A passphrase that no profile has at first.
const NEW: &str = "eleven quiet rivers under a paper moon";

#[test]
fn passphrase_is_changed_and_what_was_open_elsewhere_is_locked() {
    let home = Home::with(&["patient", "clinic"]);
    let old = passphrase(&home);
    let (_service, browser) = open(&home, "patient");
    let (second, clinic) = (another(&home, "patient"), another(&home, "patient"));
    second.unlock("patient", &old).leads_to("/");
    clinic.unlock("clinic", &old).leads_to("/");
    home.json("patient", &["key", "unlock", "--for", "5m"]).ok();
    browser.get("/settings").has(200, &["href=\"/settings/passphrase\""]);
    browser.get("/settings/passphrase").has(200, &["name=\"old\"", "name=\"again\""]);
    let change = |old: &str, new: &str, again: &str| {
        let fields = [("old", old), ("passphrase", new), ("again", again)];
        browser.post("/settings/passphrase", &fields)
    };
    change(&old, NEW, "another").has(422, &["not the same"]);
    change(&old, "Passwort123", "Passwort123").has(422, &["too easy to guess"]);
    change("not this one", NEW, NEW).has(403, &["Nothing was changed"]);
    second.get("/settings").has(200, &[]);
    let done = change(&old, NEW, NEW);
    done.leads_to("/settings/passphrase?changed=yes&windows=1&agent=ended");
    let told = browser.get(done.to.as_deref().unwrap());
    told.has(200, &["is changed", "Another one", "commands in a terminal"]);
    assert_eq!(second.get("/settings").to.as_deref(), Some("/unlock?next=%2Fsettings"));
    clinic.get("/settings").has(200, &[]);
    browser.get("/records").has(200, &[]);
    let locked = home.json("patient", &["key", "lock"]).ok().object();
    assert_eq!(locked["was_unlocked"], false, "the key agent has ended");
    home.json("patient", &["key", "publish"]).refused(4, "wrong-passphrase");
    home.file("new", NEW);
    home.json("patient", &["key", "publish", "--passphrase-file", "new"]).ok();
    second.unlock("patient", &old).has(403, &["not right"]);
    second.unlock("patient", NEW).leads_to("/");
}

#[test]
fn wrong_passphrases_are_counted_together_wherever_they_are_typed() {
    let home = Home::with(&["patient"]);
    let old = passphrase(&home);
    let (_service, browser) = open(&home, "patient");
    fn fields(old: &str) -> [(&str, &str); 3] {
        [("old", old), ("passphrase", NEW), ("again", NEW)]
    }
    let other = another(&home, "patient");
    let places: [&dyn Fn() -> Page; 3] = [
        &|| other.unlock("patient", "wrong"),
        &|| browser.post("/settings/passphrase", &fields("wrong")),
        &|| browser.post("/settings/words", &[("passphrase", "wrong")]),
    ];
    // Each is refused twice; the last ones have to wait for it.
    let (mut refused, mut waited) = (0, 0);
    for place in places.iter().cycle() {
        while place().status == 429 {
            waited += 1;
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        refused += 1;
        if refused == 6 {
            break;
        }
    }
    assert!(waited > 0, "six wrong tries have to wait");
    browser.post("/settings/passphrase", &fields(&old)).has(429, &["Too many wrong tries"]);
    other.unlock("patient", &old).has(429, &["Too many wrong tries"]);
}

#[test]
fn lock_says_whose_records_are_behind_it_and_lets_choose_by_name() {
    let mut home = Home::with(&["ana"]);
    let service = Service::start(&home, "ana", &["portal"]);
    let browser = Browser::enter(service.told["link"].as_str().unwrap());
    let page = browser.get("/unlock").has(200, &["ana", "name=\"profile\" value=\"ana\""]);
    assert!(!page.text.contains("<select id=\"profile\""), "{}", page.text);
    home.join("default");
    let page = browser.get("/unlock").has(200, &["<select id=\"profile\""]);
    assert!(page.text.contains("value=\"ana\""), "{}", page.text);
    assert!(page.text.contains(">default (the first on this computer)<"), "{}", page.text);
    browser.unlock("default", &passphrase(&home)).leads_to("/");
    service.stop();
}

/// The words on a page.
fn words_on(page: &Page) -> Vec<String> {
    let list = page.text.split("<ol class=\"words\">").nth(1).unwrap();
    let list = list.split("</ol>").next().unwrap();
    let items = list.split("<li>").skip(1);
    items.map(|one| one.split('<').next().unwrap().trim().to_owned()).collect()
}

#[test]
fn first_profile_is_made_once_and_its_words_are_read_again_until_they_are_noted() {
    let home = Home::empty();
    let service = Service::start(&home, "default", &["portal"]);
    let browser = Browser::enter(service.told["link"].as_str().unwrap());
    let secret = passphrase(&home);
    // Two presses of the button.
    let pressed: Vec<_> = (0..2)
        .map(|_| {
            let (browser, secret) = (browser.clone(), secret.clone());
            std::thread::spawn(move || {
                browser.post("/welcome", &[("passphrase", &secret), ("again", &secret)])
            })
        })
        .collect();
    for one in pressed {
        one.join().unwrap().leads_to("/words");
    }
    let words = words_on(&browser.get("/words").has(200, &["href=\"/words/check\""]));
    assert_eq!(words.len(), 24);
    let kept = home.command("default", &["key", "words"]).output().unwrap().stdout;
    let kept = String::from_utf8(kept).unwrap();
    let kept: Vec<_> = kept.split_whitespace().filter(|word| word.parse::<u8>().is_err()).collect();
    assert!(kept == words, "the keystore has the words that were shown");
    assert_eq!(home.json("default", &["profile", "list"]).ok().rows().len(), 1);
    // Back, and the form once more.
    browser.get("/welcome").leads_to("/words");
    browser.post("/welcome", &[("passphrase", &secret), ("again", &secret)]).leads_to("/words");
    let asked = browser.get("/words/check").has(200, &["href=\"/words\""]);
    let places: Vec<usize> = asked
        .text
        .split("name=\"place\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
        .collect();
    let typed: Vec<_> = places.iter().map(|place| (place.to_string(), &words[*place])).collect();
    let wrong = typed.iter().flat_map(|(place, _)| [("place", place.as_str()), ("word", "wrong")]);
    browser.post("/words/check", &wrong.collect::<Vec<_>>()).has(422, &["href=\"/words\""]);
    assert!(words_on(&browser.get("/words")) == words, "they are the same");
    let right =
        typed.iter().flat_map(|(place, word)| [("place", place.as_str()), ("word", word.as_str())]);
    browser.post("/words/check", &right.collect::<Vec<_>>()).leads_to("/");
    for path in ["/words", "/words/check"] {
        browser.get(path).leads_to("/");
    }
    service.stop();
}

#[test]
fn account_is_brought_back_once_however_often_the_form_is_sent() {
    let (before, home) = (Home::with(&["patient"]), Home::empty());
    let service = Service::start(&home, "default", &["portal"]);
    let browser = Browser::enter(service.told["link"].as_str().unwrap());
    let (secret, words) = (passphrase(&home), before.phrase("patient"));
    let fields = [("given", words.as_str()), ("passphrase", &secret), ("again", &secret)];
    browser.post("/recover", &fields).has(200, &[]);
    browser.post("/recover", &fields).leads_to("/");
    let made = home.json("default", &["profile", "list"]).ok().rows();
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["principal"], before.principal("patient"));
    service.stop();
}

/// A patient who has a name for the clinic, which can open a record.
fn with_clinic() -> (Home, String, String) {
    let home = Home::with(&["patient", "clinic"]);
    let clinic = home.principal("clinic").to_owned();
    home.json("patient", &["people", "add", &clinic, "--name", "Clinic B", "--yes"]).ok();
    home.json("patient", &["card", "set", "--name", "Ana Muster"]).ok();
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.json("patient", &["list"]).ok();
    (home, id, clinic)
}

#[test]
fn damaged_address_book_keeps_nobody_from_their_records_and_nothing_is_written_over_it() {
    let (home, id, clinic) = with_clinic();
    let file = home.profile_folder("patient").join("people.sealed");
    let whole = fs::read(&file).unwrap();
    let (_service, browser) = open(&home, "patient");
    browser.get("/people").has(200, &["Clinic B"]);
    fs::write(&file, b"{ damaged").unwrap();
    let person = format!("/people/{clinic}");
    for path in ["/", "/records", "/people", "/family", "/who", "/settings", "/shared", &person] {
        browser.get(path).has(200, &["href=\"/damaged\""]);
    }
    browser.get("/damaged").has(200, &["people.sealed", "action=\"/damaged\""]);
    browser
        .post(&format!("/people/{clinic}/name"), &[("name", "Clinic B")])
        .has(409, &["people.sealed"]);
    assert_eq!(fs::read(&file).unwrap(), b"{ damaged", "nothing is written over it");
    browser
        .post(&format!("/people/{clinic}/stop"), &[])
        .leads_to(&format!("/people/{clinic}?done=stopped"));
    home.json("clinic", &["access", &id, "-o", "one"]).refused(4, "grant-revoked");
    // Brought back from a backup.
    fs::write(&file, &whole).unwrap();
    let page = browser.get("/people").has(200, &["Clinic B"]);
    assert!(!page.text.contains("/damaged"), "{}", page.text);
    // Or set aside.
    fs::write(&file, b"{ damaged").unwrap();
    browser.get("/people").has(200, &["href=\"/damaged\""]);
    browser.post("/damaged", &[]).leads_to("/damaged?done=aside");
    browser.get("/damaged?done=aside").has(200, &["set aside"]);
    assert_eq!(fs::read(file.with_extension("unreadable")).unwrap(), b"{ damaged");
    assert!(!file.exists());
    let renamed = browser.post(&format!("/people/{clinic}/name"), &[("name", "Clinic C")]);
    renamed.leads_to(&person);
    browser.get("/people").has(200, &["Clinic C"]);
    // What is whole is not set aside.
    browser.post("/damaged", &[]).leads_to("/damaged?done=aside");
    browser.get("/people").has(200, &["Clinic C"]);
}

#[test]
fn no_damaged_file_of_a_profile_keeps_the_portal_shut_or_a_share_from_being_stopped() {
    let (home, id, clinic) = with_clinic();
    let (_service, browser) = open(&home, "patient");
    browser.get("/").has(200, &[]);
    let files = fs::read_dir(home.profile_folder("patient")).unwrap();
    let files = files.map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        path.is_file()
            && !["keystore.age", "profile.json"].contains(&name)
            && !name.ends_with(".lock")
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    assert!(files.iter().any(|path| path.ends_with("card.sealed")), "{files:?}");
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        home.grant(&id, "clinic", &["--for", "30d"]);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, b"{ damaged").unwrap();
        // As after a restart of the portal: nothing was read before.
        browser.post("/lock", &[]).leads_to("/unlock");
        browser.unlock("patient", &passphrase(&home)).leads_to("/");
        let home_page = browser.get("/");
        let people = browser.get("/people");
        let stopped = browser.post(&format!("/people/{clinic}/stop"), &[]);
        let kept = fs::read(&path).unwrap();
        fs::write(&path, whole).unwrap();
        assert_eq!((home_page.status, people.status), (200, 200), "{name}: {}", home_page.text);
        assert!([200, 303].contains(&stopped.status), "{name}: {}", stopped.text);
        home.json("clinic", &["access", &id, "-o", "one", "--force"]).refused(4, "grant-revoked");
        if ["people.sealed", "card.sealed", "versions.sealed"].contains(&name.as_str()) {
            assert_eq!(kept, b"{ damaged", "{name}");
            assert!(home_page.text.contains("href=\"/damaged\""), "{name}: {}", home_page.text);
        }
    }
}

#[test]
fn whoever_declares_an_emergency_is_named_where_they_stand() {
    let home = Home::with(&["patient", "clinic"]);
    let clinic = home.principal("clinic").to_owned();
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d", "--emergency", "--yes"]);
    let emergency = ["access", &id, "--emergency", "unconscious", "-o", "emergency", "--yes"];
    home.json("clinic", &emergency).ok();
    let (_service, browser) = open(&home, "patient");
    let (record, log) = (format!("/records/{id}"), format!("/records/{id}/log"));
    let place = format!("href=\"/people/{clinic}/name?next=");
    for path in ["/", "/who", &record, &log] {
        let page = browser.get(path).has(200, &[&place]);
        assert_eq!(page.text.matches(&place).count(), 1, "once a page: {}", page.text);
        assert!(!page.text.replace(&place, "").contains(&format!(">{clinic}")), "{}", page.text);
    }
    let address = format!("/people/{clinic}/name");
    let page = browser.get(&format!("{address}?next={}", encoded(&log)));
    page.has(200, &["Give a name", &format!("value=\"{log}\"")]);
    browser
        .post(&address, &[("name", "  "), ("next", &log)])
        .has(422, &["Nothing can be read in this name"]);
    let named = browser.post(&address, &[("name", "Hospital North"), ("next", &log)]);
    named.leads_to(&log);
    for path in ["/", "/who", &record, &log] {
        let page = browser.get(path).has(200, &["Hospital North"]);
        assert!(!page.text.contains(&place), "{}", page.text);
    }
    let elsewhere = [("name", "Hospital North"), ("next", "//evil.example/")];
    browser.post(&address, &elsewhere).leads_to(&format!("/people/{clinic}"));
    // Nobody names themselves.
    let own = format!("/people/{}/name", home.principal("patient"));
    browser.get(&own).has(404, &[]);
}

#[test]
fn records_of_somebody_for_whom_one_acts_have_their_kind_and_day_and_the_patient_gets_a_name() {
    let home = Home::with(&["patient", "daughter"]);
    let (mother, daughter) =
        (home.principal("patient").to_owned(), home.principal("daughter").to_owned());
    let note = home.create("note.txt", NOTE);
    home.file("letter.pdf", b"%PDF-1.4\n% a letter\n");
    home.json(
        "patient",
        &["delegate", &daughter, "--may", "see,share,add", "--for", "30d", "--yes"],
    )
    .ok();
    home.json("patient", &["create", "letter.pdf", "--label", "Letter of May"]).ok();
    home.json("patient", &["list"]).ok();
    let (_service, browser) = open(&home, "daughter");
    browser.post("/acting/begin", &[("patient", &mother)]).leads_to("/acting");
    let page = browser.get("/acting").has(200, &["Letter of May", "note.txt"]);
    let rows: Vec<_> = page.text.split("<li class=\"row\">").skip(1).collect();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].contains("Document (PDF) · <time"), "{}", rows[0]);
    assert!(rows[1].contains("Text · <time") && rows[1].contains("added "), "{}", rows[1]);
    let found = browser.get("/acting?q=pdf").text;
    assert!(found.contains("Letter of May") && !found.contains("note.txt"), "{found}");
    // Nothing was opened for it.
    let log = home.json("patient", &["audit", &note]).ok().rows();
    assert!(log.iter().all(|line| line["action"] != "access"), "{log:?}");
    let address = format!("/acting/people/{mother}/name");
    browser.get("/acting").has(200, &[&format!("href=\"{address}?next=%2Facting\"")]);
    browser.get(&address).has(200, &[&format!("action=\"{address}\"")]);
    browser.post(&address, &[("name", "Mother"), ("next", "/acting")]).leads_to("/acting");
    browser.get("/acting").has(200, &["Records of Mother", "Change the name"]);
    let own = home.json("daughter", &["people", "list"]).ok().rows();
    assert!(own.iter().any(|row| row.to_string().contains("Mother")), "{own:?}");
}
