//! Whether two names can be those of one person, as people compare names.
//!
//! Case, accents, signs and the order of the words do not count, and a name that is part of another one is the same. What
//! differs may still be one person, who married for example: that is for a person to say.

use std::collections::BTreeSet;

use icu_normalizer::DecomposingNormalizerBorrowed;
use serde_json::Value;

use crate::stored::Contents;

/// The names that a document gives its one patient, as people say them. Of a document about several people none.
#[must_use]
pub fn patient_names(contents: &Contents) -> Vec<String> {
    match contents.patients.as_slice() {
        [patient] => names_of(patient),
        [] => {
            let mut said: Vec<String> = Vec::new();
            for one in &contents.resources {
                let whom = one.value().get("subject").or_else(|| one.value().get("patient"));
                let name = whom.and_then(|whom| whom.get("display")?.as_str());
                if let Some(name) = name.filter(|name| !said.iter().any(|one| one == name)) {
                    said.push(name.to_owned());
                }
            }
            // Several names without a Patient: nobody knows which one is meant.
            if said.len() == 1 { said } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// The names of a Patient, the one that it is called first: its text, or its given names and its family name.
#[must_use]
pub(super) fn names_of(patient: &Value) -> Vec<String> {
    let all = patient.get("name").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let said = |name: &Value| {
        let text = |field: &str| name.get(field).and_then(Value::as_str);
        if let Some(text) = text("text") {
            return text.to_owned();
        }
        let given = name.get("given").and_then(Value::as_array).into_iter().flatten();
        let parts: Vec<&str> = given.filter_map(Value::as_str).chain(text("family")).collect();
        parts.join(" ")
    };
    all.iter().map(said).filter(|name| !words(name).is_empty()).collect()
}

/// Whether two names can be those of one person.
#[must_use]
pub fn is_same_name(one: &str, other: &str) -> bool {
    let (one, other) = (words(one), words(other));
    let (first, second): (BTreeSet<_>, BTreeSet<_>) =
        (one.iter().collect(), other.iter().collect());
    first.is_subset(&second) || second.is_subset(&first) || one.concat() == other.concat()
}

/// The words of a name without case, accents and signs. An umlaut is the same in both of its spellings.
fn words(name: &str) -> Vec<String> {
    let normalizer = DecomposingNormalizerBorrowed::new_nfkd();
    let mut plain = String::new();
    for character in normalizer.normalize(&name.to_lowercase()).chars() {
        match character {
            'ß' => plain.push_str("ss"),
            'æ' | 'œ' => plain.push(if character == 'æ' { 'a' } else { 'o' }),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' => plain.push('d'),
            'ı' => plain.push('i'),
            '\'' | '’' => {}
            _ if ('\u{300}'..='\u{36f}').contains(&character) => {}
            _ if character.is_alphanumeric() => plain.push(character),
            _ => plain.push(' '),
        }
    }
    let spelt = |word: &str| word.replace("ae", "a").replace("oe", "o").replace("ue", "u");
    plain.split_whitespace().map(spelt).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_compared_as_people_do() {
        for (one, other) in [
            ("Martha DeLarosa", "DELAROSA, Martha"),
            ("Martha DeLarosa", "martha de la rosa"),
            ("José Núñez", "Jose Nunez"),
            ("Jürgen Groß", "Juergen Gross"),
            ("Maria Muster", "Dr. Maria Anna Muster-Beispiel"),
            ("Maria", "Maria Muster"),
            ("Sean O'Brien", "Sean O’Brien"),
        ] {
            assert!(is_same_name(one, other) && is_same_name(other, one), "{one} / {other}");
        }
        for (one, other) in [
            ("Maria Muster", "Martha DeLarosa"),
            ("Maria Muster", "Max Muster"),
            ("Ana Sample", "Anna Sample"),
            ("山田 太郎", "山田 花子"),
        ] {
            assert!(!is_same_name(one, other), "{one} / {other}");
        }
    }

    #[test]
    fn a_patient_has_the_names_that_people_say() {
        let patient = json!({"name": [{"family": "DeLarosa", "given": ["Martha"], "prefix": ["Ms"]},
            {"text": "Martha Rosa"}, {"use": "old"}]});
        assert_eq!(names_of(&patient), ["Martha DeLarosa", "Martha Rosa"]);
    }
}
