//! Whose the documents of an import are: whether they may be about the person who takes them in, as far as names and dates
//! of birth tell. Pure: what documents say comes from `mrms-viewers`, and the person's own name from their profile.
//!
//! A name in a document is a text that anybody can write, so nothing here proves that a document is somebody's. It tells what
//! speaks against it, before a record that can't be taken back has a stranger's findings.

use mrms_people::name::likeness;
use mrms_viewers::Subject;

/// Words before or after a name that belong to no person alone.
const TITLES: [&str; 13] =
    ["dr", "prof", "med", "dipl", "ing", "mr", "mrs", "ms", "mx", "herr", "frau", "sra", "srta"];

/// Whether a document may be about the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// It names nobody, or not in a way that is read here.
    Unnamed,
    /// It names somebody, and nothing speaks against that being the person.
    Fits,
    /// It names somebody else than the person calls themselves.
    OtherName,
    /// It names them so, and tells another date of birth than most documents of this import.
    OtherBirth,
    /// Nothing says what the person is called, and most documents of this import name somebody else.
    OtherThanMost,
    /// The documents of this import name several people, and nothing says which of them is the person.
    Unclear,
    /// It is about several people.
    Several,
}

impl Whose {
    /// Whether something speaks against it being about the person, and about them alone.
    #[must_use]
    pub const fn is_doubted(self) -> bool {
        !matches!(self, Self::Unnamed | Self::Fits)
    }

    /// A stable word for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unnamed => "not-named",
            Self::Fits => "fits",
            Self::OtherName => "other-name",
            Self::OtherBirth => "other-birth-date",
            Self::OtherThanMost => "other-than-most",
            Self::Unclear => "unclear",
            Self::Several => "several-people",
        }
    }
}

/// What the person is known to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    /// So.
    Person(String),
    /// Nothing says it.
    NotSaid,
    /// They are an organisation, and have documents of other people: none is compared.
    Organisation,
}

impl Own {
    /// The person's name, where a document names others and not them.
    #[must_use]
    pub fn is_none_of(&self, about: &[Subject]) -> Option<&str> {
        let Self::Person(own) = self else { return None };
        let names = |one: &Subject| one.name.as_deref().and_then(Name::of);
        let others = about
            .iter()
            .all(|one| names(one).is_some() && !names_agree(Some(own), one.name.as_deref()));
        (others && !about.is_empty()).then_some(own)
    }
}

/// Whom the documents of an import were compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComparedWith {
    /// The name: the person's own, else that of most documents. `None` where there is neither.
    pub name: Option<String>,
    /// The date of birth that most of the documents with this name tell.
    pub born: Option<String>,
    /// Whether it is the name that the person gives themselves.
    pub is_own: bool,
}

/// What was found out about the documents of an import.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) with: ComparedWith,
    /// Of each document, in the order in which they came.
    pub(super) verdicts: Vec<Whose>,
}

/// The words of a name as they are compared.
#[derive(Clone, Debug)]
struct Name(Vec<Part>);

#[derive(Clone, Debug)]
struct Part {
    /// Without case, accents and signs that look like others.
    folded: String,
    /// Its first letter, in the same way.
    first: String,
    is_initial: bool,
}

/// A word without whatever the same name is written with and without: `Müller`, `MUELLER`, `Muller`.
fn folded(word: &str) -> String {
    let plain = likeness(&word.to_lowercase().replace('ß', "ss"));
    let letters: String = plain.chars().filter(|one| one.is_alphanumeric()).collect();
    letters.replace("ae", "a").replace("oe", "o").replace("ue", "u")
}

impl Name {
    /// `None` for what has no name in it.
    fn of(text: &str) -> Option<Self> {
        let text = text.replace(['\'', '’', '`'], "");
        let words = text.split(|one: char| one.is_whitespace() || one.is_ascii_punctuation());
        let words = words.filter(|word| !TITLES.contains(&word.to_lowercase().as_str()));
        let parts = words.filter_map(|word| {
            let first = word.chars().next()?;
            Some(Part {
                folded: folded(word),
                first: folded(&first.to_string()),
                is_initial: word.chars().nth(1).is_none(),
            })
        });
        let parts: Vec<Part> = parts.filter(|part| !part.folded.is_empty()).collect();
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// Whether both may be one person's: each word of the shorter is in the longer, as itself or as its first letter, in
    /// whatever order; and one of them as itself.
    fn agrees(&self, other: &Self) -> bool {
        let (short, long) =
            if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        let mut left: Vec<&Part> = long.0.iter().collect();
        let mut take = |is: &dyn Fn(&Part) -> bool| {
            let place = left.iter().position(|part| is(part));
            place.map(|place| left.swap_remove(place)).is_some()
        };
        let (whole, others): (Vec<&Part>, Vec<&Part>) =
            short.0.iter().partition(|part| take(&|one| one.folded == part.folded));
        let begins = |part: &Part| {
            take(&|one: &Part| (one.is_initial || part.is_initial) && one.first == part.first)
        };
        !whole.is_empty() && others.into_iter().all(begins)
    }
}

fn names_agree(one: Option<&str>, other: Option<&str>) -> bool {
    match (one.and_then(Name::of), other.and_then(Name::of)) {
        (Some(one), Some(other)) => one.agrees(&other),
        _ => true,
    }
}

/// Dates that may be one: a year alone agrees with a day of it.
fn births_agree(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.starts_with(other) || other.starts_with(one),
        _ => true,
    }
}

fn agree(one: &Subject, other: &Subject) -> bool {
    names_agree(one.name.as_deref(), other.name.as_deref())
        && births_agree(one.born.as_deref(), other.born.as_deref())
}

/// What is known of one person from two places: the longer of each.
fn joined(one: Subject, other: &Subject) -> Subject {
    let longer = |one: Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) if other.len() > one.len() => Some(other.clone()),
        (Some(one), _) => Some(one),
        (None, other) => other.clone(),
    };
    Subject { name: longer(one.name, &other.name), born: longer(one.born, &other.born) }
}

/// Whom a document is about.
enum About {
    Nobody,
    One(Subject),
    Several,
}

impl About {
    fn of(subjects: &[Subject]) -> Self {
        let mut all = subjects.iter();
        let Some(first) = all.next() else { return Self::Nobody };
        let mut one = first.clone();
        for other in all {
            if !agree(&one, other) {
                return Self::Several;
            }
            one = joined(one, other);
        }
        Self::One(one)
    }
}

/// What most of these say, each said once by each document: `Ok(None)` where nothing is said, `Err` where no answer has more
/// than every other.
fn most<'s>(all: impl Iterator<Item = &'s Subject>) -> Result<Option<Subject>, Unclear> {
    let mut groups: Vec<(Subject, usize)> = Vec::new();
    for one in all {
        match groups.iter_mut().find(|(group, _)| agree(group, one)) {
            Some((group, count)) => {
                *group = joined(std::mem::take(group), one);
                *count += 1;
            }
            None => groups.push((one.clone(), 1)),
        }
    }
    groups.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    match groups.as_slice() {
        [(_, first), (_, second), ..] if first == second => Err(Unclear),
        _ => Ok(groups.into_iter().next().map(|(group, _)| group)),
    }
}

struct Unclear;

/// Compares what documents say, in their order, with what the person is called and with each other.
pub(super) fn compared(own: &Own, documents: &[Vec<Subject>]) -> Compared {
    let documents: Vec<About> = documents.iter().map(|one| About::of(one)).collect();
    let ones = documents.iter().filter_map(|one| match one {
        About::One(one) => Some(one),
        _ => None,
    });
    let (with, found) = match own {
        Own::Organisation => (ComparedWith::default(), Ok(None)),
        Own::Person(name) => {
            let fits = |one: &&Subject| {
                one.born.is_some()
                    && one.name.is_some()
                    && names_agree(Some(name), one.name.as_deref())
            };
            // Their names agree with one's own, so that their births alone are compared.
            let births = ones.filter(fits).map(|one| Subject { name: None, ..one.clone() });
            let births: Vec<Subject> = births.collect();
            let found = most(births.iter());
            let born = found.as_ref().ok().and_then(|found| found.as_ref()?.born.clone());
            (ComparedWith { name: Some(name.clone()), born, is_own: true }, found)
        }
        Own::NotSaid => {
            let found = most(ones.filter(|one| one.name.is_some()));
            let of = found.as_ref().ok().and_then(Option::as_ref);
            let (name, born) = of.map(|one| (one.name.clone(), one.born.clone())).unzip();
            let with = ComparedWith { name: name.flatten(), born: born.flatten(), is_own: false };
            (with, found)
        }
    };
    let verdict = |document: &About| match document {
        About::Nobody => Whose::Unnamed,
        _ if *own == Own::Organisation => Whose::Fits,
        About::Several => Whose::Several,
        About::One(one) => {
            let has_name = names_agree(with.name.as_deref(), one.name.as_deref());
            match &found {
                _ if !has_name && with.is_own => Whose::OtherName,
                Err(Unclear) if with.is_own && one.born.is_none() => Whose::Fits,
                Err(Unclear) => Whose::Unclear,
                Ok(_) if !has_name => Whose::OtherThanMost,
                Ok(_) if births_agree(with.born.as_deref(), one.born.as_deref()) => Whose::Fits,
                Ok(_) if one.name.is_some() && !with.is_own => Whose::OtherThanMost,
                Ok(_) => Whose::OtherBirth,
            }
        }
    };
    let verdicts = documents.iter().map(verdict).collect();
    Compared { with, verdicts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(name: &str, born: &str) -> Subject {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Subject { name: text(name), born: text(born) }
    }

    /// The verdicts on documents that name one person each.
    fn verdicts(own: &Own, documents: &[(&str, &str)]) -> Vec<Whose> {
        let about = |(name, born): &(&str, &str)| match (*name, *born) {
            ("", "") => Vec::new(),
            (name, born) => vec![subject(name, born)],
        };
        let documents: Vec<_> = documents.iter().map(about).collect();
        compared(own, &documents).verdicts
    }

    fn person(name: &str) -> Own {
        Own::Person(name.to_owned())
    }

    #[test]
    fn one_name_is_written_in_many_ways() {
        let agree = |one: &str, other: &str| names_agree(Some(one), Some(other));
        for (one, other) in [
            ("Ana Muster", "MUSTER, ANA"),
            ("Ana Muster", "Dr. med. Ana Maria Muster"),
            ("Jürgen Müller", "JUERGEN MUELLER"),
            ("Jürgen Müller", "Ju\u{308}rgen Mu\u{308}ller"),
            ("José Peña", "Jose Pena"),
            ("Ana Muster", "A. Muster"),
            ("Ana", "Ana Muster"),
            ("Anna-Lena Weiß", "Lena Weiss"),
            ("Sinéad O’Brien", "Sinead OBrien"),
        ] {
            assert!(agree(one, other) && agree(other, one), "{one} and {other}");
        }
        for (one, other) in [
            ("Ana Muster", "Ben Muster"),
            ("Ana Muster", "Ana Vogel"),
            ("Ana Maria Muster", "Ana Lucia Muster"),
            ("Ana Muster", "B. Muster"),
            ("A. M.", "Ana Muster"),
        ] {
            assert!(!agree(one, other) && !agree(other, one), "{one} and {other}");
        }
        assert!(agree("Ana", "Dr."), "a title names nobody");
    }

    #[test]
    fn a_document_with_another_name_than_ones_own_is_doubted_and_one_without_a_name_is_not() {
        let found = verdicts(
            &person("Ana Muster"),
            &[("Muster Ana", "1950-05-03"), ("Ben Muster", "1980-01-01"), ("", "")],
        );
        assert_eq!(found, [Whose::Fits, Whose::OtherName, Whose::Unnamed]);
        assert!(verdicts(&person("Ana"), &[("Ben", "")])[0].is_doubted(), "also when it is alone");
    }

    #[test]
    fn who_is_named_among_others_is_named() {
        let (own, about) = (person("Ana Muster"), [subject("Ben Muster", ""), subject("", "1980")]);
        assert_eq!(own.is_none_of(&about[..1]), Some("Ana Muster"));
        assert_eq!(own.is_none_of(&about), None, "one of them has no name");
        assert_eq!(own.is_none_of(&[about[0].clone(), subject("MUSTER ANA", "")]), None);
        assert_eq!(own.is_none_of(&[]), None, "nobody is named");
        for nobody in [Own::NotSaid, Own::Organisation] {
            assert_eq!(nobody.is_none_of(&about[..1]), None);
        }
    }

    #[test]
    fn of_two_people_with_one_name_the_date_of_birth_tells() {
        let own = person("Ana Muster");
        let (day, other) = ("1950-05-03", "1980-01-01");
        let documents = [("Ana Muster", day), ("Ana Muster", "1950"), ("Ana Muster", other)];
        assert_eq!(verdicts(&own, &documents), [Whose::Fits, Whose::Fits, Whose::OtherBirth]);
        let found = compared(&own, &[vec![subject("Ana Muster", day)]]);
        assert_eq!(found.with.born.as_deref(), Some(day));
        // An export without a name tells only the date of birth.
        assert_eq!(
            verdicts(&own, &[("Ana Muster", day), ("", other), ("", day)]),
            [Whose::Fits, Whose::OtherBirth, Whose::Fits]
        );
        let tie = [("Ana Muster", day), ("Ana Muster", other), ("Ana Muster", "")];
        assert_eq!(verdicts(&own, &tie), [Whose::Unclear, Whose::Unclear, Whose::Fits]);
    }

    #[test]
    fn where_nothing_says_what_the_person_is_called_most_documents_do() {
        let documents = [("Ana Muster", "1950-05-03"), ("A. Muster", ""), ("Ben Muster", "")];
        let found = verdicts(&Own::NotSaid, &documents);
        assert_eq!(found, [Whose::Fits, Whose::Fits, Whose::OtherThanMost]);
        let same_name = [("Ana Muster", "1950"), ("Ana Muster", "1950"), ("Ana Muster", "1980")];
        assert_eq!(verdicts(&Own::NotSaid, &same_name)[2], Whose::OtherThanMost);
        let tie = [("Ana Muster", ""), ("Ben Muster", ""), ("", "")];
        assert_eq!(verdicts(&Own::NotSaid, &tie), [Whose::Unclear, Whose::Unclear, Whose::Unnamed]);
        assert_eq!(verdicts(&Own::NotSaid, &[("Ana Muster", "")]), [Whose::Fits]);
        assert_eq!(verdicts(&Own::Organisation, &tie)[..2], [Whose::Fits, Whose::Fits]);
    }

    #[test]
    fn a_document_about_several_people_is_doubted_and_two_writings_of_one_are_not() {
        let both = vec![subject("Ana Muster", ""), subject("Ben Muster", "")];
        let one = vec![subject("Ana Muster", "1950"), subject("MUSTER ANA", "1950-05-03")];
        let found = compared(&person("Ana Muster"), &[both, one]).verdicts;
        assert_eq!(found, [Whose::Several, Whose::Fits]);
    }
}
