//! C-CDA documents as FHIR R4: their structured entries as resources, and their narrative as a Composition.
//!
//! Follows HL7's C-CDA on FHIR, in the direction from CDA: problems, allergies, medicines, vaccinations, results, vital signs,
//! findings of the social history, and procedures, whichever section they stand in. Nothing is guessed or translated; an entry of
//! any other kind, and one that does not clearly say something of the patient, is counted by its section with the reason, and stays
//! in the narrative and in the document itself. Values in, values out: who calls reads the XML, within bounds, and gives its pieces
//! to a [`TreeBuilder`].
//! Sources: HL7 C-CDA R2.1, HL7 C-CDA on FHIR 1.1, FHIR R4.

mod document;
mod medicines;
mod narrative;
mod node;
mod problems;
mod results;
mod scene;
mod stated;
mod systems;
mod values;

pub use node::{Node, TreeBuilder};

use serde_json::json;

use self::document::{composition, patients};
use self::scene::Scene;
use crate::stored::{Contents, NoResources, NotTaken, Origin, WhyNotTaken, contents};

/// What a document has, as [`contents`] gives it of a document of FHIR.
///
/// # Errors
///
/// [`NoResources`].
pub fn contents_of_cda(root: &Node, origin: &Origin) -> Result<Contents, NoResources> {
    let (bundle, left) = converted(root);
    let mut found = contents(&bundle, origin)?;
    found.not_taken = left;
    Ok(found)
}

/// What a document has as the text of one bundle, without what was not converted.
#[must_use]
pub fn bundle_of_cda(root: &Node) -> String {
    converted(root).0
}

fn converted(root: &Node) -> (String, Vec<NotTaken>) {
    let patients = patients(root);
    let mut scene = Scene::of(root);
    let not_taken =
        |what: &str, count: usize, why: WhyNotTaken| NotTaken { what: what.to_owned(), count, why };
    let mut left = Vec::new();
    if patients.len() == 1 {
        let sections = document::sections(&mut scene, root);
        if scene.resources.is_empty() && scene.left.is_empty() {
            left.push(not_taken("document", 1, WhyNotTaken::NoEntries));
        }
        let composition = composition(&scene, root, sections);
        scene.add(composition);
    } else {
        // Of whom an entry is, nobody can tell.
        let why =
            if patients.is_empty() { WhyNotTaken::NoEntries } else { WhyNotTaken::SeveralPeople };
        left.push(not_taken("document", 1, why));
    }
    left.extend(scene.left.iter().map(|((what, why), count)| not_taken(what, *count, *why)));
    let all = patients.into_iter().chain(scene.resources);
    let entries: Vec<_> = all.map(|resource| json!({"resource": resource})).collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    (values::digits_put_in(&bundle.to_string()), left)
}
