//! Documents and one-time keys that people hand to each other, as a form takes them: pasted as text, as a file, or as a
//! picture of a QR code, which is decoded here. Knows no kind of document: the page checks kind and signature.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_crypto::HybridRecipient;
use mrms_home::qr::picture;
use mrms_people::{document, pasted};
use zeroize::Zeroizing;

use crate::entrance::sessions::Visitor;
use crate::error::PortalError;
use crate::pages::view::{Entered, must_have};
use crate::portal::Portal;
use crate::words::Words;
use crate::work::blocking;

/// What a key begins with.
const KEY_BEGINS: &str = "age1pq1";
/// More characters than any key has.
const MOST_KEY: usize = 4_096;
/// How many beginnings of a key are looked at in a text.
const MOST_KEYS: usize = 8;
/// The longest text of a form, in bytes.
const MOST_TEXT: usize = 2 * 1024 * 1024;

/// A form with text and perhaps a file.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    fields: BTreeMap<String, Zeroizing<String>>,
    /// The file, if one was chosen.
    pub(crate) file: Option<Bytes>,
}

impl Parts {
    /// A field; empty where the form has none of that name.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |text| text.as_str())
    }
}

/// What somebody handed over.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    /// The text that was pasted.
    pub(crate) text: String,
    /// The bytes of the document, if the text or the picture had one. They are not checked yet.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// Why there is no document in what was handed over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotHanded {
    /// The key of the sentence.
    pub(crate) key: &'static str,
    /// The text that was pasted, which the form is shown again with.
    pub(crate) text: String,
}

/// The fields in which a document is handed over: text, or a picture, or the camera where a script can use it. `typed` is what
/// was pasted before.
pub(crate) fn fields(words: &Words, label: &str, hint: &str, typed: &str) -> Markup {
    html! {
        label for="document" { (words.say(label)) }
        textarea id="document" name="document" rows="4" spellcheck="false" autocapitalize="none"
            aria-describedby="document-hint" { (typed) }
        p.hint id="document-hint" { (words.say(hint)) }
        label for="picture" { (words.say("handed-picture")) }
        input id="picture" name="picture" type="file" accept="image/png,image/jpeg,.txt,.card";
        div.scan hidden data-none=(words.say("handed-no-camera")) {
            button.second type="button" { (words.say("handed-camera")) }
            video muted playsinline hidden {}
            p role="status" {}
        }
    }
}

/// Reads the form's fields and its file, of which the token is the first.
pub(crate) async fn parts(visitor: &Visitor, mut form: Multipart) -> Result<Parts, PortalError> {
    let broke = |_| PortalError::Form { key: "add-too-large" };
    let mut parts = Parts::default();
    let mut has_token = false;
    while let Some(field) = form.next_field().await.map_err(broke)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "token" => {
                must_have(visitor, &field.text().await.map_err(broke)?)?;
                has_token = true;
            }
            // The token comes first, so nothing of another page is read.
            _ if !has_token => return Err(PortalError::OtherPage),
            "picture" => {
                let bytes = field.bytes().await.map_err(broke)?;
                parts.file = Some(bytes).filter(|bytes| !bytes.is_empty());
            }
            _ => {
                let text = Zeroizing::new(field.text().await.map_err(broke)?);
                if text.len() > MOST_TEXT {
                    return Err(PortalError::Form { key: "add-too-large" });
                }
                parts.fields.insert(name, text);
            }
        }
    }
    if has_token { Ok(parts) } else { Err(PortalError::OtherPage) }
}

/// Reads the form.
pub(crate) async fn read(
    visitor: &Visitor,
    form: Multipart,
) -> Result<Result<Handed, NotHanded>, PortalError> {
    something(parts(visitor, form).await?).await
}

/// What was handed over in a form, where that may not be nothing.
pub(crate) async fn something(parts: Parts) -> Result<Result<Handed, NotHanded>, PortalError> {
    Ok(match of(parts).await? {
        Ok(handed) if handed.text.is_empty() && handed.bytes.is_none() => {
            Err(NotHanded { key: "handed-nothing", text: String::new() })
        }
        read => read,
    })
}

/// What was handed over in a form, where that may be nothing.
pub(crate) async fn of(parts: Parts) -> Result<Result<Handed, NotHanded>, PortalError> {
    let text = parts.field("document").trim().to_owned();
    // What was typed before stays in its field: a file that is chosen then is what is meant.
    if let Some(file) = parts.file {
        let found = blocking(move || Ok(in_file(&file))).await?;
        return Ok(match found {
            Ok(Found::Document(bytes)) => Ok(Handed { bytes: Some(bytes), text }),
            Ok(Found::Key(key)) => Ok(Handed { text: key.to_string(), bytes: None }),
            Err(key) => Err(NotHanded { key, text }),
        });
    }
    Ok(pasted(text))
}

/// What is in a text that was pasted: a document, with whatever stands around it, or something else for the page to read.
fn pasted(text: String) -> Result<Handed, NotHanded> {
    let is_meant = document::begins_as_text(&text) || pasted::text_in(&text).is_some();
    if !is_meant {
        return Ok(Handed { text, bytes: None });
    }
    match document::bytes_of_text(&text) {
        Ok(bytes) => Ok(Handed { text, bytes: Some(bytes) }),
        Err(_) => Err(NotHanded { key: "handed-altered", text }),
    }
}

/// What is in a file or a picture.
enum Found {
    /// A document, which is not checked yet.
    Document(Vec<u8>),
    /// A key to which something is to be encrypted.
    Key(HybridRecipient),
}

/// The key in a text, as people copy it: with breaks in it, in the capitals of a QR code, or with the mail around it.
pub(crate) fn key_in(text: &str) -> Option<HybridRecipient> {
    let small = text.to_ascii_lowercase();
    small.match_indices(KEY_BEGINS).take(MOST_KEYS).find_map(|(at, _)| key_at(&small[at..]))
}

/// The key with which a text begins, whatever follows: a mail, with quote marks at its lines.
fn key_at(text: &str) -> Option<HybridRecipient> {
    let mut key = String::new();
    for word in text.split_whitespace() {
        let word = word.trim_start_matches('>');
        let length = word.bytes().take_while(u8::is_ascii_alphanumeric).count();
        key.push_str(&word[..length]);
        let found = key.parse();
        if found.is_ok() || length < word.len() || key.len() > MOST_KEY {
            return found.ok();
        }
    }
    None
}

fn in_file(contents: &[u8]) -> Result<Found, &'static str> {
    if picture::is_picture(contents) {
        return match picture::document_in(contents) {
            Ok(bytes) => Ok(Found::Document(bytes)),
            Err(picture::PictureError::TooLarge { .. }) => Err("handed-too-large"),
            Err(picture::PictureError::Several) => Err("handed-several"),
            Err(picture::PictureError::OtherText) => {
                let texts = picture::texts_in(contents).unwrap_or_default();
                let key = texts.iter().find_map(|text| key_in(text));
                key.map(Found::Key).ok_or("handed-other-code")
            }
            Err(picture::PictureError::Document(_)) => Err("handed-altered"),
            Err(_) => Err("handed-no-code"),
        };
    }
    if let Some(key) = std::str::from_utf8(contents).ok().and_then(key_in) {
        return Ok(Found::Key(key));
    }
    document::bytes_of_file(contents).map(Found::Document).map_err(|_| "handed-altered")
}

/// The file of a form that has nothing else, which may be empty; `None` where none was chosen.
pub(crate) async fn file(
    visitor: &Visitor,
    mut form: Multipart,
    name: &str,
) -> Result<Option<Bytes>, PortalError> {
    let broke = |_| PortalError::Form { key: "add-too-large" };
    let (mut has_token, mut file) = (false, None);
    while let Some(field) = form.next_field().await.map_err(broke)? {
        match field.name() {
            Some("token") => {
                must_have(visitor, &field.text().await.map_err(broke)?)?;
                has_token = true;
            }
            Some(other) if has_token && other == name => {
                // A browser sends a file without a name where none was chosen.
                let is_chosen = field.file_name().is_some_and(|name| !name.is_empty());
                file = Some(field.bytes().await.map_err(broke)?).filter(|_| is_chosen);
            }
            _ => return Err(PortalError::OtherPage),
        }
    }
    Ok(file)
}

/// `POST /scan`: a frame of the camera. Answers with the text of the document or key whose code is in it, or with nothing.
pub(crate) async fn scan(
    State(_): State<Arc<Portal>>,
    entered: Entered,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PortalError> {
    let token = headers.get("x-mrms-token").and_then(|value| value.to_str().ok());
    must_have(&entered.visitor, token.unwrap_or_default())?;
    let found = blocking(move || Ok(in_file(&body))).await?;
    Ok(match found {
        Ok(Found::Document(bytes)) => document::armor(&bytes).into_response(),
        Ok(Found::Key(key)) => key.to_string().into_response(),
        Err(_) => StatusCode::NO_CONTENT.into_response(),
    })
}

#[cfg(test)]
mod tests {
    use mrms_crypto::HybridIdentity;
    use mrms_home::clock::rng;
    use mrms_home::qr::code::Code;

    use super::*;

    #[test]
    fn one_time_key_is_read_from_a_picture_a_file_and_a_text_with_breaks() {
        let identity = HybridIdentity::generate(&mut rng());
        let key = identity.recipient().to_string();
        let is_it = |contents: &[u8]| match in_file(contents) {
            Ok(Found::Key(found)) => found.to_string() == key,
            _ => false,
        };
        assert!(is_it(&Code::of_key(&key).unwrap().png().unwrap()));
        assert!(is_it(format!("{key}\n").as_bytes()));
        let broken = format!(" {}\r\n{} ", &key[..800], &key[800..]);
        assert_eq!(key_in(&broken).unwrap().to_string(), key);
        let mail =
            format!("Liebe Anna\n\n> {}\n> {}\n>\n> Viele Gruesse", &key[..800], &key[800..]);
        assert_eq!(key_in(&mail).unwrap().to_string(), key);
        assert!(key_in(&key[..800]).is_none());
        // Whatever else is in a file, is for the page to refuse.
        assert!(matches!(in_file(b"age1pq1nonsense"), Ok(Found::Document(_))));
        let other = Code::of_text("https://elsewhere.example").unwrap().png().unwrap();
        assert_eq!(in_file(&other).err(), Some("handed-other-code"));
    }

    #[test]
    fn mail_with_a_document_is_read_and_one_without_keeps_its_text() {
        // The least that a whole text has: a number of 16 bytes.
        let bytes: Vec<u8> = [1].into_iter().chain([0; 15]).chain([7]).collect();
        let mail = format!("Liebe Frau Muster\n\n> {}\n\nViele Gruesse", document::armor(&bytes));
        let handed = pasted(mail.clone()).unwrap();
        assert_eq!((handed.bytes, handed.text), (Some(bytes), mail));
        let greeting = "Liebe Frau Muster".to_owned();
        assert_eq!(pasted(greeting.clone()).unwrap().bytes, None, "nothing is said to be altered");
        let altered = format!("{greeting}\nmrms:AAAAA");
        let not = pasted(altered.clone()).unwrap_err();
        assert_eq!(not, NotHanded { key: "handed-altered", text: altered });
        for language in crate::words::Language::ALL {
            let words = Words::of(language);
            let shown = fields(&words, "people-card", "people-card-hint", "</textarea>mrms:");
            assert!(shown.into_string().contains("&lt;/textarea&gt;mrms:</textarea>"));
        }
    }
}
