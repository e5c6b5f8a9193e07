//! The control socket: what it allows with and without admin rights, and who can connect.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use mrms_node::chain::{BlockHeight, MicroStx, Operation, fsck};
use mrms_node::control::{AskError, Command, ControlSettings, Done, RefusalCode, Rights, ask};
use serde_json::json;
use tempfile::TempDir;

use crate::rpc_observers::{next_block, observer};
use crate::rpc_server::Served;
use crate::support::{Actor, Bench, COUNTER, RICH, uint};

struct Controlled {
    served: Served,
    place: TempDir,
}

impl Controlled {
    fn new(bench: &Bench, rights: Rights) -> Self {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("node.sock");
        let served = Served::with(bench.ledger(), |settings| {
            settings.control = Some(ControlSettings { path, rights });
        });
        Self { served, place }
    }

    fn path(&self) -> PathBuf {
        self.place.path().join("node.sock")
    }

    fn refusal(&self, command: &Command) -> RefusalCode {
        match ask(&self.path(), command) {
            Err(AskError::Refused { code, .. }) => code,
            other => panic!("not refused: {other:?}"),
        }
    }

    fn done(&self, command: &Command) -> Done {
        ask(&self.path(), command).unwrap()
    }
}

fn faucet(account: &str, amount: &str) -> Command {
    Command::Faucet { account: account.to_owned(), amount: amount.to_owned() }
}

#[test]
fn without_admin_rights_only_the_faucet_is_allowed() {
    let bench = Bench::new();
    let node = Controlled::new(&bench, Rights::Funds);
    for command in [
        Command::Advance { burn_blocks: 1 },
        Command::Mine {},
        Command::Snapshot {},
        Command::Revert { snapshot: "0-0123456789abcdef".to_owned() },
        Command::Mining { mode: mrms_node::control::MiningText::Manual },
    ] {
        assert_eq!(node.refusal(&command), RefusalCode::NotAdmin);
    }
    assert_eq!(bench.tip().height.get(), 0);
    let poor = Actor::new(9).principal;
    let done = node.done(&faucet(&poor.to_string(), "5000"));
    assert_eq!(done.block_height, 1);
    assert_eq!(bench.balance(&poor), 5_000);
    let block = bench.block(BlockHeight::new(1)).unwrap();
    let amount = MicroStx::new(5_000);
    assert_eq!(block.operations, [Operation::Faucet { account: poor, amount }]);
}

#[test]
fn invalid_commands_are_refused_and_change_nothing() {
    let bench = Bench::new();
    let node = Controlled::new(&bench, Rights::Everything);
    let alice = bench.alice.principal.to_string();
    assert_eq!(node.refusal(&faucet("nobody", "5")), RefusalCode::BadRequest);
    assert_eq!(node.refusal(&faucet(&alice, "-5")), RefusalCode::BadRequest);
    assert_eq!(node.refusal(&faucet(&alice, &u128::MAX.to_string())), RefusalCode::OutOfRange);
    let far = Command::Advance { burn_blocks: u64::MAX };
    assert_eq!(node.refusal(&far), RefusalCode::OutOfRange);
    let revert = |text: &str| Command::Revert { snapshot: text.to_owned() };
    assert_eq!(node.refusal(&revert("../ledger")), RefusalCode::BadRequest);
    assert_eq!(node.refusal(&revert("0-0123456789abcdef")), RefusalCode::NoSuchSnapshot);
    let mut stream = UnixStream::connect(node.path()).unwrap();
    stream.write_all(b"{\"mine\":\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("bad-request"), "{answer}");
    assert_eq!(bench.balance(&bench.alice.principal), RICH);
    assert_eq!(bench.tip().height.get(), 0);
}

#[test]
fn endless_line_and_silent_clients_do_not_block_others() {
    let bench = Bench::new();
    let node = Controlled::new(&bench, Rights::Everything);
    let silent: Vec<_> = (0..4).map(|_| UnixStream::connect(node.path()).unwrap()).collect();
    let mut endless = UnixStream::connect(node.path()).unwrap();
    let _ = endless.write_all(&vec![b' '; 1 << 20]);
    assert_eq!(node.done(&Command::Mine {}).block_height, 1);
    drop(silent);
}

#[test]
fn socket_is_for_its_owner_only_and_is_deleted_with_the_node() {
    let bench = Bench::new();
    let mut node = Controlled::new(&bench, Rights::Funds);
    let mode = std::fs::metadata(node.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    node.served.stop();
    assert!(!node.path().exists());
    assert!(matches!(ask(&node.path(), &Command::Mine {}), Err(AskError::Unreachable { .. })));
}

#[test]
fn socket_of_a_killed_node_is_replaced() {
    let bench = Bench::new();
    let node = Controlled::new(&bench, Rights::Funds);
    let left = tempfile::tempdir().unwrap();
    let path = left.path().join("node.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    drop(node);
    let served = Served::with(bench.ledger(), |settings| {
        let rights = Rights::Everything;
        settings.control = Some(ControlSettings { path: path.clone(), rights });
    });
    assert_eq!(ask(&path, &Command::Mine {}).unwrap().block_height, 1);
    drop(served);
}

#[test]
fn revert_is_seen_over_http_and_observers_get_the_new_blocks() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let (url, messages) = observer();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("node.sock");
    let served = Served::with(bench.ledger(), |settings| {
        settings.observers = vec![url.parse().unwrap()];
        settings.control = Some(ControlSettings { path: path.clone(), rights: Rights::Everything });
    });
    let snapshot = ask(&path, &Command::Snapshot {}).unwrap().snapshot.unwrap();
    let dropped: Vec<_> = (0..2).map(|_| bench.bob.call(&counter, "add", &[uint(1)])).collect();
    for transaction in &dropped {
        assert_eq!(served.submit(transaction).status, 200);
    }
    // From block 1 on, which was there before the node began to serve.
    let [first, second, third] = [(); 3].map(|()| next_block(&messages));
    for (block, height) in [(&first, 1), (&second, 2), (&third, 3)] {
        assert_eq!(block["block_height"], height);
    }
    let done = ask(&path, &Command::Revert { snapshot }).unwrap();
    assert_eq!((done.block_height, done.dropped_blocks), (2, Some(2)));
    assert_eq!(served.get("/v2/info").header("x-canonical-stacks-tip-height"), Some("2"));
    // As a node tells of a fork: no word of what was dropped, but a block of a height that was told before, which stands on the
    // last one that both branches have.
    let again = next_block(&messages);
    assert_eq!(again["block_height"], 2);
    for (of_block, of_parent) in
        [("block_hash", "parent_block_hash"), ("index_block_hash", "parent_index_block_hash")]
    {
        assert_eq!(again[of_parent], first[of_block], "{of_parent}");
        assert_ne!(again[of_block], second[of_block], "{of_block}");
    }
    assert_eq!(again["transactions"], json!([]));
    // The same signed bytes can be submitted again: their block was dropped.
    assert_eq!(served.submit(&dropped[0]).status, 200);
    let next = next_block(&messages);
    assert_eq!(
        (&next["block_height"], &next["parent_block_hash"]),
        (&json!(3), &again["block_hash"])
    );
    // They were in a block of the branch that was left.
    let txid = |block: &serde_json::Value| block["transactions"][0]["txid"].clone();
    assert_eq!(txid(&next), txid(&second));
    drop(served);
    assert_eq!(fsck(bench.folder.path(), &bench.settings.pinned).unwrap().reverts, 1);
}
