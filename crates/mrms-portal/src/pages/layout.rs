//! The frame of a page: head, navigation, the lock, the choice of a language.

use maud::{DOCTYPE, Markup, html};
use mrms_core::{Powers, Principal};
use mrms_home::ProfileName;
use mrms_people::name::short;

use crate::acting::Acting;
use crate::entrance::sessions::Visitor;
use crate::opened::OpenProfile;
pub(crate) use crate::pages::forms::token;
use crate::pages::hand_over::alarms;
use crate::pages::powers;
use crate::pages::view::View;
use crate::times;
use crate::words::{Language, Words};

/// The pages of the navigation: path and key.
const NAVIGATION: [(&str, &str); 8] = [
    ("/", "nav-home"),
    ("/records", "nav-records"),
    ("/shared", "nav-shared"),
    ("/people", "nav-people"),
    ("/family", "nav-family"),
    ("/who", "nav-who"),
    ("/check", "nav-check"),
    ("/settings", "nav-settings"),
];

/// The page of files that can't be read.
pub(crate) const DAMAGED: &str = "/damaged";

fn head(words: &Words, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.language().tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · MRMS" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/portal.css";
                script type="module" src="/assets/portal.js" {}
            }
            body { (body) }
        }
    }
}

/// A page without navigation, for who has not come in, or not yet opened a profile.
pub(crate) fn bare(words: &Words, title: &str, body: &Markup) -> Markup {
    let content = html! {
        header.top { span.brand { "MRMS" } }
        main id="content" { (body) }
        (footer(words))
    };
    head(words, &words.say(title), &content)
}

/// A page of an open profile. `path` is its place in the navigation.
pub(crate) fn page(view: &View, path: &str, title: &str, body: &Markup) -> Markup {
    let View { words, visitor, person } = view;
    with_menu(words, (visitor, person), path, title, body)
}

/// The same for a page that needs no open profile, where there is one.
pub(crate) fn with_menu(
    words: &Words,
    (visitor, person): (&Visitor, &OpenProfile),
    path: &str,
    title: &str,
    body: &Markup,
) -> Markup {
    let acting = person.memory.acting();
    let menu = Menu::of(acting.as_ref());
    let content = html! {
        a.skip href="#content" { (words.say("skip")) }
        header.top {
            a.brand href="/" { "MRMS" }
            span.who { (who(words, person)) }
            form method="post" action="/lock" {
                (token(visitor))
                button.quiet type="submit" { (words.say("lock")) }
            }
        }
        @if let Some(acting) = &acting { (acting_banner(words, visitor, acting)) }
        nav.main.wide aria-label=(words.say("nav-label")) { (links(words, &menu, path)) }
        // The same behind one line, where a screen is narrow; one of the two is shown.
        details.menu {
            summary { (words.say("nav-menu")) " · " (words.say(menu.current(path))) }
            nav.main aria-label=(words.say("nav-label")) { (links(words, &menu, path)) }
        }
        main id="content" { (alarms::banner(words, visitor, &person.memory.alarms())) @if path != DAMAGED { (damaged(words, person)) } (notes(words, visitor, person)) (body) }
        div.idle id="idle" hidden role="alertdialog" aria-labelledby="idle-text"
            data-seconds=(person.idle) data-remember[!visitor.is_settled]
            data-back=(words.say("idle-back")) {
            p id="idle-text" { (words.say("idle-warning")) }
            button type="button" id="idle-stay" { (words.say("idle-stay")) }
        }
        (footer(words))
    };
    head(words, title, &content)
}

/// Whose records these are: by their own name, else by the profile's where somebody chose that.
fn who(words: &Words, person: &OpenProfile) -> Markup {
    html! {
        @match person.memory.own_name() {
            Some(name) => bdi { (name) },
            None if person.profile == ProfileName::standard() => a href="/card" { (words.say("lacks-name")) },
            None => bdi { (person.profile.as_str()) },
        }
    }
}

/// That something which the profile remembers can't be read, while that is so, and the way to what can be done. It is of the
/// person's own things.
fn damaged(words: &Words, person: &OpenProfile) -> Markup {
    html! {
        @if !person.memory.damaged().is_empty() && person.memory.acting().is_none() {
            section.attention aria-labelledby="damaged" {
                h2 id="damaged" { (words.say("damaged-title")) }
                p { (words.say("damaged-banner")) " " a href=(DAMAGED) { (words.say("damaged-more")) } }
            }
        }
    }
}

/// What became of waiting actions, until it was read.
fn notes(words: &Words, visitor: &Visitor, person: &OpenProfile) -> Markup {
    let notes = person.memory.notes();
    if notes.all().is_empty() {
        return html! {};
    }
    html! {
        section.attention aria-labelledby="notes" {
            h2 id="notes" { (words.say("notes-title")) }
            ul { @for note in notes.all() { li { bdi { (note.say(words)) } } } }
            form method="post" action="/told" {
                (token(visitor))
                button.second type="submit" { (words.say("notes-read")) }
            }
        }
    }
}

/// For whom the person acts, and the way back to their own things. It stands on every page until then.
fn acting_banner(words: &Words, visitor: &Visitor, acting: &Acting) -> Markup {
    let who = acting.who.say(words);
    html! {
        section.acting aria-label=(words.say("acting-label")) {
            p {
                strong { bdi { (words.with("acting-banner", &[("who", (&who).into())])) } }
                " " (powers::you_may(words, acting.powers))
                @if let Some(until) = acting.until {
                    " " (words.with("acting-until", &[("end", (&times::end(words, until)).into())]))
                }
            }
            form method="post" action="/acting/end" {
                (token(visitor))
                button type="submit" { (words.say("acting-end")) }
            }
        }
    }
}

/// The pages that there are: the person's own, or those of the patient for whom they act.
struct Menu(Vec<(&'static str, &'static str)>);

impl Menu {
    fn of(acting: Option<&Acting>) -> Self {
        let Some(acting) = acting else { return Self(NAVIGATION.to_vec()) };
        let mut pages = vec![("/acting", "acting-records"), ("/acting/who", "nav-who")];
        if acting.may(Powers::ADD) {
            pages.push(("/acting/add", "acting-add"));
        }
        Self(pages)
    }

    /// The key of the page at this place; of the first where it is at none.
    fn current(&self, path: &str) -> &'static str {
        let found = self.0.iter().find(|(to, _)| *to == path).or(self.0.first());
        found.map_or("nav-home", |(_, key)| key)
    }
}

fn links(words: &Words, menu: &Menu, path: &str) -> Markup {
    html! {
        ul {
            @for (to, key) in menu.0.iter().copied() {
                li { a href=(to) aria-current=[(to == path).then_some("page")] { (words.say(key)) } }
            }
        }
    }
}

fn footer(words: &Words) -> Markup {
    html! {
        footer {
            form method="post" action="/language" {
                label for="language" { (words.say("language")) }
                select name="language" id="language" {
                    @for language in Language::ALL {
                        option value=(language.tag()) lang=(language.tag())
                            selected[language == words.language()] { (language.name()) }
                    }
                }
                button.quiet type="submit" { (words.say("language-choose")) }
            }
        }
    }
}

/// A button that copies a field of the page, or the whole account beside it. The script shows it; without script there is
/// the field itself.
pub(crate) fn copy(words: &Words, field: &str) -> Markup {
    html! {
        p.copy {
            button.quiet.copy type="button" hidden data-copies=(field) data-done=(words.say("copied")) {
                (words.say("copy"))
            }
            " " span role="status" {}
        }
    }
}

/// An account by its ends, and whole where somebody wants it: forty signs in a sentence nobody reads.
pub(crate) fn account(words: &Words, account: &Principal) -> Markup {
    html! {
        code { (short(account)) } " "
        details.account {
            summary { (words.say("account-whole")) }
            code.whole { (account) }
            (copy(words, ""))
        }
    }
}

/// A message of what was just done, or is wrong, on top of a page.
pub(crate) fn notice(text: &str) -> Markup {
    html! { p.notice role="status" { (text) } }
}
