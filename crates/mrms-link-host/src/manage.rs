//! Links of other homes: taken from who has the deposit key, and managed by who made them.
//!
//! No web page can ask this: nothing here is allowed to pages of other origins, and every request has the key in a header.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use mrms_app::links::host::{HostStanding, LinkHost as _};
use mrms_app::links::manage::{MOST_DEPOSIT, ManageLink, ManagedLink, PutLink, manager_secret};
use mrms_home::Home;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::answer::{Gone, Refused};
use crate::face::HostFace;
use crate::server::Server;

/// The longest message without a deposit, in bytes.
const MOST_BODY: usize = 4 * 1024;

/// The routes below `/manage`.
pub(crate) fn routes(server: &Arc<Server>) -> Router<Arc<Server>> {
    Router::new()
        .route("/manage/put", post(put).layer(DefaultBodyLimit::max(MOST_DEPOSIT)))
        .route("/manage/pause", post(pause))
        .route("/manage/remove", post(remove))
        .route("/manage/standing", post(standing))
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(from_fn_with_state(Arc::clone(server), must_have_key))
}

/// Refuses whoever does not have the deposit key, before the body is read.
async fn must_have_key(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response {
    let given = request.headers().get("x-api-key").map(|key| Sha256::digest(key.as_bytes()));
    match (server.settings.deposit_key, given) {
        // Hashes are compared: how long that takes tells nothing of the key.
        (Some(key), Some(given)) if given.as_slice() == key => next.run(request).await,
        (Some(_), _) => Refused::NotAllowed("the deposit key is wrong or missing").into_response(),
        (None, _) => Refused::NotHere(Gone::NoRoute).into_response(),
    }
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|_| Refused::Malformed("The message can't be read."))
}

async fn put(State(server): State<Arc<Server>>, body: Bytes) -> Result<Json<ManagedLink>, Refused> {
    let PutLink { deposit } = read(&body)?;
    drop(body);
    let pool = server.pool.clone();
    pool.run(move || {
        let home = Home::new(server.folder.clone(), server.home.clone(), Arc::new(HostFace));
        let is_here = home.contract().is_ok_and(|own| own.to_string() == deposit.contract);
        if !is_here {
            return Err(Refused::Conflict("it works on another ledger or contract"));
        }
        let manager = manager_secret(&deposit.words);
        let links = &server.links;
        if links.has(&deposit.id) && !links.is_managed_by(&deposit.id, &manager)? {
            return Err(Refused::NotAllowed("the link is somebody else's"));
        }
        links.put(&deposit)?;
        server.metrics.managed("put");
        Ok(Json(ManagedLink {}))
    })
    .await
}

async fn pause(
    State(server): State<Arc<Server>>,
    body: Bytes,
) -> Result<Json<ManagedLink>, Refused> {
    let asked = read(&body)?;
    managed(server, asked, |server, asked| {
        server.links.pause(&asked.id)?;
        server.metrics.managed("pause");
        Ok(ManagedLink {})
    })
    .await
}

async fn remove(
    State(server): State<Arc<Server>>,
    body: Bytes,
) -> Result<Json<ManagedLink>, Refused> {
    let asked = read(&body)?;
    managed(server, asked, |server, asked| {
        server.links.remove(&asked.id)?;
        server.metrics.managed("remove");
        Ok(ManagedLink {})
    })
    .await
}

async fn standing(
    State(server): State<Arc<Server>>,
    body: Bytes,
) -> Result<Json<HostStanding>, Refused> {
    let asked = read(&body)?;
    managed(server, asked, |server, asked| Ok(server.links.standing(&asked.id)?)).await
}

/// Does something with a link, for who made it.
async fn managed<T: Send + 'static>(
    server: Arc<Server>,
    asked: ManageLink,
    work: impl FnOnce(&Server, &ManageLink) -> Result<T, Refused> + Send + 'static,
) -> Result<Json<T>, Refused> {
    let pool = server.pool.clone();
    pool.run(move || {
        if !server.links.is_managed_by(&asked.id, &asked.manager)? {
            // Whether there is such a link is nobody's business but its maker's.
            return Err(Refused::NotHere(Gone::Unknown));
        }
        work(&server, &asked).map(Json)
    })
    .await
}
