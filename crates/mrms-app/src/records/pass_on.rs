//! The content of a version as the source of another: through a pipe, decrypted on one side and encrypted on the other, so that
//! it is on no disk between.

use std::io::{self, PipeReader};
use std::thread;

use mrms_crypto::Workers;
use mrms_crypto::content::{ContentHeader, Label};

use crate::access::open::{OpenRecordError, Unlocked, is_of_other_bytes};
use crate::records::write::{Source, WriteError};
use crate::session::Session;

/// Why content could not be passed on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassOnError {
    /// The version could not be opened.
    #[error(transparent)]
    Open(#[from] OpenRecordError),
    /// What it was passed on to could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// There was no pipe.
    #[error("the content cannot be passed on")]
    Pipe(#[source] io::Error),
}

impl Session<'_> {
    /// Passes a version's content on to what writes another. All of it was verified before that begins; the label is `label`, or
    /// else that of the version.
    pub(crate) fn pass_on<T>(
        &self,
        unlocked: &Unlocked,
        label: Option<&Label>,
        mut write: impl FnMut(Source<PipeReader>) -> Result<T, WriteError>,
    ) -> Result<T, PassOnError> {
        let ContentHeader { length, file_name, media_type, label: own, .. } =
            self.decrypt(unlocked, io::sink())?;
        let key = unlocked.key();
        self.with_payload(unlocked, |payload| {
            let (content, passed_on) = match io::pipe() {
                Ok(ends) => ends,
                Err(error) => return Ok(Err(PassOnError::Pipe(error))),
            };
            let source = Source {
                content,
                length,
                file_name: file_name.clone(),
                media_type: Some(media_type.clone()),
                label: label.or(own.as_ref()).cloned(),
            };
            thread::scope(|scope| {
                let opening =
                    scope.spawn(move || key.open_to(payload, passed_on, Workers::available()));
                let written = write(source);
                match (written, opening.join()) {
                    (Ok(written), _) => Ok(Ok(written)),
                    // Another copy may be whole.
                    (Err(_), Ok(Err(error))) if is_of_other_bytes(&error) => Err(error),
                    (Err(error), _) => Ok(Err(error.into())),
                }
            })
        })?
    }
}
