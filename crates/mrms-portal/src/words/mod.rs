//! The portal's sentences in each language, from Fluent catalogues that are part of the program.

use std::borrow::Cow;
use std::fmt;

use fluent_bundle::FluentArgs;
use fluent_bundle::FluentResource;
use fluent_bundle::FluentValue;
use fluent_bundle::concurrent::FluentBundle;

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
    Spanish,
}

impl Language {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::English, Self::German, Self::Spanish];

    /// Its tag, as in HTML and HTTP.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Spanish => "es",
        }
    }

    /// What it calls itself.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Spanish => "Español",
        }
    }

    const fn catalogue(self) -> &'static str {
        match self {
            Self::English => include_str!("en.ftl"),
            Self::German => include_str!("de.ftl"),
            Self::Spanish => include_str!("es.ftl"),
        }
    }

    /// The language with this tag, region and case apart.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|one| one.tag().eq_ignore_ascii_case(primary.trim()))
    }

    /// The first language of an `Accept-Language` header that the portal speaks. Its weights are in order in
    /// every browser.
    pub(crate) fn accepted(header: &str) -> Option<Self> {
        header.split(',').find_map(|part| Self::of_tag(part.split(';').next().unwrap_or_default()))
    }
}

/// The sentences of one language.
pub(crate) struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Words").field(&self.language).finish()
    }
}

impl Words {
    /// Those of a language.
    pub(crate) fn of(language: Language) -> Self {
        let locale = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // Texts of others stand in <bdi>; marks inside attributes would be read out.
        bundle.set_use_isolating(false);
        let resource = match FluentResource::try_new(language.catalogue().to_owned()) {
            Ok(resource) => resource,
            // What was read before the fault; a test reads all of every catalogue.
            Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }

    /// The language.
    pub(crate) const fn language(&self) -> Language {
        self.language
    }

    /// A sentence.
    pub(crate) fn say(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// A sentence with what stands in its places.
    pub(crate) fn with(&self, key: &str, places: &[(&'static str, Place<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut arguments = FluentArgs::new();
        for (name, place) in places {
            arguments.set(*name, place.value());
        }
        let mut faults = Vec::new();
        self.bundle.format_pattern(pattern, Some(&arguments), &mut faults).into_owned()
    }
}

/// What stands in a place of a sentence.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'p> {
    Text(&'p str),
    Number(u64),
}

impl<'p> Place<'p> {
    fn value(self) -> FluentValue<'p> {
        match self {
            Self::Text(text) => FluentValue::String(Cow::Borrowed(text)),
            // Numbers of records and days are far below 2^53.
            Self::Number(number) => FluentValue::from(number as f64),
        }
    }
}

impl<'p> From<&'p str> for Place<'p> {
    fn from(text: &'p str) -> Self {
        Self::Text(text)
    }
}

impl<'p> From<&'p String> for Place<'p> {
    fn from(text: &'p String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Place<'_> {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<u64> for Place<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The keys of a catalogue, each with the places that its sentence has.
    fn keys(language: Language) -> BTreeSet<(String, BTreeSet<String>)> {
        assert!(FluentResource::try_new(language.catalogue().to_owned()).is_ok(), "{language:?}");
        let mut found: Vec<(String, BTreeSet<String>)> = Vec::new();
        for line in language.catalogue().lines() {
            if let Some((key, _)) = line.split_once(" =")
                && line.starts_with(|first: char| first.is_ascii_lowercase())
            {
                found.push((key.to_owned(), BTreeSet::new()));
            }
            for place in line.split('$').skip(1) {
                let name = place.split(|one: char| !one.is_ascii_alphanumeric()).next();
                if let Some((_, places)) = found.last_mut() {
                    places.insert(name.unwrap_or_default().to_owned());
                }
            }
        }
        let mut seen = BTreeSet::new();
        for (key, _) in &found {
            assert!(seen.insert(key.clone()), "{key} is there twice in {language:?}");
        }
        found.into_iter().collect()
    }

    #[test]
    fn every_language_has_every_sentence() {
        let english = keys(Language::English);
        assert!(english.len() > 50);
        for other in [Language::German, Language::Spanish] {
            let theirs = keys(other);
            let missing: Vec<_> = english.symmetric_difference(&theirs).collect();
            assert!(missing.is_empty(), "{other:?}: {missing:?}");
        }
    }

    /// Every key that a page says, by the sources.
    #[test]
    fn every_sentence_that_a_page_says_is_in_the_catalogues_and_no_other() {
        let english: BTreeSet<_> =
            keys(Language::English).into_iter().map(|(key, _)| key).collect();
        let mut said = BTreeSet::new();
        let mut folders = vec![std::path::PathBuf::from("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|one| one == "rs") {
                    if path.ends_with("words/mod.rs") {
                        continue;
                    }
                    let source = std::fs::read_to_string(path).unwrap();
                    let texts = source.split('"').skip(1).step_by(2).map(ToOwned::to_owned);
                    said.extend(texts.filter(|text| english.contains(text)));
                    for part in
                        source.split(".say(\"").skip(1).chain(source.split(".with(\"").skip(1))
                    {
                        let key = part.split('"').next().unwrap_or_default();
                        assert!(english.contains(key), "{key}");
                    }
                }
            }
        }
        let generated = |key: &&String| {
            ["month-", "weekday-", "kind-", "viewer-"].iter().any(|one| key.starts_with(one))
        };
        let unused: Vec<_> = english.difference(&said).filter(|key| !generated(key)).collect();
        assert!(unused.is_empty(), "{unused:?}");
    }

    #[test]
    fn no_page_sends_a_person_to_a_terminal() {
        for language in Language::ALL {
            for line in language.catalogue().lines().filter(|line| !line.starts_with('#')) {
                assert!(!line.contains("mrms "), "{language:?}: {line}");
            }
        }
    }

    #[test]
    fn language_is_the_first_that_the_browser_names() {
        assert_eq!(Language::accepted("fr-FR,de-AT;q=0.8,en;q=0.5"), Some(Language::German));
        assert_eq!(Language::accepted("fr"), None);
        let words = Words::of(Language::German);
        assert_eq!(words.language().tag(), "de");
        assert_eq!(words.say("no-such-key"), "no-such-key");
    }
}
