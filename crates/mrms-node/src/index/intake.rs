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

impl State {
    /// Says in the log, once, why a block is not taken. The node repeats it, and with it the reason.
    fn refuse(&self, message: String, refusal: Refusal) -> Refusal {
        self.taken.count("refused");
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
        return Err(state.refuse(message.clone(), Refusal::Conflict { message }));
    }
    let rule = state.rule;
    // Reading a block of some megabytes takes a moment, too.
    let taken = state.write(move |index| {
        let block = read_block(&body)?;
        let height = block.height;
        match index.take(&block, rule, now()) {
            Ok(taken) => Ok((height, taken)),
            Err(TakeError::Failed { failure }) => Err(not_kept(&failure)),
            Err(error @ TakeError::UnknownParent { .. }) => Err(Refusal::Conflict {
                message: format!(
                    "{error}. Let the node tell of the blocks between them; or start mrms index with --accept-gap, and it goes on from here and says that history before is missing"
                ),
            }),
            Err(error) => Err(Refusal::Conflict { message: error.to_string() }),
        }
    });
    let (height, taken) = taken.await.map_err(|refusal| match &refusal {
        Refusal::Conflict { message } | Refusal::Request { message } => {
            let message = message.clone();
            state.refuse(message, refusal)
        }
        _ => refusal,
    })?;
    state.note_refused(None);
    let outcome = match taken {
        Taken::Known => "known",
        Taken::Began => "began",
        Taken::Added => "added",
        Taken::Forked { .. } => "forked",
    };
    state.taken.count(outcome);
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
