//! The page of an error.

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::access::no_share::WhyNoShare;

use crate::entrance::sessions::Visitor;
use crate::error::{NoShareTold, PortalError};
use crate::pages::acting_over::Over;
use crate::pages::layout::{self, token};
use crate::pages::paging::encoded;
use crate::reasons::NO_SHARE;
use crate::words::Words;

/// The header that has the sentence of an error, percent-encoded.
const WHY: HeaderName = HeaderName::from_static("x-mrms-why");

/// The header that tells a script that the form which it sends is of nobody any more: there is a page that says so.
const OVER: HeaderName = HeaderName::from_static("x-mrms-over");

/// The sentence of an error, and the words of the program where there is more to say.
fn told<'e>(error: &'e PortalError, words: &Words) -> (String, Option<&'e str>) {
    let (key, more) = match error {
        PortalError::ActsNoMore { who, to } => {
            let said = Over { who, to: to.as_ref(), unsent: &[] }.sentence(words);
            return (format!("{said} {}", words.say("acting-over-unsent")), None);
        }
        PortalError::OtherPage => ("error-other-page", None),
        PortalError::NoPage => ("error-no-page", None),
        PortalError::Over => ("opened-over", None),
        PortalError::TooLarge => ("add-too-large", None),
        PortalError::Form { key } => (*key, None),
        PortalError::Away => ("error-away", None),
        // These name the vaults, or the file.
        PortalError::Refused {
            code: Some(key @ ("why-no-salt" | "why-salt-away" | "why-damaged")),
            message,
        } => (*key, Some(message.as_str())),
        PortalError::Refused { code: Some(key), .. } => (*key, None),
        PortalError::NoShare(told) => (no_share_key(told), None),
        PortalError::Refused { code: None, message } => ("error-refused", Some(message.as_str())),
        PortalError::NotIn
        | PortalError::Locked
        | PortalError::OwnPage { .. }
        | PortalError::Unerased { .. }
        | PortalError::BrokeOff => ("error-broke-off", None),
    };
    (words.say(key), more)
}

/// Why the vaults have no share, as a key of the catalogues.
const fn no_share_key(told: &NoShareTold) -> &'static str {
    match (told.no_share.why, told.for_organisation) {
        (WhyNoShare::NewKey, false) => "why-no-share-new-key",
        (WhyNoShare::NewKey, true) => "why-no-share-new-key-of",
        (WhyNoShare::PatientsProgram, _) => "why-no-share-program",
        (WhyNoShare::ShareAgain, _) => NO_SHARE,
    }
}

/// The fingerprint that the patient compares, where that is what is waited for.
fn fingerprint(words: &Words, error: &PortalError) -> Markup {
    let PortalError::NoShare(told) = error else { return html! {} };
    let Some(key) = told.fingerprint.as_ref().filter(|_| told.no_share.why == WhyNoShare::NewKey)
    else {
        return html! {};
    };
    let of = if told.for_organisation { "no-share-fingerprint-of" } else { "no-share-fingerprint" };
    html! {
        p { (words.say(of)) }
        p.fingerprint { (key) }
    }
}

/// The way to an earlier version, which may open.
fn earlier(words: &Words, visitor: Option<&Visitor>, error: &PortalError) -> Markup {
    let (PortalError::NoShare(told), Some(visitor)) = (error, visitor) else { return html! {} };
    let Some(earlier) = told.no_share.earlier else { return html! {} };
    html! {
        form method="post" action=(told.path) {
            (token(visitor))
            @for (name, value) in &told.fields { input type="hidden" name=(name) value=(value); }
            input type="hidden" name="version" value=(earlier.number());
            p { (words.say("no-share-earlier")) }
            button type="submit" {
                (words.with("no-share-open-earlier", &[("number", earlier.number().into())]))
            }
        }
    }
}

/// An error in one sentence.
pub(crate) fn sentence(error: &PortalError, words: &Words) -> String {
    match told(error, words) {
        (sentence, None) => sentence,
        (sentence, Some(more)) => format!("{sentence} {more}"),
    }
}

/// The page that says an error. Whoever has a profile open keeps the menu, and sees for whom they act.
pub(crate) fn page(error: &PortalError, words: &Words, visitor: Option<&Visitor>) -> Response {
    let (sentence, more) = told(error, words);
    let acts = visitor.and_then(|one| one.open.as_ref()?.memory.acting()).is_some();
    let list = if acts { ("/acting", "acting-records") } else { ("/shared", "nav-shared") };
    let plain = html! {
        section.card role="alert" {
            h1 { (words.say("error-title")) }
            p { (sentence) }
            @if let Some(more) = more { p.said { (more) } }
            (fingerprint(words, error))
            (earlier(words, visitor, error))
            // Whoever is not found can be added; pages of a form say so themselves.
            @if matches!(error, PortalError::Form { key: "share-unknown" }) {
                p { a.button.second href="/people" { (words.say("someone-add")) } }
            }
            @if matches!(error, PortalError::Away) {
                p { (words.say("error-away-meanwhile")) }
                p.actions {
                    a.button href="" { (words.say("error-again")) }
                    a.button.second href="/settings" { (words.say("nav-settings")) }
                }
            } @else if matches!(error, PortalError::Form { key: "acting-none" | "acting-not-theirs" }) {
                // What was typed for somebody else is of no use any more.
                p.actions {
                    a.button href="/" { (words.say("error-back")) }
                    a.button.second href="/family" { (words.say("nav-family")) }
                }
            } @else if matches!(error, PortalError::Over) {
                p { a.button href=(list.0) { (words.say(list.1)) } }
            } @else {
                p.actions {
                    a.button href="/" { (words.say("error-back")) }
                    // The script shows it: browsers keep what was typed into a form that one goes back to.
                    @if matches!(error, PortalError::Refused { .. } | PortalError::Form { .. } | PortalError::BrokeOff) {
                        button.second.back type="button" hidden { (words.say("error-form-back")) }
                    }
                }
            }
        }
    };
    let (title, body) = match error {
        PortalError::ActsNoMore { who, to } => {
            let acted = visitor.and_then(|one| one.open.as_ref()?.memory.acted());
            let unsent = acted.map(|acted| acted.unsent).unwrap_or_default();
            let over = Over { who, to: to.as_ref(), unsent: &unsent };
            (over.title(words), over.card(words, visitor))
        }
        _ => (words.say("error-title"), plain),
    };
    let open = visitor.and_then(|one| Some((one, one.open.as_ref()?)));
    let page = match open {
        Some(open) => layout::with_menu(words, open, "", &title, &body),
        None => layout::bare(words, "error-title", &body),
    };
    let mut response = (error.status(), page).into_response();
    if matches!(error, PortalError::ActsNoMore { .. }) {
        response.headers_mut().insert(OVER, HeaderValue::from_static("yes"));
    }
    // A script that sent a file can't read a page: browsers let none of its own make markup of a text.
    if let Ok(why) = HeaderValue::try_from(encoded(&sentence)) {
        response.headers_mut().insert(WHY, why);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt as _;
    use mrms_app::access::no_share::NoShare;
    use mrms_core::Version;
    use mrms_crypto::Fingerprint;
    use mrms_home::ProfileName;
    use zeroize::Zeroizing;

    use super::*;
    use crate::entrance::secret::Secret;
    use crate::named::Named;
    use crate::opened::OpenProfile;
    use crate::words::Language;

    fn visitor(is_open: bool) -> Visitor {
        let open = OpenProfile {
            profile: ProfileName::standard(),
            phrase: Zeroizing::new(String::new()),
            idle: 900,
            memory: Arc::default(),
        };
        let secret = Secret::generate().unwrap();
        Visitor {
            key: secret.hash(),
            token: "the-token".to_owned(),
            open: is_open.then_some(open),
            is_settled: true,
        }
    }

    async fn shown(error: &PortalError, visitor: Option<&Visitor>) -> (u16, String) {
        let response = page(error, &Words::of(Language::German), visitor);
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_error_keeps_the_menu_and_the_lock_of_an_open_profile_and_shows_none_to_others() {
        let refusal = || PortalError::Refused { code: None, message: "it is over".to_owned() };
        let errors = [
            (PortalError::NoPage, 404),
            (PortalError::OtherPage, 403),
            (PortalError::Over, 410),
            (PortalError::TooLarge, 413),
            (PortalError::Form { key: "error-form" }, 422),
            (refusal(), 409),
            (PortalError::Away, 502),
            (PortalError::BrokeOff, 500),
        ];
        for (error, status) in errors {
            let (told, page) = shown(&error, Some(&visitor(true))).await;
            assert_eq!(told, status, "{error}");
            let why =
                super::page(&error, &Words::of(Language::German), None).headers()[WHY].clone();
            assert!(why.to_str().unwrap().is_ascii() && !why.is_empty(), "{error}");
            for part in ["<nav", "href=\"/records\"", "action=\"/lock\"", "role=\"alert\""] {
                assert!(page.contains(part), "{error}: {part}");
            }
            assert!(!page.contains("href=\"/people\">Jemanden"), "{error}");
            for other in [Some(&visitor(false)), None] {
                let (told, page) = shown(&error, other).await;
                assert_eq!(told, status);
                assert!(!page.contains("<nav") && !page.contains("the-token"), "{error}");
            }
        }
        let (_, over) = shown(&PortalError::Over, Some(&visitor(true))).await;
        assert!(
            over.contains("class=\"button\" href=\"/shared\""),
            "it can be opened again: {over}"
        );
        let none = PortalError::Form { key: "acting-none" };
        let (_, page) = shown(&none, Some(&visitor(true))).await;
        assert!(page.contains("href=\"/family\""), "{page}");
        let who = || Box::new(Named::Known("Maria Muster".to_owned()));
        let (status, page) =
            shown(&PortalError::ActsNoMore { who: who(), to: None }, Some(&visitor(true))).await;
        assert_eq!(status, 409);
        assert!(page.contains("<h1>Sie handeln nicht mehr für Maria Muster"), "{page}");
        assert!(page.contains("href=\"/family\""), "{page}");
        let new = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap();
        let moved = PortalError::ActsNoMore { who: who(), to: Some(new) };
        let (status, page) = shown(&moved, Some(&visitor(true))).await;
        assert_eq!(status, 409);
        assert!(page.contains("<h1>Maria Muster hat ein neues Konto"), "{page}");
        assert!(
            page.contains("action=\"/acting/begin\"") && page.contains("3VGZJSRTPGZGM"),
            "{page}"
        );
        assert!(!page.contains("nicht mehr für"), "it goes on: {page}");
        let over = PortalError::ActsNoMore { who: who(), to: None };
        let told = super::page(&over, &Words::of(Language::German), None);
        assert_eq!(told.headers()[OVER], "yes");
        let acting = visitor(true);
        let memory = &acting.open.as_ref().unwrap().memory;
        let mother = crate::acting::Acting {
            patient: "ST000000000000000000002AMW42H".parse().unwrap(),
            who: *who(),
            powers: mrms_core::Powers::ALL,
            until: None,
        };
        memory.act_for(Some(mother.clone()));
        let acted = crate::memory::Acted { who: *who(), to: None, unsent: Vec::new() };
        memory.acts_no_more_for(&mother.patient, acted);
        memory.was_not_sent("Brief.pdf");
        let (_, page) = shown(&over, Some(&acting)).await;
        assert!(page.contains("Brief.pdf"), "{page}");
        for (error, has) in
            [(refusal(), true), (PortalError::NoPage, false), (none, false), (over, false)]
        {
            let (_, page) = shown(&error, Some(&visitor(true))).await;
            assert_eq!(page.contains("button class=\"second back\""), has, "{error}: {page}");
        }
        let without = |why, earlier| {
            PortalError::NoShare(Box::new(NoShareTold {
                no_share: NoShare { version: Version::FIRST.next(), why, earlier },
                for_organisation: true,
                fingerprint: Some(Fingerprint::of_digest(&[7; 32])),
                path: "/shared/7/open".to_owned(),
                fields: vec![("sent", "yes".to_owned())],
            }))
        };
        let mut said = std::collections::BTreeSet::new();
        for why in [WhyNoShare::NewKey, WhyNoShare::PatientsProgram, WhyNoShare::ShareAgain] {
            let (status, page) = shown(&without(why, None), Some(&visitor(true))).await;
            assert!(status == 409 && !page.contains("/shared/7/open"), "{page}");
            assert!(!page.contains(&Words::of(Language::German).say("why-vaults-away")), "{page}");
            said.insert(page);
        }
        assert_eq!(said.len(), 3);
        let older = without(WhyNoShare::NewKey, Some(Version::FIRST));
        let (_, page) = shown(&older, Some(&visitor(true))).await;
        for part in ["action=\"/shared/7/open\"", "name=\"version\" value=\"1\"", "the-token"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let unknown = PortalError::Form { key: "share-unknown" };
        let (_, page) = shown(&unknown, Some(&visitor(true))).await;
        assert!(page.contains("href=\"/people\">Jemanden"), "{page}");
    }
}
