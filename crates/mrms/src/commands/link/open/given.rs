//! What `mrms open` was given: the text of a link or of a health card, or a file or picture with one.

use std::io::Read as _;
use std::path::Path;

use mrms_home::qr::picture;
use mrms_links::Shlink;
use mrms_links::card::{self, IssuerKeys};
use mrms_viewers::{Kind, card_tokens};

use super::claim;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::input;
use crate::ui::reasons::cannot;

/// The largest file that is read: a photograph of a QR code.
const MOST_FILE: u64 = 32 * 1024 * 1024;

/// What was given.
pub(super) enum Given {
    Link(Box<Shlink>),
    Card(Vec<u8>),
}

/// Reads what was given: a text, or a file with one.
pub(super) fn read(given: &str) -> Result<Given, Failure> {
    if let Some(found) = in_text(given)? {
        return Ok(found);
    }
    let bytes = contents(given)?;
    if picture::is_picture(&bytes) {
        for text in picture::texts_in(&bytes)? {
            if let Some(found) = in_text(&text)? {
                return Ok(found);
            }
        }
        return Err(nothing("the QR code in the picture has neither a link nor a health card"));
    }
    let text = String::from_utf8(bytes).map_err(|_| nothing("the file has no link in it"))?;
    if let Some(found) = in_text(&text)? {
        return Ok(found);
    }
    let is_card = Kind::of(text.as_bytes(), "") == Kind::HealthCard
        || card_tokens(text.as_bytes()).is_ok_and(|tokens| !tokens.is_empty())
            && card::check(text.trim(), &IssuerKeys::default()).is_ok();
    match is_card {
        true => card_in(text.into_bytes()).map(Given::Card),
        false => Err(nothing("the file has neither a link nor a health card")),
    }
}

fn in_text(text: &str) -> Result<Option<Given>, Failure> {
    if Shlink::is_in(text) {
        let link = Shlink::parse(text).map_err(|error| {
            Failure::new(Exit::Usage, "link", chain(&error))
                .hint("copy all of it, from shlink:/ to its end")
        })?;
        return Ok(Some(Given::Link(Box::new(link))));
    }
    match text.trim_start().starts_with("shc:/") {
        true => card_in(text.as_bytes().to_vec()).map(|card| Some(Given::Card(card))),
        false => Ok(None),
    }
}

/// A card that was given itself. What can't be read as one is refused before anything else is asked.
fn card_in(content: Vec<u8>) -> Result<Vec<u8>, Failure> {
    match claim::cards_in(&content, &IssuerKeys::default()) {
        Ok(_) => Ok(content),
        Err(claim::NoCard) => Err(Failure::new(
            Exit::Usage,
            "health-card",
            "what was given begins as a health card, and can't be read as one",
        )
        .hint("copy all of it, from shc:/ to its end, every code of it; or give the .smart-health-card file")),
    }
}

fn nothing(message: &str) -> Failure {
    Failure::new(Exit::Usage, "link", message)
        .hint("give the text that begins with shlink:/ or shc:/, a file with it, or a picture of its QR code")
}

pub(super) fn contents(given: &str) -> Result<Vec<u8>, Failure> {
    let path = Path::new(given);
    let mut bytes = Vec::new();
    let read = match given {
        "-" => std::io::stdin().lock().take(MOST_FILE + 1).read_to_end(&mut bytes),
        _ => input::open(path)?.take(MOST_FILE + 1).read_to_end(&mut bytes),
    };
    read.map_err(|error| cannot("read", path, &error))?;
    if bytes.len() as u64 > MOST_FILE {
        return Err(nothing("the file is larger than any link, card or picture of one"));
    }
    Ok(bytes)
}
