//! `mrms request`: asks somebody to let you open something.

use clap::Args;
use mrms_app::people::card::OwnCard;
use mrms_core::{Purpose, RecordId, UnixTime};
use mrms_home::clock::{now, rng};
use mrms_people::request::MOST_WHAT;
use mrms_people::{FieldText, Request, SignedDocument};

use crate::config::Settings;
use crate::ui::document::{ShowDocument, show_document, write_document};
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::sharing::MadeRequest;
use crate::ui::short_times;
use crate::ui::times::{self, LetterM, rfc3339};

#[derive(Debug, Args)]
#[command(
    after_help = "Give the text to the patient: they read it with mrms grant --request, choose the records, \
    may shorten the time, and grant or do not. It gives no access by itself, and you do not learn of a \
    refusal. Your card is inside, so make one first: mrms card set.\n\n\
    Example:\n  \
    mrms request 'blood tests of May' --for 30d --purpose treatment"
)]
pub(crate) struct RequestArgs {
    /// What you would like to open, in words that the patient understands; at most 200 bytes.
    #[arg(value_parser = FieldText::<MOST_WHAT>::new)]
    what: FieldText<MOST_WHAT>,
    /// For how long you would like to open it: 90min, 12h, 30d or 8w.
    #[arg(long = "for", value_name = "DURATION")]
    duration: String,
    /// What for: treatment, payment, operations, research, patient-asked or another word or code of HL7's
    /// PurposeOfUse (TREAT, HPAYMT …); a wrong one lists them all.
    #[arg(long, value_name = "PURPOSE", default_value = "TREAT")]
    purpose: Purpose,
    /// Id of the record that you mean, if you know it.
    #[arg(long, value_name = "ID")]
    record: Option<RecordId>,
    /// How long the request can be answered.
    #[arg(long, value_name = "DURATION", default_value = "14d")]
    valid: String,
    #[command(flatten)]
    how: ShowDocument,
}

pub(crate) fn run(args: RequestArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let RequestArgs { what, duration, purpose, record, valid, how } = args;
    how.must_be_free()?;
    let seconds = times::grant_duration(&duration)?;
    let valid = times::parse_duration(&valid, LetterM::Unclear)?;
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let OwnCard { card, .. } = home.session().own_card(&actor, now(), &mut rng())?;
    let issued = now();
    let valid_until = UnixTime::from_seconds(issued.seconds().saturating_add(valid));
    let request = Request { asker: card, what, record, seconds, purpose, issued, valid_until };
    let signed = SignedDocument::sign(request, &actor.key)?;
    let bytes = signed.to_bytes();
    if output.is_json() {
        write_document(&bytes, &how)?;
        let request = signed.document();
        return output.object(&MadeRequest {
            text: &signed.to_text(),
            file: how.output.as_deref(),
            what: request.what.as_str(),
            record_id: request.record,
            seconds: request.seconds,
            purpose: request.purpose.code(),
            valid_until: rfc3339(request.valid_until),
        });
    }
    output.note(&format!(
        "whoever has this text can read it: what you ask for, and your card. It can be answered until {}",
        short_times::day(valid_until)
    ));
    show_document(&bytes, &how, output)
}
