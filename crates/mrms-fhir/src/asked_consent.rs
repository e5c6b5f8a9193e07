//! A Consent that a client sends: what it grants, read strictly.
//!
//! What the ledger can't keep is refused and never dropped: a grant must not be wider than the Consent that asked for it.

use mrms_core::{RecordId, UnixTime};
use serde_json::Value;

use crate::outcome::{Refusal, Why};
use crate::time::{TimeRange, seconds};
use crate::write::{ABSENT, RIGHTS};

/// When a grant is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At this time.
    At(UnixTime),
    /// When somebody ends it: the Consent says so.
    Open,
}

/// By how many seconds a client's clock may be ahead of this one.
const SLACK: u64 = 600;

/// What a Consent asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedConsent {
    /// Somebody may open a record.
    Permit {
        /// The record.
        record: RecordId,
        /// Who: an account, a CAIP-10 name, an address such as `Patient/ST…`, or a name.
        reader: String,
        /// Until when.
        end: End,
        /// What else than reading, in the words of the extension; `None` where it says nothing.
        rights: Option<String>,
    },
    /// What was granted ends now.
    End,
}

fn wrong(sentence: &str) -> Refusal {
    Why::Unprocessable.because(sentence)
}

/// Reads a Consent.
///
/// # Errors
///
/// [`Why::Invalid`] for another resource, [`Why::Unprocessable`] for what can't be kept.
pub fn read(consent: &Value, now: UnixTime) -> Result<AskedConsent, Refusal> {
    if consent.get("resourceType").and_then(Value::as_str) != Some("Consent") {
        return Err(Why::Invalid.because("The body is no Consent."));
    }
    if consent.get("modifierExtension").is_some() || consent.get("implicitRules").is_some() {
        return Err(wrong(
            "The Consent has rules of its own (modifierExtension, implicitRules), which nobody here can follow.",
        ));
    }
    match consent.get("status").and_then(Value::as_str) {
        Some("active") => {}
        Some("inactive" | "rejected" | "entered-in-error") => return Ok(AskedConsent::End),
        _ => {
            return Err(wrong("Consent.status is active for a grant, and inactive to end it.")
                .hint("Drafts and proposals stay with their author."));
        }
    }
    let provision = consent.get("provision").ok_or_else(|| {
        wrong("Consent.provision is missing: it says who may open what, and until when.")
    })?;
    let known = ["id", "type", "period", "actor", "data", "extension"];
    if let Some(other) = provision
        .as_object()
        .and_then(|all| all.keys().find(|name| !known.contains(&name.as_str())))
    {
        return Err(wrong(&format!("Consent.provision.{other} would not be kept, so that the grant would be wider than the Consent."))
            .hint("A grant here is: one account, one record, and until when."));
    }
    if provision.get("type").and_then(Value::as_str).unwrap_or("permit") != "permit" {
        return Err(wrong(
            "Consent.provision.type is permit: nobody can open anything without a grant, so that there is nothing to deny.",
        ));
    }
    begun(provision, now)?;
    Ok(AskedConsent::Permit {
        record: record(provision)?,
        reader: reader(provision)?,
        end: end(provision)?,
        rights: rights(provision)?,
    })
}

fn only<'v>(provision: &'v Value, name: &str, what: &str) -> Result<&'v Value, Refusal> {
    match provision.get(name).and_then(Value::as_array).map(Vec::as_slice) {
        Some([one]) => Ok(one),
        _ => Err(wrong(&format!("Consent.provision.{name} names {what}."))
            .hint("Send one Consent for each record and each account.")),
    }
}

fn record(provision: &Value) -> Result<RecordId, Refusal> {
    let data = only(provision, "data", "one record")?;
    if data.get("meaning").and_then(Value::as_str).unwrap_or("instance") != "instance" {
        return Err(wrong(
            "Consent.provision.data.meaning is instance: a grant opens this record and no other.",
        ));
    }
    let reference =
        data.get("reference").and_then(|reference| reference.get("reference")?.as_str());
    let id = reference.and_then(|text| {
        let (before, id) = text.rsplit_once('/')?;
        before.rsplit('/').next().filter(|kind| *kind == "DocumentReference")?;
        id.parse().ok()
    });
    id.ok_or_else(|| {
        wrong("Consent.provision.data.reference is not the address of a record.")
            .hint("It is like DocumentReference/123, without a version: later versions are granted with it.")
    })
}

fn reader(provision: &Value) -> Result<String, Refusal> {
    let actor = only(provision, "actor", "one account")?;
    let who = actor.get("reference");
    let text = |names: &[&str]| {
        let found = names.iter().try_fold(who?, |value, name| value.get(name))?;
        found.as_str().map(str::to_owned)
    };
    let named = text(&["identifier", "value"])
        .or_else(|| text(&["reference"]))
        .or_else(|| text(&["display"]));
    named.ok_or_else(|| {
        wrong("Consent.provision.actor names nobody.")
            .hint("Give actor.reference.identifier.value: an account, such as ST….")
    })
}

/// Fails for a time that has not begun: a grant holds from the moment on in which it is made.
fn begun(provision: &Value, now: UnixTime) -> Result<(), Refusal> {
    let start = provision.get("period").and_then(|period| period.get("start")?.as_str());
    let Some(text) = start else { return Ok(()) };
    let start = TimeRange::parse(text).ok_or_else(|| {
        Why::Invalid.because(format!("Consent.provision.period.start is no date: {text:?}."))
    })?;
    match seconds(start.from) <= UnixTime::from_seconds(now.seconds() + SLACK) {
        true => Ok(()),
        false => Err(wrong(
            "Consent.provision.period.start has not come: a grant here holds from now on.",
        )
        .hint("Send the Consent when its time has come, or leave the start out.")),
    }
}

fn end(provision: &Value) -> Result<End, Refusal> {
    let period = provision.get("period");
    let end = period.and_then(|period| period.get("end")).and_then(Value::as_str);
    if let Some(text) = end {
        let end = TimeRange::parse(text).ok_or_else(|| {
            Why::Invalid.because(format!("Consent.provision.period.end is no date: {text:?}."))
        })?;
        // A day counts to its end.
        let at = if text.len() > 10 { end.from } else { end.until };
        return Ok(End::At(seconds(at)));
    }
    let reasons = period.and_then(|period| period.get("_end")?.get("extension")?.as_array());
    let is_open = |one: &Value| {
        one.get("url").and_then(Value::as_str) == Some(ABSENT)
            && one.get("valueCode").and_then(Value::as_str) == Some("not-applicable")
    };
    match reasons.is_some_and(|reasons| reasons.iter().any(is_open)) {
        true => Ok(End::Open),
        false => Err(wrong("Consent.provision.period.end is missing: say until when.").hint(format!(
            "For a grant that holds until somebody ends it, give period._end the extension {ABSENT} with the code not-applicable."
        ))),
    }
}

fn rights(provision: &Value) -> Result<Option<String>, Refusal> {
    let mut rights = None;
    for extension in provision.get("extension").and_then(Value::as_array).into_iter().flatten() {
        let url = extension.get("url").and_then(Value::as_str);
        match (url, extension.get("valueCode").and_then(Value::as_str)) {
            (Some(RIGHTS), Some(code)) => rights = Some(code.to_owned()),
            _ => {
                return Err(wrong(&format!(
                    "The extension {} of Consent.provision is not known here, and would not be kept.",
                    url.unwrap_or("without a url")
                )));
            }
        }
    }
    Ok(rights)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 20 May 2026.
    const NOW: UnixTime = UnixTime::from_seconds(1_779_235_200);

    fn consent() -> Value {
        json!({
            "resourceType": "Consent",
            "status": "active",
            "provision": {
                "type": "permit",
                "period": {"end": "2026-06-01T00:00:00Z"},
                "actor": [{"reference": {"identifier": {"value": "ST2"}}}],
                "data": [{"meaning": "instance", "reference": {"reference": "DocumentReference/7"}}],
            },
        })
    }

    fn with(change: impl FnOnce(&mut Value)) -> Result<AskedConsent, Refusal> {
        let mut changed = consent();
        change(&mut changed);
        read(&changed, NOW)
    }

    #[test]
    fn consent_says_who_what_and_until_when() {
        let end = End::At(UnixTime::from_seconds(1_780_272_000));
        let (record, reader) = (RecordId::new(7), "ST2".to_owned());
        assert_eq!(
            read(&consent(), NOW),
            Ok(AskedConsent::Permit { record, reader, end, rights: None })
        );
        let day =
            with(|consent| consent["provision"]["period"]["end"] = json!("2026-05-31")).unwrap();
        assert!(
            matches!(day, AskedConsent::Permit { end: at, .. } if at == end),
            "to the end of the day"
        );
        assert_eq!(with(|consent| consent["status"] = json!("inactive")), Ok(AskedConsent::End));
    }

    #[test]
    fn grant_that_would_begin_later_is_refused() {
        let beginning = |start: &str| {
            let end = json!({"start": start, "end": "2027-06-01T00:00:00Z"});
            with(|consent| consent["provision"]["period"] = end)
        };
        for begun in ["2026-05-20", "2026-05-20T00:09:00Z", "2026-01-01"] {
            beginning(begun).unwrap();
        }
        for later in ["2026-05-21", "2026-05-20T00:11:00Z", "2027"] {
            assert_eq!(beginning(later).unwrap_err().why, Why::Unprocessable, "{later}");
        }
        assert_eq!(beginning("soon").unwrap_err().why, Why::Invalid);
    }

    #[test]
    fn open_end_must_be_said() {
        let silent =
            with(|consent| consent["provision"]["period"] = json!({"start": "2026-05-01"}));
        assert_eq!(silent.unwrap_err().why, Why::Unprocessable);
        let said = json!({"_end": {"extension": [{"url": ABSENT, "valueCode": "not-applicable"}]}});
        let open = with(|consent| consent["provision"]["period"] = said).unwrap();
        assert!(matches!(open, AskedConsent::Permit { end: End::Open, .. }));
    }

    #[test]
    fn what_would_not_be_kept_is_refused() {
        let restrictions: [(&str, Value); 8] = [
            ("purpose", json!([{"code": "TREAT"}])),
            ("action", json!([{"coding": [{"code": "access"}]}])),
            ("provision", json!([{"type": "deny"}])),
            ("dataPeriod", json!({"start": "2026"})),
            ("securityLabel", json!([{"code": "R"}])),
            ("class", json!([{"code": "Observation"}])),
            ("extension", json!([{"url": "urn:other", "valueCode": "x"}])),
            ("type", json!("deny")),
        ];
        for (name, value) in restrictions {
            let refusal = with(|consent| consent["provision"][name] = value).unwrap_err();
            assert_eq!(refusal.why, Why::Unprocessable, "{name}");
        }
        for (place, value) in [
            ("actor", json!([])),
            ("data", json!([{"reference": {"reference": "Patient/7"}}])),
            (
                "data",
                json!([{"meaning": "related", "reference": {"reference": "DocumentReference/7"}}]),
            ),
        ] {
            let refusal = with(|consent| consent["provision"][place] = value).unwrap_err();
            assert_eq!(refusal.why, Why::Unprocessable, "{place}");
        }
        let modified = with(|consent| consent["modifierExtension"] = json!([{"url": "urn:x"}]));
        assert_eq!(modified.unwrap_err().why, Why::Unprocessable);
    }
}
