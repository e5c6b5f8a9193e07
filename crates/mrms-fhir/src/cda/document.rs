//! A document's patient, and its sections: what is made of their entries, and their narrative.

use serde_json::{Value, json};

use super::node::Node;
use super::scene::{PATIENT, Scene, put, put_all};
use super::stated::{SO, counts, relates, stated};
use super::values::{self, identifiers};
use super::{medicines, narrative, problems, results};
use crate::stored::WhyNotTaken;

/// Sections of problems that somebody has; elsewhere a problem is what a visit was for.
const PROBLEM_LISTS: [&str; 3] = ["11450-4", "11348-0", "75310-3"];
/// How deep sections may lie in each other.
const MOST_DEPTH: usize = 20;

/// The patients whom a document names.
pub(super) fn patients(root: &Node) -> Vec<Value> {
    let roles = root.all("recordTarget").filter_map(|one| one.child("patientRole"));
    roles.map(patient).collect()
}

fn patient(role: &Node) -> Value {
    let mut made = json!({"resourceType": "Patient", "id": "patient"});
    put_all(&mut made, "identifier", identifiers(role));
    let Some(person) = role.child("patient") else { return made };
    put_all(&mut made, "name", person.all("name").filter_map(values::human_name).collect());
    let gender = person.child("administrativeGenderCode").and_then(values::code_of);
    let gender = gender.and_then(|code| match code {
        "M" => Some("male"),
        "F" => Some("female"),
        "UN" => Some("other"),
        _ => None,
    });
    put(&mut made, "gender", gender);
    let birth = person.child("birthTime").and_then(values::time);
    // A day of birth, without the hour.
    put(&mut made, "birthDate", birth.map(|time| time.chars().take(10).collect::<String>()));
    made
}

/// Makes resources of the entries of all sections, and returns the sections as a Composition has them.
pub(super) fn sections(scene: &mut Scene<'_>, root: &Node) -> Vec<Value> {
    let Some(body) = root.at(&["component", "structuredBody"]) else { return Vec::new() };
    inside(scene, body, 0, Ok(()))
}

/// Whether what is in a section counts, by what stands around it.
type Around = Result<(), WhyNotTaken>;

fn inside(scene: &mut Scene<'_>, node: &Node, depth: usize, around: Around) -> Vec<Value> {
    let sections = node.all("component").filter_map(|one| one.child("section"));
    sections.filter_map(|one| section(scene, one, depth, around)).collect()
}

fn section(scene: &mut Scene<'_>, node: &Node, depth: usize, around: Around) -> Option<Value> {
    if depth > MOST_DEPTH {
        let why = WhyNotTaken::NoConversion;
        *scene.left.entry(("sections that lie too deep".to_owned(), why)).or_default() += 1;
        return None;
    }
    let around = around.and_then(|()| counts(node));
    let code = node.child("code");
    let title = node.child("title").map(|one| values::plain(&one.words()));
    let title = title.filter(|title| !title.is_empty());
    scene.section = title
        .as_deref()
        .or_else(|| code?.attribute("displayName"))
        .unwrap_or("no title")
        .to_owned();
    let is_problem_list =
        code.and_then(values::code_of).is_some_and(|code| PROBLEM_LISTS.contains(&code));
    let mut addresses = Vec::new();
    for entry in node.all("entry") {
        let Some(statement) = entry.nodes().find(|one| one.name() != "templateId") else {
            continue;
        };
        if let Err(why) = around.and_then(|()| counts(entry)) {
            scene.leave("entry of", why);
            continue;
        }
        let left = scene.left.values().sum::<usize>();
        let made = statement_in(scene, statement, is_problem_list);
        // Of an entry of which nothing was made for a reason of its own, that is said.
        if made.is_empty() && left == scene.left.values().sum::<usize>() {
            scene.leave("entry of", WhyNotTaken::NoConversion);
        }
        addresses.extend(made);
    }
    let mut made = json!({});
    put(&mut made, "title", title);
    put(&mut made, "code", scene.concept(code));
    let text = node.child("text").and_then(narrative::xhtml);
    put(&mut made, "text", text.map(|div| json!({"status": "additional", "div": div})));
    let entries = addresses.into_iter().map(|address| json!({"reference": address})).collect();
    put_all(&mut made, "entry", entries);
    put_all(&mut made, "section", inside(scene, node, depth + 1, around));
    // FHIR has no section without any content.
    let has_content = ["text", "entry", "section"].iter().any(|part| made.get(*part).is_some());
    has_content.then_some(made)
}

/// The resources of an entry; none where it is of a kind that is not converted, or states nothing.
fn statement_in(scene: &mut Scene<'_>, statement: &Node, is_problem_list: bool) -> Vec<String> {
    let is_a = |templates: &[&str]| templates.iter().any(|one| statement.is_a(one));
    let category = if is_problem_list { "problem-list-item" } else { "encounter-diagnosis" };
    let made = match statement.name() {
        "substanceAdministration" if is_a(&[medicines::VACCINATION]) => {
            medicines::vaccination(scene, statement)
        }
        "substanceAdministration" if is_a(&[medicines::MEDICATION]) => {
            medicines::medicine(scene, None, statement)
        }
        "observation" if is_a(&[problems::PROBLEM]) => {
            problems::condition(scene, None, statement, category)
        }
        "observation" if is_a(&[problems::ALLERGY]) => problems::allergy(scene, None, statement),
        "organizer" if is_a(&[results::REPORT]) => return results::report(scene, statement),
        "organizer" if is_a(&[results::VITAL_SIGNS]) => {
            return results::parts(scene, statement, results::VITAL_SIGN, "vital-signs");
        }
        "observation" if is_a(&[results::RESULT]) => {
            results::observation(scene, statement, "laboratory", None)
        }
        "observation" if is_a(&[results::VITAL_SIGN]) => {
            results::observation(scene, statement, "vital-signs", None)
        }
        "observation" if is_a(&results::SOCIAL) => {
            results::observation(scene, statement, "social-history", None)
        }
        "procedure" | "act" | "observation" if is_a(&results::PROCEDURE) => {
            results::procedure(scene, statement)
        }
        // A concern, or a diagnosis, admission or discharge, around what it is about.
        "act" => return wrapped(scene, statement, category),
        _ => return Vec::new(),
    };
    scene.take(made).into_iter().collect()
}

fn wrapped(scene: &mut Scene<'_>, act: &Node, category: &str) -> Vec<String> {
    let mut addresses = Vec::new();
    let around = stated(act, SO);
    for relation in act.all("entryRelationship") {
        let counts = around.and_then(|()| relates(relation));
        for one in relation.nodes() {
            let made = match one.name() {
                "observation" if one.is_a(problems::PROBLEM) => {
                    counts.and_then(|()| problems::condition(scene, Some(act), one, category))
                }
                "observation" if one.is_a(problems::ALLERGY) => {
                    counts.and_then(|()| problems::allergy(scene, Some(act), one))
                }
                "substanceAdministration" if one.is_a(medicines::MEDICATION) => {
                    counts.and_then(|()| medicines::medicine(scene, Some(act), one))
                }
                _ => continue,
            };
            addresses.extend(scene.take(made));
        }
    }
    addresses
}

/// The document itself: what it is, who wrote it and when, and the narrative of its sections.
pub(super) fn composition(scene: &Scene<'_>, root: &Node, sections: Vec<Value>) -> Value {
    let mut made = json!({
        "resourceType": "Composition",
        "status": "final",
        "type": scene.required(root.child("code")),
        "subject": {"reference": PATIENT},
    });
    put(&mut made, "identifier", identifiers(root).into_iter().next());
    match root.child("effectiveTime").and_then(values::time) {
        Some(time) => made["date"] = json!(time),
        None => made["_date"] = values::absent("unknown"),
    }
    let authors: Vec<_> = root.all("author").filter_map(values::called).collect();
    let keeper =
        root.at(&["custodian", "assignedCustodian", "representedCustodianOrganization", "name"]);
    let keeper = keeper.map(|one| values::plain(&one.words())).filter(|name| !name.is_empty());
    made["author"] = match authors.is_empty() {
        false => authors.into_iter().map(|name| json!({"display": name})).collect(),
        true => json!([keeper
            .as_ref()
            .map_or_else(|| values::absent("unknown"), |name| json!({"display": name}))]),
    };
    put(&mut made, "custodian", keeper.map(|name| json!({"display": name})));
    let title = root.child("title").map(|one| values::plain(&one.words()));
    let title = title.filter(|title| !title.is_empty());
    let named = || root.child("code")?.attribute("displayName").map(str::to_owned);
    made["title"] = json!(title.or_else(named).unwrap_or_else(|| "Clinical document".to_owned()));
    put_all(&mut made, "section", sections);
    made
}
