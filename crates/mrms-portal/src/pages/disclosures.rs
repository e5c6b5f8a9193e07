//! The accounting of disclosures on paper: who got to read what, when and what for, in the last six years. What it has,
//! `mrms-home` says.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use mrms_core::UnixTime;
use mrms_home::clock::{now, rng};
use mrms_home::report::{Asked, DisclosureReport, Extent, HostOf, Paper, SIX_YEARS};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::pages::log::download;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

#[derive(Deserialize)]
pub(crate) struct Wanted {
    /// `letter` for North America.
    #[serde(default)]
    paper: String,
}

fn report(work: &Work, paper: Paper) -> Result<Vec<u8>, PortalError> {
    let (session, now) = (work.session(), now());
    let since = UnixTime::from_seconds(now.seconds().saturating_sub(SIX_YEARS));
    let asked = Asked { extent: Extent::Statutory, since: Some(since), now };
    let records = session.numbered_records_of(&work.actor.principal()).map_err(refused)?;
    let hosts: HostOf<'_> = &|link| work.home.link_host(link);
    let (actor, names) = (&work.actor, &work.names);
    let report = DisclosureReport::make(&session, actor, names, &records, asked, hosts, &mut rng());
    report.and_then(|report| report.to_pdf(paper)).map_err(refused)
}

/// `GET /who/report`: a PDF. It says itself what it lacks, and where logs differ.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(wanted): Query<Wanted>,
) -> Result<Response, PortalError> {
    let paper = if wanted.paper == "letter" { Paper::Letter } else { Paper::A4 };
    let bytes =
        with_home(&portal.homes, view.person.clone(), move |work| report(work, paper)).await?;
    Ok(download("disclosures.pdf", "application/pdf", bytes))
}
