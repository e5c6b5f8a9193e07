//! Cards as pages show them, and what a card is about to change.

use maud::{Markup, html};
use mrms_app::people::known::{OfferError, Offered, OtherKey};
use mrms_crypto::Fingerprint;
use mrms_people::{Card, CardNews, DocumentError, Kind};

use crate::named::Named;
use crate::pages::layout::account;
use crate::words::Words;

/// How to learn what somebody without a name is called; nothing where a name is there.
pub(super) fn nameless(words: &Words, who: &Named) -> Markup {
    html! {
        @if matches!(who, Named::Unknown(_)) {
            p.hint { (words.say("nameless")) " " a href="/people#document" { (words.say("nameless-link")) } }
        }
    }
}

/// The word for what somebody is, as a key of the catalogues.
pub(crate) const fn kind_key(kind: Kind) -> &'static str {
    match kind {
        Kind::Person => "who-is-person",
        Kind::Practice => "who-is-practice",
        Kind::Hospital => "who-is-hospital",
        Kind::Laboratory => "who-is-laboratory",
        Kind::Pharmacy => "who-is-pharmacy",
        Kind::Insurer => "who-is-insurer",
        Kind::Auditor => "who-is-auditor",
        Kind::Other => "who-is-other",
    }
}

/// What somebody's card says.
pub(crate) fn card(words: &Words, card: &Card) -> Markup {
    facts(words, card, "card-kind", ("card-fingerprint", "fingerprint-theirs"), None)
}

/// The same on a page about them, with the key that they have now, where that is known: it is what is compared, and the card
/// may be from before.
pub(crate) fn card_of(words: &Words, card: &Card, now: Option<&Fingerprint>) -> Markup {
    facts(words, card, "card-kind", ("card-fingerprint", "fingerprint-theirs"), now)
}

/// What one's own card says.
pub(crate) fn own_card(words: &Words, card: &Card) -> Markup {
    facts(words, card, "own-card-kind", ("own-card-fingerprint", "fingerprint-own"), None)
}

/// `fingerprint` is how it is called, and where the other one finds what it is compared with.
fn facts(
    words: &Words,
    card: &Card,
    kind: &str,
    fingerprint: (&str, &str),
    now: Option<&Fingerprint>,
) -> Markup {
    let on_card = Fingerprint::of_digest(&card.key_hash).to_string();
    let now = now.map_or_else(|| on_card.clone(), ToString::to_string);
    html! {
        dl.facts {
            div { dt { (words.say("card-name")) } dd { bdi { (card.name) } } }
            div { dt { (words.say(kind)) } dd { (words.say(kind_key(card.kind))) } }
            @if let Some(organisation) = &card.organisation {
                div { dt { (words.say("card-organisation")) } dd { bdi { (organisation) } } }
            }
            @if let Some(address) = &card.address {
                div { dt { (words.say("card-address")) } dd { bdi { (address) } } }
            }
            div { dt { (words.say("card-account")) } dd { (account(words, &card.principal.into())) } }
            div {
                dt { (words.say(fingerprint.0)) }
                dd {
                    span.fingerprint { (now) }
                    br;
                    span.hint { (words.say(fingerprint.1)) }
                    @if now != on_card {
                        br;
                        span { (words.with("person-key-now", &[("before", (&on_card).into())])) }
                    }
                }
            }
        }
    }
}

/// What is to be known before a card is taken.
pub(crate) fn news(words: &Words, offered: &Offered) -> Markup {
    html! {
        @match &offered.news {
            CardNews::Newer { before } => {
                p { (words.say("card-newer")) }
                details { summary { (words.say("card-before")) } (card(words, before)) }
            },
            CardNews::Same => p { (words.say("card-same")) },
            _ => p { (words.say("card-compare")) },
        }
        @match offered.other_key {
            None => {},
            Some(OtherKey::None) => p.wrong { (words.say("card-no-key")) },
            Some(OtherKey::Another(published)) => p.wrong {
                (words.with("card-other-key", &[("published", (&published.to_string()).into())]))
            },
        }
    }
}

/// Why a card is not taken, as a key of the catalogues; `None` where a use case failed.
pub(crate) fn not_taken(error: &OfferError) -> Option<&'static str> {
    Some(match error {
        OfferError::Document(DocumentError::OtherKind { .. }) => "card-other-kind",
        OfferError::Document(_) => "people-wrong-card",
        OfferError::Own => "people-own-card",
        OfferError::Elsewhere { .. } => "people-other-ledger",
        OfferError::Older { .. } => "people-old-card",
        OfferError::Contradicts { .. } => "people-contradicts",
        _ => return None,
    })
}
