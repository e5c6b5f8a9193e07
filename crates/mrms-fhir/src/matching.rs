//! Whether a resource fits a condition of a search. Source: R4, "Search", 3.1.1.

use serde_json::Value;

use crate::outcome::{Refusal, Why};
use crate::parameters::{How, Parameter, values_at};
use crate::query::{Condition, plain, split};
use crate::resource::Resource;
use crate::time::TimeRange;

/// How a date is compared with the one asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    StartsAfter,
    EndsBefore,
}

/// A token: `system|code`, `|code`, `system|`, `code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// `None`: any. Empty: none.
    system: Option<String>,
    /// `None`: any.
    code: Option<String>,
}

/// A reference that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// `Type/id`.
    Address(String),
    /// An id, of whatever type.
    Id(String),
    /// By identifier.
    Identifier(Token),
}

/// What a parameter's value must be: one of these.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Ids(Vec<String>),
    Tokens(Vec<Token>),
    NoneOf(Vec<Token>),
    Dates(Vec<(Prefix, TimeRange)>),
    References(Vec<Asked>),
    /// Beginnings, in small letters.
    Texts(Vec<String>),
    /// Whether there must be no value.
    Missing(bool),
}

impl Test {
    pub(crate) fn parse(
        parameter: &Parameter,
        modifier: Option<&str>,
        value: &str,
        base: &str,
    ) -> Result<Self, Refusal> {
        let parts = split(value, ',');
        let refused = || {
            let modifier = modifier.unwrap_or_default();
            Why::NotSupported.because(format!(
                "{} is not searched with the modifier {modifier:?}.",
                parameter.name
            ))
        };
        let texts = || parts.iter().map(|part| plain(part)).collect::<Vec<_>>();
        match (parameter.how, modifier) {
            (How::Updated | How::Id, Some(_)) => Err(refused()),
            (_, Some("missing")) => {
                match value {
                    "true" => Ok(Self::Missing(true)),
                    "false" => Ok(Self::Missing(false)),
                    _ => Err(Why::Invalid
                        .because(format!("{}:missing is true or false.", parameter.name))),
                }
            }
            (How::Id, None) => Ok(Self::Ids(texts())),
            (How::Token, None) => {
                Ok(Self::Tokens(parts.iter().map(|part| Token::parse(part)).collect()))
            }
            (How::Token, Some("not")) => {
                Ok(Self::NoneOf(parts.iter().map(|part| Token::parse(part)).collect()))
            }
            (How::Date | How::Updated, None) => {
                let dates = parts.iter().map(|part| date(parameter.name, part));
                dates.collect::<Result<_, _>>().map(Self::Dates)
            }
            (How::Reference | How::Patient | How::Owner, Some("identifier")) => {
                let token = |part: &String| Asked::Identifier(Token::parse(part));
                Ok(Self::References(parts.iter().map(token).collect()))
            }
            (How::Reference | How::Patient | How::Owner, modifier) => {
                let kind = match (modifier, parameter.how) {
                    (None, How::Reference) => None,
                    (None, _) | (Some("Patient"), _) => Some("Patient"),
                    (Some(kind), How::Reference)
                        if kind.starts_with(char::is_uppercase)
                            && kind.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
                    {
                        Some(kind)
                    }
                    _ => return Err(refused()),
                };
                let asked = texts().iter().map(|text| Asked::parse(text, kind, base)).collect();
                Ok(Self::References(asked))
            }
            (How::Text, None) => {
                Ok(Self::Texts(texts().iter().map(|text| text.to_lowercase()).collect()))
            }
            _ => Err(refused()),
        }
    }
}

fn date(name: &str, part: &str) -> Result<(Prefix, TimeRange), Refusal> {
    let prefix = match part.get(..2) {
        Some("eq") => Some(Prefix::Equal),
        Some("ne") => Some(Prefix::NotEqual),
        Some("gt") => Some(Prefix::Greater),
        Some("lt") => Some(Prefix::Less),
        Some("ge") => Some(Prefix::GreaterOrEqual),
        Some("le") => Some(Prefix::LessOrEqual),
        Some("sa") => Some(Prefix::StartsAfter),
        Some("eb") => Some(Prefix::EndsBefore),
        _ => None,
    };
    let text = if prefix.is_some() { part.get(2..).unwrap_or_default() } else { part };
    // A plus sign of a zone that was not encoded arrives as a space.
    let range = TimeRange::parse(&text.replace(' ', "+"));
    let range = range.ok_or_else(|| {
        Why::Invalid
            .because(format!("{name} is searched by a date, not {part:?}."))
            .hint("It is like 2026-05, ge2026-05-04 or lt2026-05-04T08:30:00Z.")
    })?;
    Ok((prefix.unwrap_or(Prefix::Equal), range))
}

impl Prefix {
    fn is_met(self, is: TimeRange, asked: TimeRange) -> bool {
        let equal = asked.from <= is.from && is.until <= asked.until;
        match self {
            Self::Equal => equal,
            Self::NotEqual => !equal,
            Self::Greater => is.until > asked.until,
            Self::Less => is.from < asked.from,
            Self::GreaterOrEqual => is.until > asked.from,
            Self::LessOrEqual => is.from < asked.until,
            Self::StartsAfter => is.from >= asked.until,
            Self::EndsBefore => is.until <= asked.from,
        }
    }
}

impl Token {
    pub(crate) fn parse(text: &str) -> Self {
        let parts = split(text, '|');
        match parts.as_slice() {
            [code] => Self { system: None, code: Some(plain(code)) },
            [system, rest @ ..] => {
                let code = plain(&rest.join("|"));
                Self {
                    system: Some(plain(system)),
                    code: Some(code).filter(|code| !code.is_empty()),
                }
            }
            [] => Self { system: None, code: None },
        }
    }

    /// Whether a coding, a concept, an identifier or a bare code is it.
    fn is(&self, value: &Value) -> bool {
        match value {
            Value::String(code) => self.code.as_ref().is_none_or(|asked| asked == code),
            Value::Bool(flag) => self.code.as_deref() == Some(if *flag { "true" } else { "false" }),
            Value::Object(members) => {
                if let Some(Value::Array(codings)) = members.get("coding") {
                    return codings.iter().any(|coding| self.is(coding));
                }
                let text = |name: &str| members.get(name).and_then(Value::as_str);
                let code = text("code").or_else(|| text("value"));
                let fits = self
                    .system
                    .as_deref()
                    .is_none_or(|asked| asked == text("system").unwrap_or(""));
                fits && self.code.as_deref().is_none_or(|asked| Some(asked) == code)
            }
            _ => false,
        }
    }
}

impl Asked {
    fn parse(text: &str, kind: Option<&str>, base: &str) -> Self {
        let local = text.strip_prefix(base).map_or(text, |rest| rest.trim_start_matches('/'));
        if local.contains(':') {
            // An address of elsewhere, or a name such as `stacks:…`, which identifiers have.
            return Self::Identifier(Token { system: None, code: Some(local.to_owned()) });
        }
        match (local.split_once('/'), kind) {
            (Some(_), _) => Self::Address(local.to_owned()),
            (None, Some(kind)) => Self::Address(format!("{kind}/{local}")),
            (None, None) => Self::Id(local.to_owned()),
        }
    }

    /// Whether a reference leads to it.
    fn is(&self, reference: &Value) -> bool {
        let address = reference.get("reference").and_then(Value::as_str);
        let plain = address.map(|address| address.split("/_history/").next().unwrap_or(address));
        match self {
            Self::Address(asked) => plain == Some(asked) || address == Some(asked),
            Self::Id(asked) => plain
                .and_then(|address| address.rsplit_once('/'))
                .is_some_and(|(_, id)| id == asked),
            Self::Identifier(token) => {
                reference.get("identifier").is_some_and(|identifier| token.is(identifier))
                    || token.system.is_none()
                        && address.is_some()
                        && address == token.code.as_deref()
            }
        }
    }
}

/// The span of a date, an instant or a period.
pub(crate) fn span(value: &Value) -> Option<TimeRange> {
    use jiff::Timestamp;
    match value {
        Value::String(text) => TimeRange::parse(text),
        Value::Object(period) => {
            let end =
                |name: &str| period.get(name).and_then(Value::as_str).and_then(TimeRange::parse);
            let (start, end) = (end("start"), end("end"));
            (start.is_some() || end.is_some()).then(|| TimeRange {
                from: start.map_or(Timestamp::MIN, |start| start.from),
                until: end.map_or(Timestamp::MAX, |end| end.until),
            })
        }
        _ => None,
    }
}

/// The date by which a parameter knows a resource.
pub(crate) fn date_of(parameter: &Parameter, resource: &Resource) -> Option<TimeRange> {
    match parameter.how {
        How::Updated => resource.updated.map(TimeRange::at),
        _ => {
            let places = parameter.paths.iter();
            places.flat_map(|path| values_at(resource.value(), path)).find_map(span)
        }
    }
}

impl Condition {
    pub(crate) fn fits(&self, resource: &Resource) -> bool {
        let parameter = self.parameter;
        let found = || -> Vec<&Value> {
            let places = parameter.paths.iter();
            places.flat_map(|path| values_at(resource.value(), path)).collect()
        };
        match &self.test {
            Test::Ids(ids) => ids.contains(&resource.id),
            Test::Tokens(tokens) => {
                found().iter().any(|value| tokens.iter().any(|token| token.is(value)))
            }
            Test::NoneOf(tokens) => {
                !found().iter().any(|value| tokens.iter().any(|token| token.is(value)))
            }
            Test::Dates(dates) => date_of(parameter, resource)
                .is_some_and(|is| dates.iter().any(|(prefix, asked)| prefix.is_met(is, *asked))),
            Test::References(asked) if parameter.how == How::Owner => {
                let owner = resource.patient.as_ref().map(|id| format!("Patient/{id}"));
                let is_owner = |asked: &Asked| matches!(asked, Asked::Address(address) if Some(address) == owner.as_ref());
                asked.iter().any(is_owner)
            }
            Test::References(asked) => {
                found().iter().any(|value| asked.iter().any(|asked| asked.is(value)))
            }
            Test::Texts(beginnings) => {
                found().iter().filter_map(|value| value.as_str()).any(|text| {
                    let text = text.to_lowercase();
                    let begins = |begin: &String| {
                        text.split_whitespace().any(|word| word.starts_with(begin))
                    };
                    beginnings.iter().any(|begin| text.starts_with(begin) || begins(begin))
                })
            }
            Test::Missing(is_missing) => {
                let is_there = match parameter.how {
                    How::Owner => resource.patient.is_some(),
                    _ => !found().is_empty(),
                };
                is_there != *is_missing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind::Kind;
    use crate::query::{Handling, Query};

    const BASE: &str = "http://127.0.0.1:1/fhir";

    fn fits(kind: Kind, name: &str, value: &str, resource: &Value) -> bool {
        let asked = [(name.to_owned(), value.to_owned())];
        let query = Query::parse(kind, &asked, Handling::Strict, BASE).unwrap();
        let resource = Resource::written(
            kind,
            "7".to_owned(),
            1,
            None,
            Some("p".to_owned()),
            resource.clone(),
        );
        query.conditions.iter().all(|condition| condition.fits(&resource))
    }

    #[test]
    fn tokens_are_compared_with_their_systems() {
        let observation =
            json!({"code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]}});
        let of = |value: &str| fits(Kind::Clinical("Observation"), "code", value, &observation);
        for value in ["718-7", "http://loinc.org|718-7", "http://loinc.org|", "1,718-7"] {
            assert!(of(value), "{value}");
        }
        for value in ["718-8", "http://snomed.info/sct|718-7", "|718-7", "http://snomed.info/sct|"]
        {
            assert!(!of(value), "{value}");
        }
        assert!(!fits(Kind::Clinical("Observation"), "code:not", "718-7", &observation));
        assert!(fits(Kind::Consent, "status", "active", &json!({"status": "active"})));
    }

    #[test]
    fn dates_are_compared_as_spans() {
        let event = json!({"recorded": "2026-05-04T08:30:00Z"});
        let of = |value: &str| fits(Kind::AuditEvent, "date", value, &event);
        for value in [
            "2026",
            "2026-05-04",
            "eq2026-05",
            "ge2026-05-04",
            "le2026-05-04",
            "gt2026-05-03",
            "lt2026-05-05",
            "sa2026-05-03",
            "eb2026-05-05",
            "ne2026-05-03",
            "ge2026-05-04T10:30:00+02:00",
            "ge2026-05-04T10:30:00 02:00",
        ] {
            assert!(of(value), "{value}");
        }
        for value in
            ["2025", "gt2026-05-04", "lt2026-05-04", "sa2026-05-04", "eb2026-05-04", "ne2026"]
        {
            assert!(!of(value), "{value}");
        }
        let consent = json!({"provision": {"period": {"start": "2026-05-01"}}});
        assert!(fits(Kind::Consent, "period", "ge2030", &consent), "it has no end");
        assert!(!fits(Kind::Consent, "period", "lt2026-05", &consent));
    }

    #[test]
    fn references_are_found_however_they_are_asked() {
        let consent = json!({
            "patient": {"reference": "Patient/ST1"},
            "provision": {
                "actor": [{"reference": {"identifier": {"system": "urn:ietf:rfc:3986", "value": "stacks:1:ST2"}}}],
                "data": [{"reference": {"reference": "DocumentReference/9/_history/2"}}],
            },
        });
        for (name, value) in [
            ("patient", "ST1"),
            ("patient", "Patient/ST1"),
            ("patient:Patient", "ST1"),
            ("patient", "http://127.0.0.1:1/fhir/Patient/ST1"),
            ("actor", "stacks:1:ST2"),
            ("actor:identifier", "urn:ietf:rfc:3986|stacks:1:ST2"),
            ("data", "9"),
            ("data", "DocumentReference/9"),
            ("data", "DocumentReference/9/_history/2"),
            ("data:missing", "false"),
        ] {
            assert!(fits(Kind::Consent, name, value, &consent), "{name}={value}");
        }
        for (name, value) in
            [("patient", "ST2"), ("data", "8"), ("actor", "ST2"), ("data", "Binary/9")]
        {
            assert!(!fits(Kind::Consent, name, value, &consent), "{name}={value}");
        }
    }

    #[test]
    fn clinical_resources_belong_to_the_patient_whose_record_it_is() {
        let stray = json!({"subject": {"reference": "urn:uuid:1"}});
        assert!(fits(Kind::Clinical("Condition"), "patient", "p", &stray));
        assert!(!fits(Kind::Clinical("Condition"), "patient", "q", &stray));
    }
}
