//! Asks the person to compare somebody's key before anything is encrypted to it: seen for the first time, changed, or not
//! the one on their card. What is asked about, `mrms-app` says.

use maud::{Markup, html};
use mrms_app::sharing::recipients::DiffersFrom;
use mrms_core::Principal;
use mrms_home::clock::rng;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::work::Work;

/// A key that the person is asked about.
#[derive(Clone, Debug)]
pub(crate) struct Doubt {
    who: Named,
    /// The key of the sentence.
    why: &'static str,
    before: Option<String>,
    fingerprint: String,
}

impl Doubt {
    /// The same of somebody whose name is known from elsewhere: from a card that was just taken.
    pub(crate) fn about(self, who: Named) -> Self {
        Self { who, ..self }
    }
}

/// What is to be asked about somebody's key; `None` where it is known, or was compared: `confirmed` is its fingerprint.
pub(crate) fn settle(
    work: &Work,
    user: &Principal,
    confirmed: &str,
) -> Result<Option<Doubt>, PortalError> {
    let session = work.session();
    let who = || work.named(user);
    let changed = match session.changed_recipient(Some(&work.actor), user) {
        // Who needs the key finds out that there is none.
        Err(error) if error.has_no_key() => return Ok(None),
        found => found.map_err(refused)?,
    };
    if let Some(changed) = changed {
        let fingerprint = changed.after.to_string();
        if confirmed == fingerprint {
            // Vaults that are away keep nobody from going on with what the key was compared for.
            if let Err(error) = session.trust_and_leave(&work.actor, changed.clone(), &mut rng()) {
                tracing::warn!(target: "mrms::portal", "nothing was left for a new key: {error}");
                session.trust(Some(&work.actor), changed, &mut rng()).map_err(refused)?;
            }
            return Ok(None);
        }
        let why = match changed.from {
            DiffersFrom::Seen => "key-changed",
            DiffersFrom::Card => "key-not-on-card",
        };
        let before = Some(changed.before.to_string());
        return Ok(Some(Doubt { who: who(), why, before, fingerprint }));
    }
    let new = match session.new_recipient(&work.actor, user) {
        Err(error) if error.has_no_key() => return Ok(None),
        found => found.map_err(refused)?,
    };
    let Some(new) = new else { return Ok(None) };
    let fingerprint = new.fingerprint.to_string();
    if confirmed == fingerprint {
        session.trust_new(new).map_err(refused)?;
        return Ok(None);
    }
    Ok(Some(Doubt { who: who(), why: "share-new-explained", before: None, fingerprint }))
}

/// The page that asks. `fields` are those of the form that waits for the answer.
pub(crate) fn page(view: &View, doubt: &Doubt, action: &str, fields: &[(&str, &str)]) -> Markup {
    let asked = ("share-new-title", "share-new-button", "/", "/records");
    asking(view, doubt, (action, fields), asked)
}

/// The same where nothing else waits for the answer: with the new key, what they can see is shared again. `back` is the page
/// about them.
pub(crate) fn page_of(view: &View, doubt: &Doubt, action: &str, back: &str) -> Markup {
    asking(view, doubt, (action, &[]), ("new-key-title", "new-key-button", back, "/people"))
}

fn asking(
    view: &View,
    doubt: &Doubt,
    (action, fields): (&str, &[(&str, &str)]),
    (title, button, back, place): (&str, &str, &str, &str),
) -> Markup {
    let words = &view.words;
    let who = doubt.who.say(words);
    let title = words.with(title, &[("who", (&who).into())]);
    let body = html! {
        h1 { (title) }
        form.card method="post" action=(action) {
            (token(&view.visitor))
            p { (words.with(doubt.why, &[("who", (&who).into())])) }
            @if doubt.before.is_some() { p { (words.with("key-again", &[("who", (&who).into())])) } }
            @if let Some(before) = &doubt.before {
                p { (words.say("key-before")) }
                p.fingerprint { (before) }
                p { (words.say("key-now")) }
            }
            p.fingerprint { (doubt.fingerprint) }
            p.hint { (words.say("fingerprint-theirs")) }
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            input type="hidden" name="confirmed" value=(doubt.fingerprint);
            button type="submit" { (words.say(button)) }
            a.button.second href=(back) { (words.say("cancel")) }
        }
    };
    layout::page(view, place, &title, &body)
}
