//! What a viewer asks a host, and what the host answers.
//!
//! Source: SMART Health Links, "SMART Health Link Manifest Request" and "SMART Health Link Direct File Request".

use serde::{Deserialize, Serialize};

/// Where a program asks whether a link host is there: no link has this name, and the host counts no refusal of one.
pub const NO_LINK: &str = "/l/-";

/// The longest `recipient` that is kept, in characters.
pub const MOST_RECIPIENT: usize = 200;

/// What a viewer asks for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestRequest {
    /// Who asks, as they say themselves.
    pub recipient: String,
    /// The passcode that their person typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passcode: Option<String>,
    /// The longest file that they want in the answer itself, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedded_length_max: Option<u64>,
}

impl std::fmt::Debug for ManifestRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let passcode = self.passcode.as_ref().map(|_| "..");
        f.debug_struct("ManifestRequest").field("passcode", &passcode).finish_non_exhaustive()
    }
}

/// Whether what a link gives may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManifestStatus {
    /// It does not change any more.
    Finalized,
    /// It may change: ask again later.
    CanChange,
    /// The link is not valid any more.
    NoLongerValid,
}

/// The files of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Whether they may change; not every host says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ManifestStatus>,
    /// The files.
    pub files: Vec<ManifestFile>,
}

/// One file of a link: in the answer itself, or where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestFile {
    /// What it is, without its encryption.
    pub content_type: String,
    /// The encrypted file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedded: Option<String>,
    /// Where the encrypted file is, for an hour at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// When it changed last, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<String>,
    /// The version of FHIR, such as `4.0.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fhir_version: Option<String>,
}

/// The answer to a wrong passcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrongPasscode {
    /// How many more wrong ones the link stands.
    pub remaining_attempts: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_the_names_of_the_standard() {
        let request: ManifestRequest = serde_json::from_str(
            r#"{"recipient":"Clinic Nord","passcode":"1234","embeddedLengthMax":10}"#,
        )
        .unwrap();
        assert_eq!(request.embedded_length_max, Some(10));
        assert!(!format!("{request:?}").contains("1234"));
        let manifest = Manifest {
            status: Some(ManifestStatus::CanChange),
            files: vec![ManifestFile {
                content_type: "application/fhir+json".to_owned(),
                embedded: None,
                location: Some("https://a.example/x".to_owned()),
                last_updated: None,
                fhir_version: None,
            }],
        };
        assert_eq!(
            serde_json::to_string(&manifest).unwrap(),
            r#"{"status":"can-change","files":[{"contentType":"application/fhir+json","location":"https://a.example/x"}]}"#
        );
        let wrong = serde_json::to_string(&WrongPasscode { remaining_attempts: 4 }).unwrap();
        assert_eq!(wrong, r#"{"remainingAttempts":4}"#);
    }
}
