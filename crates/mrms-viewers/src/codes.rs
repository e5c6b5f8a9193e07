//! Names of common codes, for documents that have a code alone, as health cards do.
//!
//! Only codes whose meaning is widely known, in plain words; measurements in three languages. Whatever is not here is shown as its code, after the name of its
//! system. Sources: CVX (vaccines), LOINC (measurements), SNOMED CT (findings).

use crate::measurements::MEASUREMENTS;

/// The languages in which measurements have names, in their order there.
const LANGUAGES: [&str; 3] = ["en", "de", "es"];

const CVX: &str = "http://hl7.org/fhir/sid/cvx";
/// The system of the codes by which laboratories call the same by one name.
pub const LOINC: &str = "http://loinc.org";
const SNOMED: &str = "http://snomed.info/sct";

/// Systems of codes by their addresses in FHIR, and their short names.
const SYSTEMS: [(&str, &str); 10] = [
    (CVX, "CVX"),
    (LOINC, "LOINC"),
    (SNOMED, "SNOMED CT"),
    ("http://hl7.org/fhir/sid/icd-10-cm", "ICD-10-CM"),
    ("http://hl7.org/fhir/sid/icd-10", "ICD-10"),
    ("http://hl7.org/fhir/sid/icd-9-cm", "ICD-9-CM"),
    ("http://hl7.org/fhir/sid/ndc", "NDC"),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"),
    ("http://www.whocc.no/atc", "ATC"),
    ("http://www.ama-assn.org/go/cpt", "CPT"),
];

/// The words of HL7 version 2 (table 0396) for the systems whose codes are named here.
const OF_HL7: [(&str, &str); 3] = [("CVX", CVX), ("LN", LOINC), ("SCT", SNOMED)];

const VACCINES: [(&str, &str); 66] = [
    ("1", "DTP (diphtheria, tetanus, pertussis)"),
    ("2", "Polio, oral"),
    ("3", "MMR (measles, mumps, rubella)"),
    ("5", "Measles"),
    ("6", "Rubella"),
    ("7", "Mumps"),
    ("8", "Hepatitis B, child"),
    ("9", "Td (tetanus, diphtheria), adult"),
    ("10", "Polio, inactivated"),
    ("17", "Hib (Haemophilus influenzae b)"),
    ("18", "Rabies"),
    ("19", "BCG (tuberculosis)"),
    ("20", "DTaP (diphtheria, tetanus, pertussis)"),
    ("21", "Varicella (chickenpox)"),
    ("25", "Typhoid, oral"),
    ("28", "DT (diphtheria, tetanus), child"),
    ("33", "Pneumococcal polysaccharide, 23-valent"),
    ("35", "Tetanus"),
    ("37", "Yellow fever"),
    ("43", "Hepatitis B, adult"),
    ("45", "Hepatitis B"),
    ("48", "Hib (Haemophilus influenzae b)"),
    ("49", "Hib (Haemophilus influenzae b)"),
    ("52", "Hepatitis A, adult"),
    ("62", "HPV, 4-valent"),
    ("83", "Hepatitis A, child"),
    ("85", "Hepatitis A"),
    ("88", "Influenza"),
    ("89", "Polio"),
    ("94", "MMRV (measles, mumps, rubella, varicella)"),
    ("100", "Pneumococcal conjugate, 7-valent"),
    ("104", "Hepatitis A and B"),
    ("107", "DTaP (diphtheria, tetanus, pertussis)"),
    ("108", "Meningococcal"),
    ("110", "DTaP, hepatitis B, polio"),
    ("111", "Influenza, live, nasal"),
    ("112", "Tetanus"),
    ("114", "Meningococcal conjugate ACWY"),
    ("115", "Tdap (tetanus, diphtheria, pertussis)"),
    ("116", "Rotavirus, pentavalent"),
    ("118", "HPV, 2-valent"),
    ("119", "Rotavirus, monovalent"),
    ("120", "DTaP, Hib, polio"),
    ("121", "Zoster (shingles), live"),
    ("122", "Rotavirus"),
    ("133", "Pneumococcal conjugate, 13-valent"),
    ("134", "Japanese encephalitis"),
    ("136", "Meningococcal conjugate ACWY"),
    ("137", "HPV"),
    ("140", "Influenza, seasonal"),
    ("141", "Influenza, seasonal"),
    ("150", "Influenza, 4-valent"),
    ("158", "Influenza, 4-valent"),
    ("162", "Meningococcal B"),
    ("163", "Meningococcal B"),
    ("165", "HPV, 9-valent"),
    ("187", "Zoster (shingles), recombinant"),
    ("207", "COVID-19, mRNA (Moderna)"),
    ("208", "COVID-19, mRNA (Pfizer-BioNTech)"),
    ("210", "COVID-19, viral vector (AstraZeneca)"),
    ("211", "COVID-19, protein (Novavax)"),
    ("212", "COVID-19, viral vector (Janssen)"),
    ("213", "COVID-19"),
    ("217", "COVID-19, mRNA (Pfizer-BioNTech)"),
    ("218", "COVID-19, mRNA (Pfizer-BioNTech), child"),
    ("221", "COVID-19, mRNA (Moderna)"),
];

const FINDINGS: [(&str, &str); 33] = [
    ("10828004", "Positive"),
    ("13645005", "COPD (chronic obstructive lung disease)"),
    ("22298006", "Heart attack (myocardial infarction)"),
    ("35489007", "Depression"),
    ("37796009", "Migraine"),
    ("38341003", "High blood pressure"),
    ("40930008", "Hypothyroidism"),
    ("44054006", "Diabetes, type 2"),
    ("46635009", "Diabetes, type 1"),
    ("49436004", "Atrial fibrillation"),
    ("49727002", "Cough"),
    ("53741008", "Coronary artery disease"),
    ("73211009", "Diabetes"),
    ("77176002", "Smoker"),
    ("8517006", "Former smoker"),
    ("84114007", "Heart failure"),
    ("91935009", "Allergy to peanuts"),
    ("91936005", "Allergy to penicillin"),
    ("195967001", "Asthma"),
    ("230690007", "Stroke"),
    ("260373001", "Detected"),
    ("260385009", "Negative"),
    ("260415000", "Not detected"),
    ("266919005", "Never smoked"),
    ("271649006", "Blood pressure, systolic"),
    ("271650006", "Blood pressure, diastolic"),
    ("300916003", "Allergy to latex"),
    ("386661006", "Fever"),
    ("419984006", "Inconclusive"),
    ("716186003", "No known allergy"),
    ("840539006", "COVID-19"),
    ("1119305005", "COVID-19 vaccine, antigen"),
    ("1119349007", "COVID-19 vaccine, mRNA"),
];

/// What a code means in plain words, where that is known here.
pub(crate) fn name(system: &str, code: &str) -> Option<&'static str> {
    name_in(system, code, "en")
}

/// The same in the language with this tag; of what has one name here, that one.
pub(crate) fn name_in(system: &str, code: &str, tag: &str) -> Option<&'static str> {
    let (table, code): (&[(&str, &str)], &str) = match system.trim_end_matches('/') {
        // CVX is written with and without zeros before it.
        CVX => (&VACCINES, code.trim_start_matches('0')),
        SNOMED => (&FINDINGS, code),
        LOINC => {
            let (_, names) = MEASUREMENTS.iter().find(|(one, _)| *one == code)?;
            return names.get(LANGUAGES.iter().position(|one| *one == tag).unwrap_or(0)).copied();
        }
        _ => return None,
    };
    table.iter().find(|(one, _)| *one == code).map(|(_, name)| *name)
}

/// The address of a system that HL7 version 2 calls so.
pub(crate) fn system_of_hl7(word: &str) -> Option<&'static str> {
    OF_HL7.iter().find(|(known, _)| *known == word).map(|(_, address)| *address)
}

/// A code after the name of its system; of an unknown system, the last part of its address.
pub(crate) fn shown(system: &str, code: &str) -> String {
    let system = system.trim_end_matches('/');
    let known = SYSTEMS.iter().find(|(address, _)| *address == system).map(|(_, name)| *name);
    let last = || system.rsplit(['/', ':']).next().unwrap_or_default();
    match known.unwrap_or_else(last) {
        "" => code.to_owned(),
        system => format!("{system} {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_named_where_it_is_known_and_else_has_its_system() {
        assert_eq!(name(CVX, "207"), Some("COVID-19, mRNA (Moderna)"));
        assert_eq!((name(CVX, "03"), name(CVX, "3")), (name(CVX, "3"), name(CVX, "03")));
        assert_eq!(name(LOINC, "718-7"), Some("Haemoglobin"));
        assert_eq!(name(LOINC, "207"), None, "a code belongs to its system");
        assert_eq!(name(system_of_hl7("LN").unwrap(), "8867-4"), Some("Heart rate"));
        assert_eq!(name_in(LOINC, "8867-4", "de"), Some("Herzfrequenz"));
        assert_eq!(name_in(CVX, "207", "de"), name(CVX, "207"));
        assert_eq!(shown(CVX, "999"), "CVX 999");
        assert_eq!(shown("https://codes.example/colours/", "red"), "colours red");
        assert_eq!(shown("urn:oid:1.2.3", "x"), "1.2.3 x");
        assert_eq!(shown("", "red"), "red");
    }

    #[test]
    fn no_code_is_named_twice() {
        let measured: Vec<_> = MEASUREMENTS.iter().map(|(code, names)| (*code, names[0])).collect();
        for table in [&VACCINES[..], &measured, &FINDINGS] {
            let mut codes: Vec<_> = table.iter().map(|(code, _)| code).collect();
            codes.sort();
            assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "{codes:?}");
        }
    }
}
