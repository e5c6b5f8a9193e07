//! CapabilityStatement: what the face can do.

use mrms_core::UnixTime;
use serde_json::{Value, json};

use crate::kind::Kind;
use crate::parameters;
use crate::time::instant;

/// What the statement says of this face.
#[derive(Clone, Debug)]
pub struct Capabilities<'a> {
    /// The face's address.
    pub base: &'a str,
    /// The program's version.
    pub version: &'a str,
    /// When it was started.
    pub since: UnixTime,
}

/// What clients might look for and do not find.
const NOT_DONE: &str = "Not done here: batches and transactions, operations, subscriptions, _include and _revinclude, chained \
    searches, _elements, XML, OAuth. Emergencies are declared with mrms access or in the portal, which ask for a reason: no \
    request declares one.";

/// Which logs the events are of.
const EVENTS: &str = "Of one's own records, and of one's own log (access to all records, delegates, contacts, staff, successions), all \
    lines, refusals included; of others' what this profile did and what was done about it.";

/// The resource.
#[must_use]
pub fn capabilities(of: &Capabilities<'_>) -> Value {
    let resources: Vec<_> = Kind::all().map(resource).collect();
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": instant(of.since),
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "software": {"name": "MRMS", "version": of.version},
        "implementation": {
            "description": "Patients' records for the profile that this program has open",
            "url": of.base,
        },
        "rest": [{
            "mode": "server",
            "documentation": NOT_DONE,
            "security": {
                "cors": false,
                "description": "Each request but for this one has the token that the program made: Authorization: Bearer TOKEN.",
            },
            "resource": resources,
        }],
    })
}

fn resource(kind: Kind) -> Value {
    let code = |code: &str| json!({"code": code});
    if kind == Kind::Binary {
        let told = "Each read of somebody else's record makes an entry in its log first.";
        return json!({
            "type": "Binary",
            "interaction": [{"code": "read", "documentation": told}],
            "versioning": "no-version",
            "readHistory": false,
        });
    }
    let mut interactions =
        vec![code("read"), code("vread"), code("history-instance"), code("search-type")];
    if kind == Kind::Consent {
        interactions.extend([code("create"), code("update")]);
    }
    if kind == Kind::DocumentReference {
        interactions.push(code("create"));
    }
    let parameters: Vec<_> = parameters::of(kind)
        .map(|one| json!({"name": one.name, "type": one.how.as_str()}))
        .collect();
    let mut resource = json!({
        "type": kind.as_str(),
        "interaction": interactions,
        "versioning": "versioned",
        "readHistory": true,
        "updateCreate": false,
        "conditionalCreate": kind == Kind::Consent,
        "conditionalUpdate": false,
        "searchParam": parameters,
    });
    if kind == Kind::AuditEvent {
        resource["documentation"] = json!(EVENTS);
    }
    resource
}
