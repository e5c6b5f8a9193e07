//! Event observers: programs that get a message about each block (`POST /new_block`), each burn block
//! (`POST /new_burn_block`) and what waits (`POST /new_mempool_tx`, `POST /drop_mempool_tx`), as from a Stacks node.
//!
//! Each observer gets every block from block 1 on, in order. A message is sent again until the observer answers with a
//! success status. How far an observer has come is kept on disk ([`super::observer_cursor`]), so that it misses nothing
//! while it or the node is down. After a revert it gets the blocks that stand in the place of the dropped ones, as after a
//! fork. What waits is told once, to those who listen. Attachments (`POST /attachments/new`) do not exist on this chain.
//! Source: `docs/event-dispatcher.md` of stacks-core.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::mempool::MempoolEvent;
use super::node::Node;
use super::observer_cursor::{Cursor, CursorFile};
use super::observer_messages::{Message, block_messages, mempool_message};
use crate::chain::BlockHeight;
use crate::plain_address::PlainAddress;

/// How long an observer may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause before the first retry. It doubles with each retry, up to the maximum.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Address of an observer: `http://HOST:PORT`, without a path.
///
/// Invariant: plain HTTP, with a host. Use a proxy for encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObserverUrl(PlainAddress);

/// A text that is not the address of an observer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no address of an observer such as http://127.0.0.1:3700")]
pub struct ObserverUrlError {
    /// The text.
    pub text: String,
}

impl FromStr for ObserverUrl {
    type Err = ObserverUrlError;

    fn from_str(text: &str) -> Result<Self, ObserverUrlError> {
        let address = PlainAddress::parse(text);
        address.map(Self).ok_or_else(|| ObserverUrlError { text: text.to_owned() })
    }
}

impl fmt::Display for ObserverUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a message was not delivered.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("no connection")]
    Connect(#[from] std::io::Error),
    #[error("connection broke off")]
    Http(#[from] hyper::Error),
    #[error("message cannot be sent")]
    Message(#[from] axum::http::Error),
    #[error("answered {0}")]
    Refused(axum::http::StatusCode),
    #[error("no answer in time")]
    Timeout,
}

/// Sends an observer every block that it does not have yet, from block 1 on, and then each new one. `cursors` is the folder
/// in which it is kept how far observers are; without one, each start begins at block 1. Never returns.
pub(super) async fn notify(node: &Node, observer: &ObserverUrl, cursors: Option<&Path>) {
    let mut tip = node.tip_changes();
    let mut waiting = node.mempool_events();
    // What waited when the node ended last was perhaps never told.
    let mut knows_what_waits = false;
    let file = CursorFile::new(cursors, observer, node.ledger.identity().genesis);
    let mut cursor = file.load();
    loop {
        let known = *tip.borrow_and_update();
        if go_back_to_chain(node, &mut cursor).await.is_err() {
            tokio::time::sleep(MAX_PAUSE).await;
            continue;
        }
        while cursor.next() <= known.height.get() {
            let height = BlockHeight::new(cursor.next());
            match node.read(move |snapshot| block_messages(snapshot, height)).await {
                Ok((hash, messages)) => {
                    for message in &messages {
                        deliver(node, observer, message).await;
                    }
                    cursor.taken(height.get(), hash);
                    if let Err(error) = file.save(&cursor) {
                        tracing::error!(target: "mrms::node", %observer, %error, "how far the observer is could not be kept");
                    }
                }
                Err(_) if tip.borrow().reverts != known.reverts => break,
                Err(_) => {
                    tracing::error!(target: "mrms::node", %height, "block not read for the observers");
                    tokio::time::sleep(MAX_PAUSE).await;
                }
            }
        }
        if *tip.borrow() != known {
            continue;
        }
        if !std::mem::replace(&mut knows_what_waits, true) {
            for waits in node.waiting_now() {
                tell(node, observer, &mempool_message(&waits)).await;
            }
        }
        if !wait(node, observer, &mut tip, &mut waiting).await {
            return;
        }
    }
}

/// Waits for a new block, and tells meanwhile what waits for one. False when the node ends.
async fn wait(
    node: &Node,
    observer: &ObserverUrl,
    tip: &mut tokio::sync::watch::Receiver<super::node::KnownTip>,
    waiting: &mut Receiver<MempoolEvent>,
) -> bool {
    loop {
        tokio::select! {
            biased;
            changed = tip.changed() => return changed.is_ok(),
            event = waiting.recv() => match event {
                Ok(event) => tell(node, observer, &mempool_message(&event)).await,
                // What was missed is told no more: an observer sees it in its block.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return false,
            },
        }
    }
}

/// Takes the cursor back to the newest block that the observer has and that is on the chain.
async fn go_back_to_chain(node: &Node, cursor: &mut Cursor) -> Result<(), super::refusal::Refusal> {
    while let Some((height, hash)) = cursor.newest() {
        let is_on_chain = node.read(move |snapshot| {
            let block = snapshot.block(BlockHeight::new(height))?;
            Ok(block.is_some_and(|block| block.hash == hash))
        });
        if is_on_chain.await? {
            return Ok(());
        }
        cursor.step_back();
    }
    Ok(())
}

/// Sends a message once. An observer that is away misses it.
async fn tell(node: &Node, observer: &ObserverUrl, message: &Message) {
    let sent = tokio::time::timeout(ANSWER_TIMEOUT, send(observer, message)).await;
    node.metrics.observed(match sent {
        Ok(Ok(())) => "delivered",
        _ => "failed",
    });
}

/// Sends a message again and again until the observer has accepted it.
async fn deliver(node: &Node, observer: &ObserverUrl, message: &Message) {
    let mut pause = FIRST_PAUSE;
    loop {
        let sent = tokio::time::timeout(ANSWER_TIMEOUT, send(observer, message));
        match sent.await.unwrap_or(Err(SendError::Timeout)) {
            Ok(()) => {
                node.metrics.observed("delivered");
                return;
            }
            Err(error) => {
                node.metrics.observed("failed");
                let path = message.path;
                tracing::warn!(target: "mrms::node", %observer, path, %error, "observer not told, trying again");
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

async fn send(observer: &ObserverUrl, message: &Message) -> Result<(), SendError> {
    let request = Request::post(message.path).header(CONTENT_TYPE, "application/json");
    let read = async |answer: Response<Incoming>| match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(SendError::Refused(status)),
    };
    observer.0.exchange(request, Body::from(message.body.clone()), read).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn observer_is_a_plain_http_address_without_a_path() {
        for text in [
            "",
            "127.0.0.1:3700",
            "https://127.0.0.1:3700",
            "http://user@127.0.0.1:3700",
            "http://127.0.0.1:3700/path",
            "http://127.0.0.1:3700/?q",
        ] {
            assert!(text.parse::<ObserverUrl>().is_err(), "{text}");
        }
        for text in ["http://127.0.0.1:3700", "http://observer.example:80", "http://[::1]:3700"] {
            assert_eq!(text.parse::<ObserverUrl>().unwrap().to_string(), text);
        }
    }
}
