//! A patient who gave a clinic something, on a node behind a proxy: what keeps an end from getting out?

use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};

use mrms_stacks::client::{ClientSettings, RpcClient};

use crate::remote::Node;
use crate::remote::proxy::{Fault, Proxy};
use crate::support::{Home, NOTE, Run};

/// A home whose patient gave a clinic record 7 by name and all records, and a node behind a proxy.
pub(crate) struct Scene {
    pub(crate) home: Home,
    pub(crate) node: Node,
    proxy: Proxy,
    /// What the node does not answer, by a part of the path, and how.
    unanswered: Arc<Mutex<Vec<(&'static str, Fault)>>>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::of(home(), &[])
    }

    /// The same on a node that makes blocks when it is told to, where commands wait a moment for them.
    pub(crate) fn by_hand() -> Self {
        let mut home = home();
        home.set("MRMS_WAIT", "1");
        Self::of(home, &["--mine", "manual", "--admin"])
    }

    pub(crate) fn of(home: Home, more: &[&str]) -> Self {
        let node = Node::start_with(&home, more);
        let unanswered = Arc::new(Mutex::new(Vec::<(&str, Fault)>::new()));
        let script = Arc::clone(&unanswered);
        let proxy = Proxy::before(&node.url, move |line| {
            let script = script.lock().unwrap();
            let found = script.iter().find(|(part, _)| line.contains(&format!("/{part}")));
            found.map_or(Fault::None, |(_, fault)| *fault)
        });
        Self { home, node, proxy, unanswered }
    }

    /// The proxy's address.
    pub(crate) fn url(&self) -> &str {
        &self.proxy.url
    }

    pub(crate) fn clinic(&self) -> String {
        self.home.principal("clinic").to_owned()
    }

    pub(crate) fn command(&self, name: &str, line: &[&str]) -> Command {
        let mut command = self.home.command(name, line);
        command
            .arg("--json")
            .env("MRMS_LEDGER_URL", &self.proxy.url)
            .env("MRMS_CONTRACT", self.home.contract());
        command
    }

    pub(crate) fn run(&self, name: &str, line: &[&str]) -> Run {
        self.home.run(self.command(name, line))
    }

    /// The same as people read it.
    pub(crate) fn text(&self, name: &str, line: &[&str]) -> Run {
        let mut command = self.home.command(name, line);
        command.env("MRMS_LEDGER_URL", self.url()).env("MRMS_CONTRACT", self.home.contract());
        self.home.run(command)
    }

    /// The same where no file grows: as on a full disk.
    pub(crate) fn run_on_a_full_disk(&self, name: &str, line: &[&str]) -> Run {
        let mrms = self.command(name, line);
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]);
        command.arg(mrms.get_program()).args(mrms.get_args());
        for (name, value) in mrms.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(mrms.get_current_dir().unwrap());
        self.home.run(command)
    }

    pub(crate) fn does_not_answer(&self, part: &'static str, fault: Fault) {
        self.answers_so(&[(part, fault)]);
    }

    pub(crate) fn answers_so(&self, all: &[(&'static str, Fault)]) {
        *self.unanswered.lock().unwrap() = all.to_vec();
    }

    pub(crate) fn answers(&self) {
        self.answers_so(&[]);
    }

    /// Without the node's proxy.
    pub(crate) fn client(&self) -> RpcClient {
        RpcClient::new(&self.node.url, ClientSettings::default()).unwrap()
    }

    /// How many transactions of the patient there are, those that wait included.
    pub(crate) fn sent(&self) -> u64 {
        self.sent_by("patient")
    }

    /// The same of anybody.
    pub(crate) fn sent_by(&self, name: &str) -> u64 {
        let account = self.home.principal(name).parse().unwrap();
        self.client().nonces(&account).unwrap().next.number()
    }

    /// How many operations wait in the patient's outbox.
    pub(crate) fn waiting(&self) -> usize {
        let outbox = self.home.profile_folder("patient").join("outbox");
        fs::read_dir(outbox).map_or(0, Iterator::count)
    }

    /// By an honest node, the clinic can open nothing.
    #[track_caller]
    pub(crate) fn assert_shut_out(&self) {
        self.answers();
        self.run("clinic", &["access", "7", "-o", "one", "--force"]).refused(4, "grant-revoked");
        self.assert_shares_nothing();
    }

    /// The same by the patient's list: on a node that makes blocks by hand, who opens something would wait for one.
    #[track_caller]
    pub(crate) fn assert_shares_nothing(&self) {
        self.answers();
        let shared = self.run("patient", &["shared"]).ok();
        assert!(shared.rows().is_empty(), "{shared:?}");
    }

    pub(crate) fn end(self) {
        drop(self.proxy);
        self.node.stop();
    }
}

fn home() -> Home {
    let home = Home::with(&["patient", "clinic"]);
    home.file("note.txt", NOTE);
    home.json("patient", &["create", "note.txt", "--id", "7"]).ok();
    let clinic = home.principal("clinic").to_owned();
    home.json("patient", &["grant", "7", &clinic, "--for", "30d"]).ok();
    home.json("patient", &["grant", "--all-records", &clinic, "--for", "30d", "--yes"]).ok();
    home.json("patient", &["list"]).ok();
    home
}
