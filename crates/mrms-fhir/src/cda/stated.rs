//! Whether an entry states something of the patient, and whether it says that this is so or that it is not.
//!
//! What is in doubt is no statement: an entry that is null, that is meant for later, whose negation can't be read, or that is
//! about somebody else. It is left out with its reason, since what a summary says of somebody is acted upon.

use super::node::Node;
use crate::stored::WhyNotTaken;

/// The mood of what is so, or was done.
pub(super) const SO: &[&str] = &["EVN"];
/// The moods of a medicine that is taken, or is meant to be.
pub(super) const SO_OR_MEANT: &[&str] = &["EVN", "INT", "PRP", "RQO"];

const SNOMED: &str = "2.16.840.1.113883.6.96";

/// Whether what is in an element, such as a section or a relation, counts at all.
pub(super) fn counts(node: &Node) -> Result<(), WhyNotTaken> {
    match (node.is_null(), node.child("subject")) {
        (true, _) => Err(WhyNotTaken::Null),
        (false, Some(_)) => Err(WhyNotTaken::OtherPerson),
        (false, None) => Ok(()),
    }
}

/// Whether a relation says that its two ends belong together.
pub(super) fn relates(relation: &Node) -> Result<(), WhyNotTaken> {
    counts(relation)?;
    // What a relation that is not so makes of the entry in it, nobody can tell.
    if relation.negation() == Some(false) { Ok(()) } else { Err(WhyNotTaken::Unclear) }
}

/// Whether an entry states something, in one of these moods.
pub(super) fn stated(entry: &Node, moods: &[&str]) -> Result<(), WhyNotTaken> {
    counts(entry)?;
    if !entry.attribute("moodCode").is_none_or(|mood| moods.contains(&mood)) {
        return Err(WhyNotTaken::Intended);
    }
    entry.negation().map(|_| ()).ok_or(WhyNotTaken::Unclear)
}

/// Whether what an entry says is not so, by its own word or by that of the act around it.
pub(super) fn is_denied(around: Option<&Node>, entry: &Node) -> Result<bool, WhyNotTaken> {
    match (around.is_some_and(Node::is_negated), entry.is_negated()) {
        // That it is not so that it is not so says nothing clear.
        (true, true) => Err(WhyNotTaken::Unclear),
        (one, other) => Ok(one || other),
    }
}

/// Whether an element has one of these codes of SNOMED CT, itself or in translation.
pub(super) fn says(node: Option<&Node>, codes: &[&str]) -> bool {
    let Some(node) = node else { return false };
    std::iter::once(node).chain(node.all("translation")).any(|one| {
        let is_snomed = one.attribute("codeSystem").is_none_or(|system| system == SNOMED);
        is_snomed && !one.is_null() && one.attribute("code").is_some_and(|one| codes.contains(&one))
    })
}
