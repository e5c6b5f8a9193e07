//! Contracts: read-only calls, maps, variables, constants, interface and source.
//!
//! Sources: `callreadonly.rs`, `getmapentry.rs` and the files beside them in stacks-core.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value as JsonValue, json};

use super::clarity_text::hex_0x;
use super::node::Node;
use super::refusal::Refusal;
use crate::chain::{ContractId, Principal, ReadError, ReadSnapshot};
use crate::hexadecimal;

/// `none` in Clarity's consensus encoding.
const NONE: [u8; 1] = [0x09];

#[derive(Deserialize)]
struct CallRequest {
    sender: String,
    #[serde(default)]
    sponsor: Option<String>,
    arguments: Vec<String>,
}

fn value_bytes(text: &str) -> Option<Vec<u8>> {
    hexadecimal::decode(text.strip_prefix("0x").unwrap_or(text))
}

/// `POST /v2/contracts/call-read/{address}/{name}/{function}`. A call that fails is answered with status 200
/// and its cause.
pub(super) async fn call_read_only(
    State(node): State<Arc<Node>>,
    Path((address, name, function)): Path<(String, String, String)>,
    body: Bytes,
) -> Result<Json<CallAnswered>, Refusal> {
    let contract = node.contract(&address, &name)?;
    let asked: CallRequest = serde_json::from_slice(&body)
        .map_err(|error| Refusal::request(format!("Failed to parse JSON body: {error}")))?;
    let sender = node.principal(&asked.sender)?;
    if let Some(sponsor) = &asked.sponsor {
        node.principal(sponsor)?;
    }
    let arguments = asked.arguments.iter().map(|argument| value_bytes(argument));
    let arguments: Vec<Vec<u8>> = arguments
        .collect::<Option<_>>()
        .ok_or_else(|| Refusal::request("Failed to deserialize argument value"))?;
    let called = contract.clone();
    let result = node
        .read_with(&called, move |snapshot| {
            call(snapshot, &contract, &function, &arguments, &sender)
        })
        .await?;
    Ok(Json(match result {
        Ok(value) => CallAnswered { okay: true, result: Some(hex_0x(&value)), cause: None },
        Err(cause) => CallAnswered { okay: false, result: None, cause: Some(cause) },
    }))
}

#[derive(Serialize)]
pub(super) struct CallAnswered {
    okay: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
}

/// The answer with a value of a contract's state.
#[derive(Serialize)]
pub(super) struct Data {
    data: String,
}

impl Data {
    fn of(value: &[u8]) -> Json<Self> {
        Json(Self { data: hex_0x(value) })
    }
}

/// The function's result, or the cause of its failure.
type CallResult = Result<Vec<u8>, String>;

fn call(
    snapshot: &mut ReadSnapshot<'_>,
    contract: &ContractId,
    function: &str,
    arguments: &[Vec<u8>],
    sender: &Principal,
) -> Result<CallResult, Refusal> {
    let result = match snapshot.call_read_only(contract, function, arguments, sender) {
        // As on a Stacks node, a public function can be called here as long as it writes nothing.
        Err(ReadError::NotReadOnly { .. }) => {
            snapshot.call_public(contract, function, arguments, sender)
        }
        result => result,
    };
    let cause = match result {
        Ok(value) => return Ok(Ok(value)),
        Err(ReadError::NoSuchContract { contract }) => {
            format!("Unchecked(NoSuchContract(\"{contract}\"))")
        }
        Err(ReadError::NoSuchMember { name, .. }) => {
            format!("Unchecked(UndefinedFunction(\"{name}\"))")
        }
        Err(ReadError::BadValue { message, .. }) => {
            return Err(Refusal::request(format!(
                "Failed to deserialize argument value: {message}"
            )));
        }
        Err(ReadError::NotReadOnly { .. }) => "NotReadOnly".to_owned(),
        Err(ReadError::Stopped { message }) => message,
        Err(ReadError::TooCostly) => "CostBalanceExceeded".to_owned(),
        Err(error @ ReadError::TookTooLong) => error.to_string(),
        Err(error @ (ReadError::Failed { .. } | ReadError::Interrupted)) => {
            return Err(error.into());
        }
    };
    Ok(Err(cause))
}

/// `POST /v2/map_entry/{address}/{name}/{map}`. Returns `none` when the key, the map or the contract does not
/// exist.
pub(super) async fn map_entry(
    State(node): State<Arc<Node>>,
    Path((address, name, map)): Path<(String, String, String)>,
    body: Bytes,
) -> Result<Json<Data>, Refusal> {
    let contract = node.contract(&address, &name)?;
    let text: String = serde_json::from_slice(&body)
        .map_err(|_| Refusal::request("Failed to parse JSON body: expected a string"))?;
    let key =
        value_bytes(&text).ok_or_else(|| Refusal::request("Failed to deserialize key value"))?;
    let data = node
        .read(move |snapshot| match snapshot.map_entry(&contract, &map, &key) {
            Ok(value) => Ok(value),
            Err(ReadError::Failed { failure }) => Err(failure.into()),
            Err(_) => Ok(NONE.to_vec()),
        })
        .await?;
    Ok(Data::of(&data))
}

/// `GET /v2/data_var/{address}/{name}/{variable}`.
pub(super) async fn data_variable(
    State(node): State<Arc<Node>>,
    Path((address, name, variable)): Path<(String, String, String)>,
) -> Result<Json<Data>, Refusal> {
    let contract = node.contract(&address, &name)?;
    let value = node.read(move |snapshot| {
        found(snapshot.data_variable(&contract, &variable), "Data var not found")
    });
    Ok(Data::of(&value.await?))
}

/// `GET /v2/constant_val/{address}/{name}/{constant}`.
pub(super) async fn constant(
    State(node): State<Arc<Node>>,
    Path((address, name, constant)): Path<(String, String, String)>,
) -> Result<Json<Data>, Refusal> {
    let contract = node.contract(&address, &name)?;
    let value = node
        .read(move |snapshot| found(snapshot.constant(&contract, &constant), "Constant not found"));
    Ok(Data::of(&value.await?))
}

/// `GET /v2/contracts/interface/{address}/{name}`.
pub(super) async fn interface(
    State(node): State<Arc<Node>>,
    Path((address, name)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let contract = node.contract(&address, &name)?;
    let interface = node.read(move |snapshot| {
        found(snapshot.contract_interface(&contract), "No contract interface data found")
    });
    Ok(([(CONTENT_TYPE, "application/json")], interface.await?).into_response())
}

/// `GET /v2/contracts/source/{address}/{name}`.
pub(super) async fn source(
    State(node): State<Arc<Node>>,
    Path((address, name)): Path<(String, String)>,
) -> Result<Json<JsonValue>, Refusal> {
    let contract = node.contract(&address, &name)?;
    let record = node.read(move |snapshot| {
        snapshot
            .contract(&contract)?
            .ok_or_else(|| Refusal::absent("No contract source data found"))
    });
    let record = record.await?;
    Ok(Json(json!({"source": record.source, "publish_height": record.height.get()})))
}

/// Turns every error but a failure of the ledger into "not found", with the node's message.
fn found<T>(result: Result<T, ReadError>, not_found: &str) -> Result<T, Refusal> {
    result.map_err(|error| match error {
        ReadError::Failed { failure } => failure.into(),
        _ => Refusal::absent(not_found),
    })
}
