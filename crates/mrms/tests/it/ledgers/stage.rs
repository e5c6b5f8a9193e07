//! A home on a ledger of some kind, and time that passes on it.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::time::Duration;

use crate::networks::software::{Network, Software};
use crate::remote::Node;
use crate::remote::proxy::{Fault, Proxy};
use crate::support::{Home, number, text};

/// Which ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// In each command's own process.
    InProcess,
    /// Served over HTTP by a node of the home.
    Served,
    /// The same behind a network that fails.
    Failing,
    /// A Stacks network that is reached through this software, and whose burn heights are told a block behind.
    Network(Software),
}

/// Most faults in a row: a client tries five times.
const IN_A_ROW: u32 = 3;
/// Every how many-th request meets a fault, roughly.
const ONE_IN: u32 = 8;

/// A home on a ledger.
pub(super) struct Stage {
    home: Home,
    kind: Kind,
    node: Option<Node>,
    proxy: Option<Proxy>,
    network: Option<Network>,
}

/// A home whose people have money on a network, a contract and a published key each.
fn on_a_network(network: &Network, people: &[&str]) -> Home {
    let mut home = Home::empty();
    home.set("MRMS_LEDGER_URL", &network.url);
    home.set("MRMS_WAIT", "30");
    home.always("--yes");
    for name in people {
        home.join(name);
        network.chain().fund(home.principal(name));
    }
    let deployed = home.json(people[0], &["contract", "deploy"]).ok().object();
    home.set("MRMS_CONTRACT", text(&deployed, "contract_id"));
    for name in people {
        home.json(name, &["key", "publish"]).ok();
    }
    home
}

impl Stage {
    pub(super) fn new(kind: Kind, people: &[&str]) -> Self {
        let network = match kind {
            Kind::Network(software) => Some(Network::start(software)),
            Kind::InProcess | Kind::Served | Kind::Failing => None,
        };
        let home = match &network {
            Some(network) => on_a_network(network, people),
            None => Home::with(people),
        };
        if let Some(network) = network.as_ref().filter(|_| kind != Kind::Network(Software::Index)) {
            network.tell_burn_heights_behind(1);
        }
        let mut stage = Self { home, kind, node: None, proxy: None, network };
        stage.open();
        stage
    }

    /// Whether the ledger has lists of what was refused.
    pub(super) const fn has_lists(&self) -> bool {
        match self.kind {
            Kind::InProcess | Kind::Served | Kind::Failing => true,
            Kind::Network(software) => software.has_lists(),
        }
    }

    /// By how much the burn height grows while a command waits for its block.
    pub(super) const fn burn_blocks_of_a_command(&self) -> u64 {
        match self.kind {
            Kind::InProcess | Kind::Served | Kind::Failing => 0,
            Kind::Network(_) => 3,
        }
    }

    /// How many transactions people sent that are on the chain.
    pub(super) fn transactions(&mut self) -> u64 {
        if let Some(network) = &self.network {
            return network.chain().transactions_of_people();
        }
        self.close();
        let checked = self.home.json("patient", &["node", "fsck"]).ok().object();
        number(&checked, "transactions")
    }

    pub(super) fn home(&self) -> &Home {
        &self.home
    }

    fn open(&mut self) {
        if matches!(self.kind, Kind::InProcess | Kind::Network(_)) {
            return;
        }
        let node = Node::start(&self.home);
        if self.kind == Kind::Failing {
            let proxy = failing(&node.url);
            let contract = self.home.contract();
            self.home.set("MRMS_LEDGER_URL", &proxy.url);
            self.home.set("MRMS_CONTRACT", &contract);
            self.proxy = Some(proxy);
        }
        self.node = Some(node);
    }

    /// The ledger is the home's own again.
    pub(super) fn close(&mut self) {
        self.home.unset("MRMS_LEDGER_URL");
        self.home.unset("MRMS_CONTRACT");
        self.proxy = None;
        if let Some(node) = self.node.take() {
            node.stop();
        }
    }

    /// Lets burn blocks pass; returns the burn height.
    pub(super) fn pass(&mut self, blocks: u64) -> u64 {
        if let Some(network) = &self.network {
            network.chain().advance(blocks);
            return network.chain().burn_height();
        }
        self.close();
        let line = ["node", "advance", &blocks.to_string()];
        let tip = self.home.json("patient", &line).ok().object();
        self.open();
        number(&tip, "burn_height")
    }
}

/// A network that does to requests what networks do, but gets something through in the end. A gateway's
/// word on a transaction ends a command; that is tested where commands are repeated.
fn failing(url: &str) -> Proxy {
    let seed = rand::rand_core::TryRng::try_next_u64(&mut rand::rngs::SysRng).unwrap();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut in_a_row = 0;
    Proxy::before(url, move |line| {
        let is_transaction = line.starts_with("POST /v2/transactions");
        let fault = match rng.random_range(0..7 * ONE_IN) {
            0 => Fault::Lost,
            1 => Fault::AnswerLost,
            2 => Fault::AnswerCut,
            3 => Fault::Doubled,
            4 => Fault::Late(Duration::from_millis(200)),
            5 if !is_transaction => Fault::BadGateway,
            6 if !is_transaction => Fault::GatewayTimeout,
            _ => Fault::None,
        };
        let fault = if in_a_row < IN_A_ROW { fault } else { Fault::None };
        in_a_row = if fault == Fault::None { 0 } else { in_a_row + 1 };
        fault
    })
}
