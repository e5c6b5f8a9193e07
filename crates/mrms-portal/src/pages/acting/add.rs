//! Adds files for the patient for whom somebody acts: records of theirs, and versions. The patient's key is compared first
//! where this person does not know it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::Markup;
use mrms_core::{Powers, Principal, RecordId};
use serde::Deserialize;

use crate::error::PortalError;
use crate::pages::acting::{ask, doubt_of, for_whom};
use crate::pages::add::{Becomes, page, take, uploaded};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::with_home;

/// `GET /acting/add`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Markup, PortalError> {
    form_of(&portal, &view, None).await
}

/// `GET /acting/records/{id}/version`.
pub(crate) async fn show_version(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
) -> Result<Markup, PortalError> {
    form_of(&portal, &view, Some(id)).await
}

async fn form_of(
    portal: &Portal,
    view: &View,
    id: Option<RecordId>,
) -> Result<Markup, PortalError> {
    for_whom(view)?;
    let (acting, doubt) = with_home(&portal.homes, view.person.clone(), move |work| {
        let acting = work.acting(None, Some(Powers::ADD))?;
        if let Some(id) = id {
            work.record_of(&acting, id)?;
        }
        let doubt = doubt_of(work, &acting)?;
        Ok((acting, doubt))
    })
    .await?;
    if let Some(doubt) = doubt {
        return Ok(ask(view, &acting, &doubt, id));
    }
    Ok(page(view, &becomes(acting.patient, id), &[]))
}

fn becomes(patient: Principal, id: Option<RecordId>) -> Becomes {
    match id {
        None => Becomes::RecordFor(patient),
        Some(id) => Becomes::VersionFor(patient, id),
    }
}

/// `POST /acting/add`: the form without script.
pub(crate) async fn form(
    State(portal): State<Arc<Portal>>,
    view: View,
    form: Multipart,
) -> Result<Response, PortalError> {
    let patient = for_whom(&view)?.patient;
    take(&portal, &view, becomes(patient, None), form).await
}

/// `POST /acting/records/{id}/version`: the form without script.
pub(crate) async fn version_form(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    form: Multipart,
) -> Result<Response, PortalError> {
    let patient = for_whom(&view)?.patient;
    take(&portal, &view, becomes(patient, Some(id)), form).await
}

#[derive(Deserialize)]
pub(crate) struct Upload {
    patient: Principal,
    name: String,
    #[serde(default)]
    called: String,
    record: Option<RecordId>,
}

/// `POST /acting/upload?patient=…&name=…`: one file as the body, which a script sends.
pub(crate) async fn upload(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(upload): Query<Upload>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, PortalError> {
    let Upload { patient, name, called, record } = upload;
    let sent = (name, called, true);
    uploaded(&portal, &view, becomes(patient, record), sent, (&headers, body)).await
}
