//! What the node tells: blocks and what waits. Answered with success only when it is durable, since a node then tells it
//! no more.
//!
//! On an address of its own: whoever reaches it can write whatever they like into the index.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State as Shared};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use mrms_http::{BodyLimits, Observation, bound};
use serde_json::{Value as JsonValue, json};

use super::comparison::Standing;
use super::message::{MessageError, read_block, read_dropped, read_waiting};
use super::state::{State, not_kept, now};
use super::write::{TakeError, Taken};
use crate::chain::BlockHeight;
use crate::rpc::refusal::Refusal;

pub(super) fn router(state: Arc<State>, limits: Arc<BodyLimits>) -> Router {
    Router::new()
        .route("/new_block", post(new_block))
        .route("/new_mempool_tx", post(new_waiting))
        .route("/drop_mempool_tx", post(dropped))
        // A node asks nothing else of whoever listens to it.
        .route("/", get(StatusCode::OK))
        // Told, and of no use here: what matters of it stands in the blocks.
        .fallback(other)
        .with_state(Arc::clone(&state))
        // The bound below is the one that counts.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(limits, bound::<Refusal>))
        .layer(from_fn_with_state(state, observe))
}

async fn observe(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let observation = Observation::begin(&request);
    let response = next.run(request).await;
    observation.end(&response, &state.requests);
    response
}

/// Further messages: burn blocks, attachments, microblocks, StackerDB chunks.
async fn other(request: Request) -> StatusCode {
    match request.method().as_str() {
        "POST" => StatusCode::OK,
        _ => StatusCode::NOT_FOUND,
    }
}

impl From<MessageError> for Refusal {
    fn from(error: MessageError) -> Self {
        Self::request(error.to_string())
    }
}

/// What became of a message about a block.
enum Told {
    Taken {
        height: BlockHeight,
        taken: Taken,
    },
    /// It can't be taken, however often the node repeats it.
    Refused {
        reason: &'static str,
        message: String,
        refusal: Refusal,
    },
}

impl Told {
    fn unreadable(error: &MessageError) -> Self {
        let message = error.to_string();
        let refusal = Refusal::request(message.clone());
        Self::Refused { reason: "unreadable", message, refusal }
    }

    fn conflict(reason: &'static str, message: String) -> Self {
        let refusal = Refusal::Conflict { message: message.clone() };
        Self::Refused { reason, message, refusal }
    }
}

impl State {
    /// Says in the log, once, why a block is not taken. The node repeats it, and with it the reason.
    fn refuse(&self, reason: &'static str, message: String, refusal: Refusal) -> Refusal {
        self.taken.count("refused");
        self.refusals.count(reason);
        if self.note_refused(Some(message.clone())) {
            tracing::error!(target: "mrms::index", reason = %message, "a block was not taken; the node repeats it");
        }
        refusal
    }
}

/// `POST /new_block`.
async fn new_block(
    Shared(state): Shared<Arc<State>>,
    body: Bytes,
) -> Result<Json<JsonValue>, Refusal> {
    if state.comparison().standing == Standing::OtherChain {
        let message = format!("the node at {} is of another chain than this index", state.node);
        let refusal = Refusal::Conflict { message: message.clone() };
        return Err(state.refuse("other-chain", message, refusal));
    }
    let rule = state.rule;
    // Reading a block of some megabytes takes a moment, too.
    let told = state.write(move |index| {
        let block = match read_block(&body) {
            Ok(block) => block,
            Err(error) => return Ok(Told::unreadable(&error)),
        };
        let height = block.height;
        match index.take(&block, rule, now()) {
            Ok(taken) => Ok(Told::Taken { height, taken }),
            Err(TakeError::Failed { failure }) => Err(not_kept(&failure)),
            Err(error @ TakeError::UnknownParent { .. }) => {
                let message = format!(
                    "{error}. Let the node tell of the blocks between them; or start mrms index with --accept-gap, and it goes on from here and says that history before is missing"
                );
                Ok(Told::conflict("gap", message))
            }
            Err(error @ TakeError::WrongHeight { .. }) => {
                Ok(Told::conflict("height", error.to_string()))
            }
        }
    });
    let told = told.await.inspect_err(|_| state.taken.count("failed"))?;
    let (height, taken) = match told {
        Told::Taken { height, taken } => (height, taken),
        Told::Refused { reason, message, refusal } => {
            return Err(state.refuse(reason, message, refusal));
        }
    };
    state.note_refused(None);
    let outcome = match taken {
        Taken::Known => "known",
        Taken::Began => "began",
        Taken::Added => "added",
        Taken::Forked { .. } => "forked",
    };
    state.taken.count(outcome);
    if outcome == "forked" {
        state.forks.count("told");
    }
    match taken {
        Taken::Known | Taken::Added => {
            tracing::debug!(target: "mrms::index", %height, "block taken")
        }
        Taken::Began if height.get() <= 1 => {
            tracing::info!(target: "mrms::index", "the chain begins");
        }
        Taken::Began => {
            tracing::warn!(target: "mrms::index", %height, "history begins at this block; what lies before is missing");
        }
        Taken::Forked { dropped } => {
            tracing::warn!(target: "mrms::index", %height, dropped, "the chain forked: blocks count no more");
        }
    }
    Ok(Json(json!({"block_height": height.get(), "taken": outcome})))
}

/// `POST /new_mempool_tx`.
async fn new_waiting(
    Shared(state): Shared<Arc<State>>,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    let taken = state.write(move |index| {
        let raw = read_waiting(&body)?;
        index.take_waiting(&raw, now()).map_err(|failure| not_kept(&failure))
    });
    taken.await?;
    Ok(StatusCode::OK)
}

/// `POST /drop_mempool_tx`.
async fn dropped(Shared(state): Shared<Arc<State>>, body: Bytes) -> Result<StatusCode, Refusal> {
    let taken = state.write(move |index| {
        let (txids, why) = read_dropped(&body)?;
        index.take_dropped(&txids, why).map_err(|failure| not_kept(&failure))
    });
    taken.await?;
    Ok(StatusCode::OK)
}
