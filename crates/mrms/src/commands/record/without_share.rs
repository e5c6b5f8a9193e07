//! What somebody is told for whom the vaults have no share: what has to happen, and which version may open now.

use mrms_app::access::no_share::{NoShare, WhyNoShare};
use mrms_app::{Actor, Session};
use mrms_core::{Principal, RecordId, Version};

use crate::config::Settings;
use crate::ui::failure::Failure;

/// What to ask where no vault is in the settings: the home's own vault has shares of those alone who grant here.
pub(super) const NO_VAULT: &str = "your settings name no vault: ask the patient which vaults keep the key, and put them under [vault] urls in mrms.toml";

pub(super) fn names_no_vault(settings: &Settings) -> bool {
    settings.home.settings().vaults.urls.is_empty()
}

/// The failure with what has to happen, where it is that vaults have no share of a version, the latest where none is named, for
/// the actor or an organisation of theirs.
pub(super) fn without_share(
    failure: Failure,
    session: &Session<'_>,
    actor: &Actor,
    (id, version): (RecordId, Option<Version>),
    organisation: Option<&Principal>,
    settings: &Settings,
) -> Failure {
    if failure.code != "no-share" {
        return failure;
    }
    // Where that can't be asked, the failure says what there is to say.
    let found = session.why_no_share(actor, id, version, organisation).ok().flatten();
    let Some(NoShare { version, why, earlier }) = found else { return failure };
    let whose = if organisation.is_some() { "the organisation" } else { "you" };
    let has = if organisation.is_some() { "has" } else { "have" };
    let me = actor.principal();
    let what = match why {
        WhyNoShare::NewKey => {
            // What the patient compares; where it can't be asked for, the hint goes without.
            let key = session.published_fingerprint(organisation.unwrap_or(&me)).ok();
            let key = key.map(|key| format!(", {key},")).unwrap_or_default();
            format!(
                "{whose} {has} a new key. The patient compares its fingerprint{key} and shares again: mrms key trust, or Home in their portal"
            )
        }
        WhyNoShare::PatientsProgram => "a program of the patient leaves the key, and has to run once: any command of theirs, mrms up or their portal".to_owned(),
        WhyNoShare::ShareAgain => {
            "ask the patient to run mrms grant again, which leaves new ones".to_owned()
        }
    };
    let mut hint =
        format!("the vaults answered, and have no share of version {version} for {whose}: {what}");
    if names_no_vault(settings) {
        hint += &format!(". Or it lies elsewhere: {NO_VAULT}");
    }
    // The command comes last, where it is copied.
    if let Some(earlier) = earlier {
        let organisation = organisation.map(|one| format!(" --organisation {one}"));
        let organisation = organisation.unwrap_or_default();
        hint += &format!(
            ". An earlier version may open now: mrms access id:{id} --version {earlier}{organisation}"
        );
    }
    failure.hint(hint)
}
