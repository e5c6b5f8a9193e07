//! SMART Health Cards: what the card says, and who is said to have issued it.
//!
//! The signature is not checked: its issuer's key is on the internet, and nothing here asks there. So the issuer is shown as
//! not verified. Source: SMART Health Cards Framework 1.4.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::bounds;
use crate::captions::Word;
use crate::document::{Block, Cell, Document, Table};
use crate::fhir;
use crate::json;
use crate::kind::Kind;
use crate::request::NotShown;

/// Cards of one file.
const MOST_CARDS: usize = 20;

/// The signed tokens of the cards in a file: `shc:/…`, a JWS, or a file of verifiable credentials. Nothing in them is looked
/// at.
///
/// # Errors
///
/// [`NotShown::Damaged`].
pub fn card_tokens(bytes: &[u8]) -> Result<Vec<String>, NotShown> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotShown::Damaged)?.trim();
    let tokens: Vec<String> = if text.starts_with("shc:/") {
        from_codes(text)?
    } else if text.starts_with('{') {
        let file: Value = serde_json::from_str(text).map_err(|_| NotShown::Damaged)?;
        let cards = json::list(&file, "verifiableCredential").iter();
        cards.filter_map(Value::as_str).take(MOST_CARDS).map(str::to_owned).collect()
    } else {
        vec![text.to_owned()]
    };
    Ok(tokens)
}

/// The payloads of the cards in a file, as JSON in the bytes that were signed. The signatures are not checked.
///
/// # Errors
///
/// [`NotShown`] where there is none.
pub fn card_payloads(bytes: &[u8]) -> Result<Vec<String>, NotShown> {
    let tokens = card_tokens(bytes)?;
    let payloads: Vec<String> = tokens.iter().filter_map(|token| payload(token)).collect();
    if payloads.is_empty() { Err(NotShown::Damaged) } else { Ok(payloads) }
}

/// The same as values.
pub(crate) fn payloads(bytes: &[u8]) -> Result<Vec<Value>, NotShown> {
    let texts = card_payloads(bytes)?;
    let values: Vec<Value> =
        texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    if values.is_empty() { Err(NotShown::Damaged) } else { Ok(values) }
}

/// The tokens of QR codes: two digits for each character. A card in several codes is joined in their order.
fn from_codes(text: &str) -> Result<Vec<String>, NotShown> {
    let mut parts: Vec<(usize, usize, String)> = Vec::new();
    for code in text.split_ascii_whitespace().take(200) {
        let code = code.strip_prefix("shc:/").ok_or(NotShown::Damaged)?;
        let mut pieces: Vec<&str> = code.split('/').collect();
        let digits = pieces.pop().ok_or(NotShown::Damaged)?;
        let number = |text: &&str| text.parse::<usize>().ok();
        let (index, count) = match pieces.as_slice() {
            [index, count] => number(index).zip(number(count)).ok_or(NotShown::Damaged)?,
            _ => (1, 1),
        };
        let digits = digits.as_bytes();
        if digits.len() % 2 == 1 || !digits.iter().all(u8::is_ascii_digit) {
            return Err(NotShown::Damaged);
        }
        let characters =
            digits.chunks_exact(2).map(|two| (two[0] - b'0') * 10 + (two[1] - b'0') + 45);
        parts.push((count, index, characters.map(char::from).collect()));
    }
    if parts.iter().all(|part| part.0 == 1) {
        return Ok(parts.into_iter().map(|part| part.2).take(MOST_CARDS).collect());
    }
    parts.sort_by_key(|part| part.1);
    let is_whole =
        parts.iter().enumerate().all(|(place, part)| part.1 == place + 1 && part.0 == parts.len());
    if is_whole {
        Ok(vec![parts.into_iter().map(|part| part.2).collect()])
    } else {
        Err(NotShown::Damaged)
    }
}

fn payload(token: &str) -> Option<String> {
    let mut parts = token.trim().split('.');
    let header = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    let body = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    let body = match json::text(&header, "zip") {
        Some("DEF") => {
            miniz_oxide::inflate::decompress_to_vec_with_limit(&body, bounds::MOST_INFLATED).ok()?
        }
        _ => body,
    };
    let text = String::from_utf8(body).ok()?;
    serde_json::from_str::<Value>(&text).ok().map(|_| text)
}

pub(crate) fn document(bytes: &[u8]) -> Result<Document, NotShown> {
    let payloads = payloads(bytes)?;
    let inner = |payload: &Value| json::at(payload, "vc.credentialSubject.fhirBundle").cloned();
    let bundles: Vec<Value> = payloads.iter().filter_map(inner).collect();
    let mut document = fhir::summary(&bundles, Kind::HealthCard);
    let rows = payloads.iter().map(|payload| {
        let date = issued(payload).map_or(Cell::Text(String::new()), Cell::Date);
        vec![Cell::text(json::text(payload, "iss").unwrap_or_default()), date]
    });
    let head = vec![Word::Issuer.into(), Word::Date.into()];
    let issuers = Block::Table(Table { caption: None, head, rows: rows.collect() });
    document.blocks.splice(0..0, [Block::Text(Word::NotVerified.into()), issuers]);
    document.date = payloads.first().and_then(issued).or(document.date);
    Ok(document)
}

/// When a card was issued: `nbf` in seconds.
pub(crate) fn issued(payload: &Value) -> Option<String> {
    let seconds = json::number(payload, "nbf")?;
    // Within what a timestamp can say.
    let seconds = if (0.0..1e11).contains(&seconds) { seconds as i64 } else { return None };
    jiff::Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A card of this payload, as a token.
    pub(crate) fn token(payload: &str) -> String {
        let body = miniz_oxide::deflate::compress_to_vec(payload.as_bytes(), 6);
        let parts = [br#"{"zip":"DEF","alg":"ES256"}"#.to_vec(), body, vec![7; 64]];
        parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    const PAYLOAD: &str = r#"{"iss":"https://issuer.example","nbf":1620992383,"vc":{"credentialSubject":{"fhirBundle":
        {"resourceType":"Bundle","entry":[{"fullUrl":"resource:0","resource":{"resourceType":"Patient","name":[{"family":"Muster","given":["Ana"]}]}},
        {"resource":{"resourceType":"Immunization","vaccineCode":{"coding":[{"code":"207"}]},"occurrenceDateTime":"2021-01-01"}}]}}}}"#;

    #[test]
    fn a_card_is_read_in_all_its_forms_and_its_issuer_is_not_verified() {
        let token = token(PAYLOAD);
        let digits: String = token.bytes().map(|byte| format!("{:02}", byte - 45)).collect();
        let half = digits.len() / 4 * 2;
        let forms = [
            token.clone(),
            format!("shc:/{digits}"),
            format!("shc:/2/2/{}\nshc:/1/2/{}", &digits[half..], &digits[..half]),
            format!(r#"{{"verifiableCredential":["{token}"]}}"#),
        ];
        for form in forms {
            let made = document(form.as_bytes()).unwrap();
            assert_eq!(made.patient.as_deref(), Some("Ana Muster"));
            assert_eq!(made.date.as_deref(), Some("2021-05-14T11:39:43Z"));
            assert_eq!(made.blocks[0], Block::Text(Word::NotVerified.into()));
            assert!(format!("{:?}", made.blocks).contains("https://issuer.example"));
        }
    }

    #[test]
    fn a_bomb_and_broken_codes_are_refused() {
        let bomb = token(&" ".repeat(bounds::MOST_INFLATED + 1));
        for broken in [
            bomb.as_str(),
            "shc:/",
            "shc:/5",
            "shc:/99x9",
            "shc:/1/3/5656",
            "eyJ.x.y",
            "{\"verifiableCredential\":[1]}",
        ] {
            assert!(document(broken.as_bytes()).is_err(), "{}", &broken[..broken.len().min(40)]);
        }
    }
}
