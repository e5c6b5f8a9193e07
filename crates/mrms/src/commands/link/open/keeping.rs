//! Puts what a link or card gave on record, unless it is there already.

use std::io::Cursor;

use mrms_app::records::write::{Placement, Source};
use mrms_app::{Actor, Session};
use mrms_core::{RecordId, visible};
use mrms_crypto::content::{FileName, Label, MediaType, Retention};
use mrms_home::OpenHome;
use mrms_home::clock::rng;
use sha2::{Digest as _, Sha256};

use crate::commands::record::create::new_id;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::outcome::done;
use crate::ui::output::Output;

/// With what files are put on record.
pub(super) struct Keeping<'k> {
    pub(super) home: &'k OpenHome,
    pub(super) actor: &'k Actor,
    pub(super) settings: &'k Settings,
}

impl Keeping<'_> {
    /// Puts a file on record, unless it is there. Returns its record, and whether it was there.
    pub(super) fn keep(
        &self,
        content: &[u8],
        content_type: Option<&str>,
        file_name: &str,
        name: Option<String>,
    ) -> Result<Option<(RecordId, bool)>, Failure> {
        let session = self.home.session();
        if let Some(id) = self.known(session, content)? {
            return Ok(Some((id, true)));
        }
        let name = name.map(|name| visible::line(&name).chars().take(60).collect::<String>());
        let source = Source {
            length: content.len() as u64,
            content: Cursor::new(content.to_vec()),
            file_name: file_name.parse::<FileName>().ok(),
            media_type: content_type.and_then(|kind| kind.parse::<MediaType>().ok()),
            label: name.and_then(|name| name.parse::<Label>().ok()),
        };
        let placement =
            Placement { inline_limit: self.settings.inline_limit, retention: Retention::Permanent };
        let id = new_id(self.actor)?;
        let added = session.create(self.actor, id, source, placement, &mut rng());
        self.home.tell_missing_copies();
        let added = done(added?, Output::new(false))?;
        Ok(added.map(|added| (added.record, false)))
    }

    fn known(&self, session: Session<'_>, content: &[u8]) -> Result<Option<RecordId>, Failure> {
        let numbered = session.numbered_records_of(&self.actor.principal())?;
        let erased = session.erased_records()?;
        let mut contents = session.own_contents(self.actor, &numbered, &erased, &mut rng());
        let sha256: [u8; 32] = Sha256::digest(content).into();
        let length = content.len() as u64;
        Ok(session.record_with_content(self.actor, &mut contents, length, sha256, &mut rng())?)
    }
}
