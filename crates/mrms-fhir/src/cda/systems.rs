//! Names of code systems: what CDA names by an OID, FHIR by an address of its own.
//!
//! One that FHIR R4 gives no address keeps its OID. Source: FHIR R4 "Using Codes", HL7 Terminology.

/// The address of a code system.
pub(super) fn of(oid: &str) -> Option<String> {
    let known = match oid {
        "2.16.840.1.113883.6.96" => "http://snomed.info/sct",
        "2.16.840.1.113883.6.1" => "http://loinc.org",
        "2.16.840.1.113883.6.88" => "http://www.nlm.nih.gov/research/umls/rxnorm",
        "2.16.840.1.113883.6.3" => "http://hl7.org/fhir/sid/icd-10",
        "2.16.840.1.113883.6.90" => "http://hl7.org/fhir/sid/icd-10-cm",
        "2.16.840.1.113883.6.103" => "http://hl7.org/fhir/sid/icd-9-cm",
        "2.16.840.1.113883.6.4" => "http://www.cms.gov/Medicare/Coding/ICD10",
        "2.16.840.1.113883.6.12" => "http://www.ama-assn.org/go/cpt",
        "2.16.840.1.113883.6.69" => "http://hl7.org/fhir/sid/ndc",
        "2.16.840.1.113883.12.292" => "http://hl7.org/fhir/sid/cvx",
        "2.16.840.1.113883.12.227" => "http://terminology.hl7.org/CodeSystem/MVX",
        "2.16.840.1.113883.6.8" => "http://unitsofmeasure.org",
        "2.16.840.1.113883.6.73" => "http://www.whocc.no/atc",
        "2.16.840.1.113883.4.9" => "http://fdasis.nlm.nih.gov",
        "2.16.840.1.113883.3.26.1.5" => "http://hl7.org/fhir/ndfrt",
        "2.16.840.1.113883.3.26.1.1" => "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
        "2.16.840.1.113883.5.1" => "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender",
        "2.16.840.1.113883.5.4" => "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        "2.16.840.1.113883.5.6" => "http://terminology.hl7.org/CodeSystem/v3-ActClass",
        "2.16.840.1.113883.5.8" => "http://terminology.hl7.org/CodeSystem/v3-ActReason",
        "2.16.840.1.113883.5.83" => {
            "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
        }
        "2.16.840.1.113883.5.84" => "http://terminology.hl7.org/CodeSystem/v3-ObservationMethod",
        "2.16.840.1.113883.5.112" => {
            "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration"
        }
        "2.16.840.1.113883.5.1063" => "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
        _ => return uri(oid),
    };
    Some(known.to_owned())
}

/// The URI of an OID or a UUID; `None` for what is neither.
pub(super) fn uri(root: &str) -> Option<String> {
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    let is_oid =
        root.starts_with(['0', '1', '2']) && root.contains('.') && root.split('.').all(is_part);
    if is_oid {
        return Some(format!("urn:oid:{root}"));
    }
    let lengths: Vec<usize> = root.split('-').map(str::len).collect();
    let is_uuid = lengths == [8, 4, 4, 4, 12]
        && root.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    is_uuid.then(|| format!("urn:uuid:{}", root.to_ascii_lowercase()))
}
