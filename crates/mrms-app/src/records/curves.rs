//! Results over time: those of one thing, in one unit and of one person, out of all records.
//!
//! Pure rules over what [`documents`](super::documents) keeps. The same result in several records, as in each summary that repeats
//! the former ones, is one result. People whom documents name differently are told apart rather than mixed; who is named by no
//! document is the one person whom the others name.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use mrms_core::RecordId;
use mrms_viewers::{LOINC, Measured, Measurement, Subject, same_unit};

/// The name of a [`Curve`] in addresses: it says nothing of what was measured to whoever reads one.
pub type CurveId = String;

/// Results of one thing over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve<'d> {
    /// By what it is found again: the same as long as code, unit and person are.
    pub id: CurveId,
    /// What was measured, as the newest result has it that comes with a name.
    pub what: &'d Measured,
    /// Whom it is of, where the documents name several people.
    pub whose: Option<&'d Subject>,
    /// The results, the oldest first.
    pub results: Vec<Recorded<'d>>,
}

/// A result, and the records that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded<'d> {
    /// The result.
    pub result: &'d Measurement,
    /// The records, each once.
    pub records: Vec<RecordId>,
}

impl Curve<'_> {
    /// In how many records the results are.
    #[must_use]
    pub fn records(&self) -> usize {
        let all = self.results.iter().flat_map(|one| &one.records);
        all.collect::<std::collections::BTreeSet<_>>().len()
    }
}

/// Everything that was measured in these records: laboratory results first, then vital signs, each by name.
#[must_use]
pub fn curves<'d>(
    records: impl IntoIterator<Item = (RecordId, &'d [Measurement])>,
) -> Vec<Curve<'d>> {
    let records: Vec<_> = records.into_iter().collect();
    let people = People::of(records.iter().flat_map(|(_, all)| all.iter()));
    let names = Names::of(records.iter().flat_map(|(_, all)| all.iter()));
    let mut found: HashMap<_, Vec<Recorded<'d>>> = HashMap::new();
    for (id, results) in records {
        for result in results {
            let key = names.key(&result.what);
            let person = people.place(result.whose.as_ref());
            let records = vec![id];
            found.entry((key, person)).or_default().push(Recorded { result, records });
        }
    }
    let curve = |((key, person), results): ((Key, _), Vec<Recorded<'d>>)| {
        let results = once(results);
        // With its code of LOINC, where one of them has it.
        let best = results.iter().max_by_key(|one| {
            let what = &one.result.what;
            (what.is_loinc(), !what.name.is_empty())
        });
        let what = &best?.result.what;
        let whose = people.shown(person);
        Some(Curve { id: id_of(&key, whose), what, whose, results })
    };
    let mut curves: Vec<Curve<'d>> = found.into_iter().filter_map(curve).collect();
    curves.sort_by_cached_key(|one| {
        let name = one.what.coded().said("en").to_lowercase();
        (one.what.is_vital, name, one.whose, one.what.unit.clone())
    });
    curves
}

/// In order of time, each result once.
fn once(mut results: Vec<Recorded<'_>>) -> Vec<Recorded<'_>> {
    let key = |one: &Recorded<'_>| {
        let Measurement { date, value, text, .. } = one.result;
        // A value below a limit is another than one that is the limit.
        (date.clone(), value.to_bits(), text.starts_with(['<', '>']))
    };
    results.sort_by_cached_key(|one| (key(one), one.records.clone()));
    results.dedup_by(|next, kept| {
        let is_same = key(next) == key(kept);
        if is_same {
            kept.records.append(&mut next.records);
            kept.records.dedup();
        }
        is_same
    });
    results
}

/// What results of one thing have in common: what they measure, and the unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    what: What,
    unit: String,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum What {
    /// A code of LOINC, or one by which a laboratory itself tells two things of one name apart.
    Code(String, String),
    /// A name, as names are compared.
    Name(String),
}

/// What is called how, in which unit.
type Called = (String, String);

/// What names mean in these records.
struct Names<'d> {
    /// The codes of LOINC that are called so.
    loinc: HashMap<Called, HashSet<&'d str>>,
    /// Names under which one system of codes has several things.
    several: HashSet<Called>,
}

impl<'d> Names<'d> {
    fn of(results: impl Iterator<Item = &'d Measurement>) -> Self {
        let mut loinc: HashMap<Called, HashSet<&str>> = HashMap::new();
        let mut codes: HashMap<(&str, Called), &str> = HashMap::new();
        let mut several = HashSet::new();
        for what in results.map(|one| &one.what).filter(|what| !what.code.is_empty()) {
            let called = called(what);
            if what.is_loinc() {
                loinc.entry(called).or_default().insert(&what.code);
            } else if *codes.entry((what.system.as_str(), called.clone())).or_insert(&what.code)
                != what.code
            {
                several.insert(called);
            }
        }
        Self { loinc, several }
    }

    /// The code of LOINC counts where there is one. What has none is by its name the same as what has one, and as all that is called
    /// so; unless the name means several things, by LOINC or by the codes of one laboratory.
    fn key(&self, what: &Measured) -> Key {
        let called = called(what);
        let known = self.loinc.get(&called);
        let is_several = self.several.contains(&called) || known.is_some_and(|all| all.len() > 1);
        let has_code = !what.code.is_empty();
        let by_own_code = what.is_loinc() || called.0.is_empty() || is_several;
        let of_loinc = known.and_then(|all| all.iter().next()).filter(|_| !is_several);
        let (name, unit) = called;
        let what = match (has_code && by_own_code, of_loinc) {
            (true, _) => What::Code(what.system.clone(), what.code.clone()),
            (false, Some(code)) => What::Code(LOINC.to_owned(), (*code).to_owned()),
            (false, None) => What::Name(name),
        };
        Key { what, unit }
    }
}

/// How something is called, as it is compared.
fn called(what: &Measured) -> Called {
    (likeness(&what.name), same_unit(&what.unit))
}

/// A name as names of one thing are compared: without case, and with single spaces.
fn likeness(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A number of a curve, of what it is of. It is no secret, and need not be the same in another version of this program.
fn id_of(key: &Key, whose: Option<&Subject>) -> CurveId {
    let mut hasher = DefaultHasher::new();
    (key, whose.map(Subject::likeness)).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The people whom documents name, each by one place.
struct People<'d> {
    places: BTreeMap<&'d Subject, usize>,
    /// How each is called, by place.
    called: Vec<&'d Subject>,
}

impl<'d> People<'d> {
    fn of(results: impl Iterator<Item = &'d Measurement>) -> Self {
        let mut places: BTreeMap<&Subject, usize> = BTreeMap::new();
        let mut alike = HashMap::new();
        let mut called = Vec::new();
        for whose in results.filter_map(|one| one.whose.as_ref()) {
            if places.contains_key(whose) {
                continue;
            }
            let place = *alike.entry(whose.likeness()).or_insert_with(|| {
                called.push(whose);
                called.len() - 1
            });
            places.insert(whose, place);
        }
        Self { places, called }
    }

    /// The place of somebody; `None` is who is not named, and not known.
    fn place(&self, whose: Option<&Subject>) -> Option<usize> {
        match whose {
            Some(whose) => self.places.get(whose).copied(),
            None if self.called.len() == 1 => Some(0),
            None => None,
        }
    }

    /// Who it is, where there are several.
    fn shown(&self, place: Option<usize>) -> Option<&'d Subject> {
        place.filter(|_| self.called.len() > 1).and_then(|place| self.called.get(place).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(code: &str, date: &str, value: f64, who: Option<&str>) -> Measurement {
        let text = |text: &str| text.to_owned();
        Measurement {
            what: Measured {
                system: text("http://loinc.org"),
                code: text(code),
                unit: text("g/dL"),
                name: format!("Name of {code}"),
                unit_name: text("g/dl"),
                is_vital: code == "vital",
            },
            whose: who.map(|name| Subject { name: Some(name.to_owned()), born: None }),
            date: text(date),
            value,
            text: format!("{value} g/dl"),
            low: None,
            high: None,
        }
    }

    #[test]
    fn results_of_one_thing_in_several_records_are_one_curve_in_order_of_time() {
        let (first, second) = (RecordId::new(1), RecordId::new(2));
        let of_first =
            [result("b", "2026-05-04", 13.2, None), result("vital", "2026-01-01", 1.0, None)];
        // The second repeats what the first has, and calls it otherwise.
        let mut of_second = [
            result("b", "2025-05-04", 11.5, None),
            result("b", "2026-05-04", 13.2, None),
            result("a", "2026-05-04", 1.0, None),
        ];
        of_second[0].what.name = "HGB".to_owned();
        let mut other_unit = result("b", "2026-06-01", 132.0, None);
        other_unit.what.unit = "g/L".to_owned();
        let third = [other_unit];
        let all =
            [(first, &of_first[..]), (second, &of_second[..]), (RecordId::new(3), &third[..])];
        let curves = curves(all);
        let names: Vec<_> =
            curves.iter().map(|one| (one.what.code.as_str(), one.what.unit.as_str())).collect();
        assert_eq!(names, [("a", "g/dL"), ("b", "g/L"), ("b", "g/dL"), ("vital", "g/dL")]);
        let b = &curves[2];
        assert_eq!(b.what.name, "Name of b", "as the newest calls it");
        let values: Vec<_> =
            b.results.iter().map(|one| (one.result.value, one.records.clone())).collect();
        assert_eq!(values, [(11.5, vec![second]), (13.2, vec![first, second])]);
        assert_eq!(b.records(), 2);
        assert_ne!(b.id, curves[1].id);
    }

    #[test]
    fn results_without_a_code_of_loinc_are_one_thing_by_their_name_unless_a_laboratory_tells_them_apart()
     {
        let of = |system: &str, code: &str, name: &str, day: u8| {
            let mut one = result(code, &format!("2026-01-{day:02}"), f64::from(day), None);
            one.what.system = system.to_owned();
            one.what.name = name.to_owned();
            one
        };
        let loinc = "http://loinc.org";
        let all = [
            of("urn:hl7v2:L:North", "FE", "Iron", 1),
            of("urn:hl7v2:L:South", "77", "IRON ", 2),
            of("", "", "iron", 3),
            of(loinc, "2498-4", "Iron", 4),
            of("urn:hl7v2:L:North", "GLU", "Glucose", 5),
            of("urn:hl7v2:L:North", "GLUU", "Glucose", 6),
            of("urn:hl7v2:L:South", "9", "Glucose", 7),
            of(loinc, "718-7", "HGB", 8),
            of(loinc, "718-7", "", 9),
            of(loinc, "2085-9", "Cholesterol", 10),
            of(loinc, "2089-1", "Cholesterol", 11),
            of("", "", "Cholesterol", 12),
        ];
        let curves = curves([(RecordId::new(1), &all[..])]);
        let mut days: Vec<Vec<f64>> = curves
            .iter()
            .map(|one| one.results.iter().map(|one| one.result.value).collect())
            .collect();
        days.sort_by(f64_lists);
        assert_eq!(
            days,
            [
                vec![1.0, 2.0, 3.0, 4.0],
                vec![5.0],
                vec![6.0],
                vec![7.0],
                vec![8.0, 9.0],
                vec![10.0],
                vec![11.0],
                vec![12.0],
            ]
        );
        let named = curves.iter().find(|one| one.results.len() == 2).unwrap();
        assert_eq!(named.what.name, "HGB", "of those that have a name");
    }

    fn f64_lists(one: &Vec<f64>, other: &Vec<f64>) -> std::cmp::Ordering {
        one.partial_cmp(other).unwrap()
    }

    #[test]
    fn people_are_never_mixed_and_whoever_is_not_named_is_the_only_one_who_is() {
        let of_one = [
            result("b", "2026-01-01", 1.0, Some("Ana Muster")),
            result("b", "2026-01-02", 2.0, None),
        ];
        let of_other = [result("b", "2026-01-03", 3.0, Some("MUSTER Ana"))];
        let first = [(RecordId::new(1), &of_one[..]), (RecordId::new(2), &of_other[..])];
        let alone = curves(first);
        assert_eq!((alone.len(), alone[0].results.len(), alone[0].whose), (1, 3, None));
        let of_mother = [result("b", "2026-01-04", 4.0, Some("Eva Muster"))];
        let two = curves(first.into_iter().chain([(RecordId::new(3), &of_mother[..])]));
        let told =
            |one: &Curve<'_>| (one.whose.and_then(|whose| whose.name.clone()), one.results.len());
        let told: Vec<_> = two.iter().map(told).collect();
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(told, [(None, 1), (named("Ana Muster"), 2), (named("Eva Muster"), 1)]);
        assert_eq!(
            two.iter().map(|one| &one.id).collect::<std::collections::BTreeSet<_>>().len(),
            3
        );
    }
}
