//! Puts literal references into a resource that names others by identifier alone.

use serde_json::{Value, json};

/// Adds `reference` to each element with an `identifier` and without one, where `find` knows the address for the type
/// and the identifier's value. An identifier stays.
pub fn add_references(value: &mut Value, find: &impl Fn(&str, &str) -> Option<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| add_references(item, find)),
        Value::Object(members) => {
            let named = |name: &str, of: &serde_json::Map<String, Value>| {
                of.get(name).and_then(Value::as_str).map(str::to_owned)
            };
            let identifier = members.get("identifier").and_then(Value::as_object);
            let found = match (identifier, members.contains_key("reference")) {
                (Some(identifier), false) => {
                    let kind = named("type", members).unwrap_or_default();
                    named("value", identifier).and_then(|value| find(&kind, &value))
                }
                _ => None,
            };
            if let Some(address) = found {
                members.insert("reference".to_owned(), json!(address));
            }
            members.values_mut().for_each(|member| add_references(member, find));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_is_added_beside_the_identifier_where_it_is_known() {
        let mut event = json!({"entity": [
            {"what": {"type": "Patient", "identifier": {"value": "a"}}},
            {"what": {"type": "Consent", "identifier": {"value": "b"}}},
            {"what": {"type": "Patient", "reference": "Patient/x", "identifier": {"value": "a"}}},
        ]});
        add_references(&mut event, &|kind, value| {
            (kind == "Patient").then(|| format!("Patient/{value}"))
        });
        assert_eq!(event["entity"][0]["what"]["reference"], "Patient/a");
        assert_eq!(event["entity"][0]["what"]["identifier"]["value"], "a");
        assert_eq!(event["entity"][1]["what"].get("reference"), None);
        assert_eq!(event["entity"][2]["what"]["reference"], "Patient/x");
    }
}
