//! A node that tells no fee, or one that nobody would pay, keeps nobody from ending anything.

use super::People;
use super::costs::fees;
use super::software::Software;
use crate::remote::proxy::{Fault, Proxy};
use crate::support::NOTE;

/// What a node would tell that wants no revoke to be sent.
const FAR_TOO_MUCH: &str = r#"{"estimations":[{"fee":900000000000,"fee_rate":1.0},{"fee":900000000000,"fee_rate":1.0},{"fee":900000000000,"fee_rate":1.0}]}"#;
/// One STX, where the settings do not say.
const CEILING: u64 = 1_000_000;

#[test]
fn end_gets_out_where_the_fee_is_not_told_and_nothing_else_does() {
    for (software, fault) in [
        (Software::Api8, Fault::BadGateway),
        (Software::Api9, Fault::Nonsense),
        (Software::Indexed, Fault::Says(FAR_TOO_MUCH)),
    ] {
        let mut people = People::on(software);
        people.home.file("note.txt", NOTE);
        let clinic = people.principal("clinic");
        for id in ["7", "8"] {
            people.run("patient", &["create", "note.txt", "--id", id]).ok();
            people.run("patient", &["grant", id, &clinic, "--forever"]).ok();
        }
        let script = move |line: &str| match line.contains("/v2/fees/") {
            true => fault,
            false => Fault::None,
        };
        let proxy = Proxy::before(&people.network.url, script);
        people.home.set("MRMS_LEDGER_URL", &proxy.url);
        let created = people.run("patient", &["create", "note.txt", "--id", "9"]);
        assert_ne!(created.code, Some(0), "{fault:?}: {created:?}");
        assert!(people.run("patient", &["tx", "list"]).ok().printed().is_empty(), "{fault:?}");

        let planned = people.run("patient", &["revoke", "7", &clinic, "--dry-run"]).ok().object();
        let [fee] = fees(&planned)[..] else { panic!("{planned}") };
        assert!(fee > 0 && fee <= CEILING, "{planned}");
        let stopped = people.run("patient", &["stop", &clinic]);
        let told = stopped.stderr.matches("no fee that your settings allow").count();
        assert_eq!(told, 1, "{fault:?}: once for both: {stopped:?}");
        stopped.ok();
        for id in ["7", "8"] {
            let late = people.run("clinic", &["access", id, "-o", "late"]);
            assert_ne!(late.code, Some(0), "{fault:?}: {late:?}");
        }
        people.home.set("MRMS_LEDGER_URL", &people.network.url);
        for id in ["7", "8"] {
            people.run("clinic", &["access", id, "-o", "late"]).refused(4, "grant-revoked");
        }
    }
}
