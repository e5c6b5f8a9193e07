//! Every public function of the contract is called by a command: the table of docs/for-developers.md names it, and here it
//! runs. What a command called is read in the ledger and not in what the command says.

use std::collections::{BTreeMap, BTreeSet};

use mrms_node::chain::{self, Ledger, Outcomes, Page, Settings};
use mrms_stacks::abi::{Access, Interface};
use mrms_stacks::transaction::{Payload, Transaction};

use crate::service::Service;
use crate::support::{Home, NOTE, text};

/// More transactions than a home of this test has.
const ALL: Page = Page::oldest(1_000);

/// A row of the table.
#[derive(Debug)]
struct Row {
    /// The words of the command after `mrms`; none where no command calls the function.
    command: Option<Vec<&'static str>>,
    /// The portal's route; none where no page calls it.
    page: Option<&'static str>,
}

/// The rows, by function.
fn table() -> BTreeMap<&'static str, Row> {
    let page = include_str!("../../../../docs/for-developers.md");
    let begin = page.find("| function | command | page of the portal |").unwrap();
    let rows = page[begin..].lines().skip(2).take_while(|line| line.starts_with('|'));
    let quoted = |cell: &'static str| cell.split('`').nth(1);
    let row = |line: &'static str| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, function, command, page, _] = cells[..] else { panic!("{line}") };
        let is_none = |cell: &str| cell.starts_with("none");
        let command = quoted(command).filter(|_| !is_none(command)).map(|command| {
            let words = command.strip_prefix("mrms ").unwrap().split(' ');
            words.filter(|word| *word != "…").collect()
        });
        let page = quoted(page).filter(|_| !is_none(page));
        (quoted(function).unwrap(), Row { command, page })
    };
    rows.map(row).collect()
}

/// A home, and the functions that its commands have called.
struct Scene {
    home: Home,
    table: BTreeMap<&'static str, Row>,
    called: BTreeSet<&'static str>,
}

impl Scene {
    /// The functions of the contract that the home's transactions call, in the order of the blocks.
    fn functions(&self) -> Vec<String> {
        let ledger = Ledger::open(&self.home.root().join("ledger"), Settings::default()).unwrap();
        let contract = chain::ContractId::parse(&self.home.contract()).unwrap();
        let stored = ledger
            .read(move |snapshot| snapshot.contract_transactions(&contract, Outcomes::All, ALL));
        let name = |raw: &[u8]| match Transaction::decode(raw).unwrap().payload() {
            Payload::ContractCall(call) => Some(call.function.to_string()),
            _ => None,
        };
        stored.unwrap().iter().filter_map(|stored| name(&stored.raw)).collect()
    }

    /// Runs the command that the table names for a function, and finds that it calls it.
    #[track_caller]
    fn calls(&mut self, function: &'static str, who: &str, line: &[&str]) -> crate::support::Run {
        let words = self.table.get(function).and_then(|row| row.command.clone());
        let words = words.unwrap_or_else(|| panic!("the table has no command for {function}"));
        let mut rest = line.iter();
        for word in &words {
            assert!(rest.any(|one| one == word), "{words:?} is not how {line:?} goes");
        }
        let before = self.functions().len();
        let run = self.home.json(who, line).ok();
        let called = self.functions().split_off(before);
        assert!(called.iter().any(|one| one == function), "{line:?} called {called:?}");
        self.called.insert(function);
        run
    }

    fn name(&self, who: &str) -> String {
        self.home.principal(who).to_owned()
    }

    /// A card of somebody, among another's people.
    fn card(&self, who: &str, name: &str, reader: &str) {
        let card = self.home.json(who, &["card", "set", "--name", name]).ok().object();
        self.home.json(reader, &["people", "add", text(&card, "text"), "--yes"]).ok();
    }

    fn records(&mut self) {
        let (clinic, patient) = (self.name("clinic"), self.name("patient"));
        for name in ["note.txt", "second.txt", "third.txt"] {
            self.home.file(name, [NOTE, name.as_bytes()].concat());
        }
        self.calls("create-medical-record", "patient", &["create", "note.txt", "--id", "123"]);
        self.home.json("patient", &["create", "second.txt", "--id", "124"]).ok();
        self.calls("amend-record-version", "patient", &["amend", "123", "third.txt"]);
        self.calls("grant-record-access", "patient", &["grant", "123", &clinic, "--for", "30d"]);
        let version = ["access", "123", "--version", "2", "-o", "by-version"];
        self.calls("access-medical-record", "clinic", &["access", "123", "-o", "opened"]);
        self.calls("access-record-version", "clinic", &version);
        let amend = ["grant", "123", &clinic, "--amend", "--for", "30d"];
        self.calls("grant-record-rights", "patient", &amend);
        let direct = ["grant", "124", &clinic, "--direct", "--for", "30d", "--yes"];
        self.calls("put-key-envelope", "patient", &direct);
        self.calls("revoke-record-access", "patient", &["revoke", "124", &clinic]);
        self.home
            .json("patient", &["grant", "124", &clinic, "--emergency", "--for", "30d", "--yes"])
            .ok();
        let emergency = ["access", "124", "--emergency", "unconscious", "-o", "emergency", "--yes"];
        self.calls("emergency-access", "clinic", &emergency);
        let link = ["link", "create", "123", "124", "--for", "1d", "--yes"];
        let host = Service::start(&self.home, "patient", &["link", "serve"]);
        self.calls("grant-many", "patient", &link);
        host.stop();
        let all = ["grant", "--all-records", "--to", &clinic, "--for", "30d", "--yes"];
        self.calls("grant-standing-access", "patient", &all);
        let none = ["revoke", "--all-records", "--from", &clinic, "--yes"];
        self.calls("revoke-standing-access", "patient", &none);
        let sent = self.calls("transfer-patient", "clinic", &["send", &patient, "note.txt"]);
        let sent = text(&sent.object(), "record_id").to_owned();
        self.calls("accept-patient", "patient", &["accept", &sent]);
        self.calls("publish-encryption-key", "patient", &["key", "rotate", "--yes"]);
        self.calls("anchor-vault-log", "patient", &["vault", "anchor"]);
    }

    fn family(&mut self) {
        let (patient, daughter, neighbour) =
            (self.name("patient"), self.name("daughter"), self.name("neighbour"));
        let may = ["delegate", &daughter, "--may", "see,share,add", "--for", "30d", "--yes"];
        self.calls("set-delegate", "patient", &may);
        self.home.file("for-her.txt", b"from the daughter");
        self.calls("create-record-for", "daughter", &["as", &patient, "create", "for-her.txt"]);
        let keep = ["delegate", &daughter, "--end", "--keep-grants", "--yes"];
        self.calls("remove-delegate", "patient", &keep);
        self.home.json("patient", &may).ok();
        let end = ["delegate", &daughter, "--end", "--end-grants", "--yes"];
        self.calls("end-delegation", "patient", &end);

        let may = ["contact", &neighbour, "--may", "see", "--wait", "1d", "--yes"];
        self.calls("name-contact", "patient", &may);
        self.calls("ask-for-delegation", "neighbour", &["contact", "ask", &patient]);
        self.calls("refuse-delegation", "patient", &["contact", "refuse", &neighbour, "--yes"]);
        self.home.json("patient", &may).ok();
        self.home.json("neighbour", &["contact", "ask", &patient]).ok();
        self.home.json("patient", &["node", "advance", "144"]).ok();
        self.calls("accept-delegation", "neighbour", &["contact", "accept", &patient]);
    }

    fn staff(&mut self) {
        self.card("clinic", "Clinic Nord", "doctor");
        self.card("doctor", "Dr Quist", "clinic");
        let clinic = self.name("clinic");
        self.calls("set-member", "clinic", &["staff", "add", "Dr Quist", "--forever"]);
        self.home.json("doctor", &["staff", "join", "Clinic Nord"]).ok();
        self.home.json("patient", &["grant", "123", &clinic, "--for", "60d", "--yes"]).ok();
        let open = ["access", "123", "--organisation", "Clinic Nord", "-o", "by-doctor"];
        self.calls("access-for", "doctor", &open);
        self.calls("remove-member", "clinic", &["staff", "remove", "Dr Quist", "--yes"]);
    }

    fn hand_over(&mut self) {
        let next = self.name("next");
        let offer = ["hand-over", "offer", &next, "--yes", "--accept-changed-key"];
        let offer = self.calls("offer-succession", "patient", &offer).object();
        let keys = text(&offer, "text").to_owned();
        let accept = ["hand-over", "accept", &keys, "--keep-all", "--yes"];
        self.calls("accept-succession", "next", &accept);
    }
}

#[test]
fn every_public_function_of_the_contract_is_called_by_the_command_that_the_table_names() {
    let home = Home::with(&["patient", "clinic", "doctor", "daughter", "neighbour", "next"]);
    let contract = chain::ContractId::parse(&home.contract()).unwrap();
    let interface = {
        let ledger = Ledger::open(&home.root().join("ledger"), Settings::default()).unwrap();
        ledger.read(move |snapshot| snapshot.contract_interface(&contract)).unwrap()
    };
    let interface = Interface::parse(&interface).unwrap();
    let public = interface.functions.iter().filter(|one| one.access == Access::Public);
    let public: BTreeSet<_> = public.map(|one| one.name.as_str()).collect();
    let mut scene = Scene { home, table: table(), called: BTreeSet::new() };
    let listed: BTreeSet<_> = scene.table.keys().copied().collect();
    assert_eq!(listed, public, "the table has a row for each public function, and no other");
    scene.records();
    scene.family();
    scene.staff();
    scene.hand_over();
    let with_command = scene.table.iter().filter(|(_, row)| row.command.is_some());
    let with_command: BTreeSet<_> = with_command.map(|(function, _)| *function).collect();
    assert_eq!(scene.called, with_command, "each command of the table ran");
    let alone: Vec<_> = public.difference(&with_command).copied().collect();
    // What it does, `mrms amend` does by the function that names the version.
    assert_eq!(alone, ["amend-medical-record"], "only `contract call` reaches these");
}

#[test]
fn every_page_that_the_table_names_is_a_route_of_the_portal() {
    let routes = include_str!("../../../mrms-portal/src/server.rs");
    let table = table();
    let pages: Vec<_> = table.values().filter_map(|row| row.page).collect();
    assert!(pages.len() > 20, "{pages:?}");
    for page in pages {
        assert!(routes.contains(&format!(".route(\"{page}\"")), "there is no page {page}");
    }
}
