//! Values of CDA as values of FHIR: codes, identifiers, times, quantities, names.
//!
//! A time keeps the precision that it has: FHIR wants a time zone beside a time of day, so that of a time without one only the
//! day is said. What is null has the reason for that. Sources: HL7 V3 data types R1, HL7 C-CDA on FHIR 1.1, FHIR R4 data types.

use serde_json::{Map, Value, json};

use super::node::{Node, RESERVED};
use super::systems;
use crate::write::ABSENT;

/// Marks a number of which every digit is kept; see [`digits_put_in`]. No text of a document has it.
const DIGITS: char = RESERVED;

/// The texts of a narrative by their `ID`s.
pub(super) type Texts<'d> = std::collections::HashMap<&'d str, &'d Node>;

/// A text of the document, which may be elsewhere.
pub(super) fn text(node: &Node, texts: &Texts<'_>) -> Option<String> {
    let reference = node.child("reference").and_then(|one| one.attribute("value"));
    let referred = reference
        .and_then(|value| texts.get(value.trim_start_matches('#')))
        .map(|found| found.words());
    let said = referred.filter(|text| !text.is_empty()).unwrap_or_else(|| node.words());
    Some(plain(&said)).filter(|text| !text.is_empty())
}

/// A text without the space around it.
pub(super) fn plain(text: &str) -> String {
    text.trim().to_owned()
}

/// What CDA's reason for a null is in FHIR.
pub(super) fn absent_reason(node: &Node) -> Option<&'static str> {
    Some(match node.attribute("nullFlavor")? {
        "ASKU" => "asked-unknown",
        "NASK" => "not-asked",
        "NAV" => "temp-unknown",
        "MSK" => "masked",
        "NA" => "not-applicable",
        "OTH" => "unsupported",
        "INV" => "error",
        "NINF" => "negative-infinity",
        "PINF" => "positive-infinity",
        _ => "unknown",
    })
}

/// An element that says only why nothing is there.
pub(super) fn absent(reason: &str) -> Value {
    json!({"extension": [{"url": ABSENT, "valueCode": reason}]})
}

/// A code of CDA with its translations as codings, and the words for it.
pub(super) fn concept(node: &Node, texts: &Texts<'_>) -> Option<Value> {
    let mut codings: Vec<Value> = Vec::new();
    for one in std::iter::once(node).chain(node.all("translation")) {
        let coding = coding(one);
        codings.extend(coding.filter(|coding| !codings.contains(coding)));
    }
    let words = node.child("originalText").and_then(|one| text(one, texts));
    let mut concept = Map::new();
    if !codings.is_empty() {
        concept.insert("coding".to_owned(), json!(codings));
    }
    if let Some(words) = words {
        concept.insert("text".to_owned(), json!(words));
    }
    match (concept.is_empty(), absent_reason(node)) {
        (false, _) => Some(Value::Object(concept)),
        (true, Some(reason)) => Some(absent(reason)),
        (true, None) => None,
    }
}

/// What an entry says that it is about; `None` where it does not say it. A null may stand beside words or a translation, where only
/// a code is missing; one that stands beside a code, or says that there is no information, makes nothing of it certain.
pub(super) fn said(node: &Node, texts: &Texts<'_>) -> Option<Value> {
    let is_certain = match node.attribute("nullFlavor") {
        Some("OTH" | "UNK") => node.attribute("code").is_none(),
        _ => !node.is_null(),
    };
    let concept = concept(node, texts).filter(|_| is_certain)?;
    concept.get("extension").is_none().then_some(concept)
}

fn coding(node: &Node) -> Option<Value> {
    // A code that its author calls null is none.
    if node.is_null() {
        return None;
    }
    let code =
        node.attribute("code").map(|code| code.split_whitespace().collect::<Vec<_>>().join(" "))?;
    let mut coding = Map::new();
    if let Some(system) = node.attribute("codeSystem").and_then(systems::of) {
        coding.insert("system".to_owned(), json!(system));
    }
    coding.insert("code".to_owned(), json!(plain(&code)));
    if let Some(display) = node.attribute("displayName") {
        coding.insert("display".to_owned(), json!(plain(display)));
    }
    Some(Value::Object(coding))
}

/// The code of an element, where it has one.
pub(super) fn code_of(node: &Node) -> Option<&str> {
    node.attribute("code")
}

/// Identifiers, of those that are not null.
pub(super) fn identifiers(node: &Node) -> Vec<Value> {
    node.all("id").filter_map(identifier).collect()
}

fn identifier(node: &Node) -> Option<Value> {
    let root = systems::uri(node.attribute("root")?)?;
    Some(match node.attribute("extension") {
        Some(extension) => json!({"system": root, "value": plain(extension)}),
        None => json!({"system": "urn:ietf:rfc:3986", "value": root}),
    })
}

/// A time as FHIR's `dateTime`, as far as it is precise.
pub(super) fn date_time(text: &str) -> Option<String> {
    let (digits, zone) = match text.find(['+', '-', 'Z']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let digits = digits.split('.').next().unwrap_or_default();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to);
    let within = |part: &str, least: u32, most: u32| {
        part.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number))
    };
    let mut said = part(0, 4).filter(|year| *year != "0000")?.to_owned();
    let Some(month) = part(4, 6) else { return Some(said) };
    said = format!("{said}-{}", within(month, 1, 12).then_some(month)?);
    let Some(day) = part(6, 8) else { return Some(said) };
    said = format!("{said}-{}", within(day, 1, 31).then_some(day)?);
    // A day that no month has.
    said.parse::<jiff::civil::Date>().ok()?;
    let (Some(hour), Some(minute), Some(zone)) = (part(8, 10), part(10, 12), offset(zone)) else {
        return Some(said);
    };
    let second = part(12, 14).unwrap_or("00");
    let is_time = within(hour, 0, 23) && within(minute, 0, 59) && within(second, 0, 59);
    Some(match is_time {
        true => format!("{said}T{hour}:{minute}:{second}{zone}"),
        false => said,
    })
}

fn offset(zone: &str) -> Option<String> {
    if zone == "Z" {
        return Some("Z".to_owned());
    }
    let digits = zone.strip_prefix(['+', '-']).filter(|digits| digits.len() == 4)?;
    let (hours, minutes) = digits.split_at(2);
    let is_one = hours.parse::<u8>().is_ok_and(|hours| hours <= 14)
        && minutes.parse::<u8>().is_ok_and(|minutes| minutes <= 59);
    is_one.then(|| format!("{}{hours}:{minutes}", &zone[..1]))
}

/// The time of an element: its value.
pub(super) fn time(node: &Node) -> Option<String> {
    date_time(node.attribute("value")?)
}

/// When something was: a time alone, or a beginning and an end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct When {
    pub(super) at: Option<String>,
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
    /// Why the end is not known, where it says that there was one.
    pub(super) no_end: Option<&'static str>,
    /// Why nothing of it is known.
    pub(super) absent: Option<&'static str>,
}

impl When {
    pub(super) fn of(node: Option<&Node>) -> Self {
        let Some(node) = node else { return Self::default() };
        let part = |name: &str| node.child(name);
        Self {
            at: time(node).or_else(|| time(part("center")?)),
            start: part("low").and_then(time),
            end: part("high").and_then(time),
            no_end: part("high").and_then(absent_reason),
            absent: absent_reason(node).or_else(|| absent_reason(part("low")?)),
        }
    }

    /// Its beginning, or its only time.
    pub(super) fn begin(&self) -> Option<&str> {
        self.start.as_deref().or(self.at.as_deref())
    }

    /// Puts it into a resource as `nameDateTime` or `namePeriod`.
    pub(super) fn put(&self, resource: &mut Value, name: &str) {
        match (&self.at, &self.start, &self.end) {
            (Some(at), None, None) => resource[format!("{name}DateTime")] = json!(at),
            (_, None, None) => {
                if let Some(reason) = self.absent {
                    resource[format!("_{name}DateTime")] = absent(reason);
                }
            }
            (_, start, end) => {
                let mut period = Map::new();
                if let Some(start) = start {
                    period.insert("start".to_owned(), json!(start));
                }
                if let Some(end) = end {
                    period.insert("end".to_owned(), json!(end));
                }
                resource[format!("{name}Period")] = Value::Object(period);
            }
        }
    }
}

/// A number with its digits.
pub(super) fn number(text: &str) -> Option<Value> {
    let text = text.trim().trim_start_matches('+');
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = digits.split_once('.').map_or((digits, None), |(a, b)| (a, Some(b)));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let whole = if whole.is_empty() { "0" } else { whole };
    // A sign without a digit is no zero.
    let is_empty = digits.is_empty();
    if is_empty || !all_digits(whole) || !rest.is_none_or(all_digits) || digits.len() > 40 {
        return None;
    }
    let whole = Some(whole.trim_start_matches('0')).filter(|one| !one.is_empty()).unwrap_or("0");
    let sign = if text.starts_with('-') { "-" } else { "" };
    let rest = rest.map_or_else(String::new, |rest| format!(".{rest}"));
    Some(json!(format!("{DIGITS}{sign}{whole}{rest}")))
}

/// Puts numbers with their digits into a JSON text in place of what marks them.
pub(super) fn digits_put_in(json: &str) -> String {
    let mark = format!("\"{DIGITS}");
    let mut parts = json.split(mark.as_str());
    let mut done = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once('"').unwrap_or((part, ""));
        done.push_str(number);
        done.push_str(rest);
    }
    done
}

/// A quantity; its unit is one of UCUM, as CDA says.
pub(super) fn quantity(node: &Node) -> Option<Value> {
    if node.is_null() {
        return None;
    }
    let mut quantity = Map::new();
    quantity.insert("value".to_owned(), number(node.attribute("value")?)?);
    if let Some(unit) = node.attribute("unit").filter(|unit| *unit != "1") {
        quantity.insert("unit".to_owned(), json!(plain(unit)));
        if !unit.contains(char::is_whitespace) {
            quantity.insert("system".to_owned(), json!("http://unitsofmeasure.org"));
            quantity.insert("code".to_owned(), json!(plain(unit)));
        }
    }
    Some(Value::Object(quantity))
}

/// A low and a high as a range.
pub(super) fn range(node: &Node) -> Option<Value> {
    let mut range = Map::new();
    for name in ["low", "high"] {
        if let Some(limit) = node.child(name).and_then(quantity) {
            range.insert(name.to_owned(), limit);
        }
    }
    Some(Value::Object(range)).filter(|range| range.as_object().is_some_and(|all| !all.is_empty()))
}

/// Whom a name names.
pub(super) fn human_name(node: &Node) -> Option<Value> {
    let part = |name: &str| -> Vec<String> {
        node.all(name).map(|one| plain(&one.words())).filter(|text| !text.is_empty()).collect()
    };
    let mut name = Map::new();
    let family = part("family").join(" ");
    if !family.is_empty() {
        name.insert("family".to_owned(), json!(family));
    }
    for (of, field) in [("given", "given"), ("prefix", "prefix"), ("suffix", "suffix")] {
        let parts = part(of);
        if !parts.is_empty() {
            name.insert(field.to_owned(), json!(parts));
        }
    }
    if name.is_empty() {
        let text = plain(&node.words());
        if text.is_empty() {
            return None;
        }
        name.insert("text".to_owned(), json!(text));
    }
    if let Some("L") = node.attribute("use") {
        name.insert("use".to_owned(), json!("usual"));
    }
    Some(Value::Object(name))
}

/// The name of whoever did something: a person, else an organisation.
pub(super) fn called(node: &Node) -> Option<String> {
    const PERSON: [&[&str]; 4] = [
        &["assignedAuthor", "assignedPerson", "name"],
        &["assignedEntity", "assignedPerson", "name"],
        &["assignedAuthor", "representedOrganization", "name"],
        &["assignedEntity", "representedOrganization", "name"],
    ];
    let names = PERSON.iter().filter_map(|steps| node.at(steps));
    names.map(|name| plain(&name.words())).find(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_precision_and_claim_no_zone() {
        for (text, expected) in [
            ("2019", Some("2019")),
            ("201902", Some("2019-02")),
            ("20190228", Some("2019-02-28")),
            ("201902281015", Some("2019-02-28")),
            ("2019022810+0100", Some("2019-02-28")),
            ("201902281015+0100", Some("2019-02-28T10:15:00+01:00")),
            ("20190228101530.250-0730", Some("2019-02-28T10:15:30-07:30")),
            ("20190228101530Z", Some("2019-02-28T10:15:30Z")),
            ("20190228256100+0100", Some("2019-02-28")),
            ("20190228101530+9900", Some("2019-02-28")),
            ("20190230", None),
            ("201913", None),
            ("0000", None),
            ("soon", None),
            ("", None),
            ("2019é", None),
        ] {
            assert_eq!(date_time(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_digits_and_are_numbers_of_json() {
        let said = |text: &str| number(text).map(|one| digits_put_in(&one.to_string()));
        for (text, expected) in [
            ("4.10", Some("4.10")),
            ("-0.50", Some("-0.50")),
            ("007", Some("7")),
            (".5", Some("0.5")),
            ("+3", Some("3")),
            ("1e9", None),
            ("1.", None),
            ("", None),
            ("1,5", None),
            ("+", None),
            ("-", None),
        ] {
            assert_eq!(said(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn roots_are_oids_or_uuids_or_nothing() {
        assert_eq!(systems::of("2.16.840.1.113883.6.1").as_deref(), Some("http://loinc.org"));
        assert_eq!(systems::of("1.2.3").as_deref(), Some("urn:oid:1.2.3"));
        let uuid = "AB1791B0-5C71-11DB-B0DE-0800200C9A66";
        let lower = "urn:uuid:ab1791b0-5c71-11db-b0de-0800200c9a66";
        assert_eq!(systems::of(uuid).as_deref(), Some(lower));
        for bad in ["", "5", "1..2", "1.02", "javascript:x", "urn:oid:1.2"] {
            assert_eq!(systems::of(bad), None, "{bad}");
        }
    }
}
