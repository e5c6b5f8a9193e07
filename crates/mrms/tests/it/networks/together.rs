//! Files that are sent together on a network, while no block comes.

use std::fs;

use super::People;
use super::software::Software;
use crate::support::text;

#[test]
fn import_tells_each_file_that_was_sent_and_waits_and_puts_it_on_record_once() {
    let mut people = People::on(Software::Api8);
    fs::create_dir(people.home.work().join("many")).unwrap();
    for name in ["a", "b", "c"] {
        people.home.file(&format!("many/{name}.txt"), format!("note {name}"));
    }
    people.network.hold();
    people.home.set("MRMS_WAIT", "1");
    let imported = people.run("patient", &["import", "many"]);
    assert_eq!(imported.code, Some(6), "{imported:?}");
    let rows = imported.rows();
    let codes: Vec<_> = rows[..3].iter().map(|row| text(row, "code")).collect();
    assert_eq!(codes, ["transaction-pending", "import-together", "import-together"]);
    assert!(text(&rows[1], "message").contains("a.txt"), "{}", rows[1]);
    people.network.release(0);
    people.network.go_on_at_once();
    assert_eq!(people.run("patient", &["list"]).ok().rows().len(), 3);
    let again = people.run("patient", &["import", "many"]).ok().rows();
    assert_eq!(again.last().unwrap()["known"], 3);
    assert_eq!(people.run("patient", &["list"]).ok().rows().len(), 3);
}
