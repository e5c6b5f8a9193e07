//! What operators are given is about figures that exist: each that an alert or a panel asks for is told by a service.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use mrms_stacks::client::{ClientSettings, Transport};

use crate::clinic::{free_addresses, setup};
use crate::service::Service;
use crate::support::{Home, text};

fn packaged(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packaging").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The words of a text that are names of figures.
fn figures(text: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !is_word(c));
    let is_figure = |word: &&str| word.starts_with("mrms_") || word.starts_with("process_");
    words.filter(is_figure).map(str::to_owned).collect()
}

/// The figures that a service tells, by what it announces of each, with those that a histogram has.
fn told(url: &str) -> BTreeSet<String> {
    let transport = Transport::new(url, ClientSettings::default()).unwrap();
    let answer = transport.get("/metrics").unwrap();
    let text = String::from_utf8(answer.body).unwrap();
    let mut told = BTreeSet::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        told.insert(name.to_owned());
        if kind == "histogram" {
            told.extend(["bucket", "sum", "count"].map(|part| format!("{name}_{part}")));
        }
    }
    told
}

#[test]
fn each_figure_of_alerts_and_dashboard_is_told_by_a_service() {
    let home = Home::empty();
    let addresses = free_addresses();
    setup(&home, &addresses, &[]).ok();
    let up = Service::start(&home, "clinic", &["up"]);
    let node = text(&up.told["node"], "url");
    let links = Service::start(&home, "clinic", &["link", "serve"]);
    let line = ["index", "--events", "127.0.0.1:0", "--node", node];
    let index = Service::start(&home, "clinic", &line);
    let urls = ["vault", "sponsor"].map(|name| text(&up.told[name], "url"));
    let urls = urls.into_iter().chain([node, text(&links.told, "url"), text(&index.told, "url")]);
    let told: BTreeSet<_> = urls.flat_map(told).collect();
    for service in [links, index, up] {
        service.stop();
    }

    let rules = packaged("prometheus/mrms.rules.yml");
    let asked = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    let asked = figures(&asked.collect::<Vec<_>>().join("\n"));
    assert!(asked.len() > 10, "{asked:?}");
    assert_eq!(asked.difference(&told).collect::<Vec<_>>(), [] as [&String; 0]);

    let dashboard: serde_json::Value =
        serde_json::from_str(&packaged("grafana/mrms.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let shown = figures(&targets.map(|one| text(one, "expr")).collect::<Vec<_>>().join("\n"));
    assert!(shown.len() > 20, "{shown:?}");
    assert_eq!(shown.difference(&told).collect::<Vec<_>>(), [] as [&String; 0]);

    // The chapter for operators names no figure that does not exist.
    let chapter = fs::read_to_string(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md"),
    );
    let is_of_a_service = |name: &&String| {
        let services = ["node", "vault", "sponsor", "links", "index"];
        services.iter().any(|service| name.starts_with(&format!("mrms_{service}_")))
    };
    let named: BTreeSet<_> =
        figures(&chapter.unwrap()).iter().filter(is_of_a_service).cloned().collect();
    assert!(named.len() > 10, "{named:?}");
    assert_eq!(named.difference(&told).collect::<Vec<_>>(), [] as [&String; 0]);
}

/// promtool runs these tests in `packaging/test.sh`.
#[test]
fn each_alert_has_a_test_in_which_it_is_told() {
    let rules = packaged("prometheus/mrms.rules.yml");
    let alerts: BTreeSet<_> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 20, "{alerts:?}");
    let tests = packaged("prometheus/tests.yml");
    // One that is expected not to be told stands in one line.
    let told: BTreeSet<_> =
        tests.lines().filter_map(|line| line.trim().strip_prefix("alertname: ")).collect();
    assert_eq!(alerts.difference(&told).collect::<Vec<_>>(), [] as [&&str; 0]);
}
