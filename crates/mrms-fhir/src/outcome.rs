//! [`Refusal`]: why a request is not answered as asked, and the OperationOutcome that says so.

use serde_json::{Value, json};

/// The kinds of refusals. Each has its HTTP status and its code of FHIR's IssueType.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The request can't be read (400).
    Invalid,
    /// It asks for something that the face does not know (400).
    NotSupported,
    /// There is no valid token (401).
    NoToken,
    /// It is not allowed, or no longer (403).
    Forbidden,
    /// There is no such thing (404).
    NotFound,
    /// The type is there, and not with this method (405).
    NoSuchAction,
    /// Nothing that the client takes is to be had (406).
    NotAcceptable,
    /// It can't be done as things are (409).
    Conflict,
    /// It was erased (410).
    Gone,
    /// It is another version than the client thinks (412).
    OtherVersion,
    /// It is too long (413).
    TooLong,
    /// The body is of another type (415).
    NotFhir,
    /// It is meant for another server (421).
    OtherServer,
    /// It is FHIR, and says what can't be kept (422).
    Unprocessable,
    /// Too many requests at once (429).
    TooMany,
    /// The program failed (500).
    Failed,
    /// Ledger or vaults can't be used now (503).
    Away,
}

impl Why {
    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid | Self::NotSupported => 400,
            Self::NoToken => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::NoSuchAction => 405,
            Self::NotAcceptable => 406,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::OtherVersion => 412,
            Self::TooLong => 413,
            Self::NotFhir => 415,
            Self::OtherServer => 421,
            Self::Unprocessable => 422,
            Self::TooMany => 429,
            Self::Failed => 500,
            Self::Away => 503,
        }
    }

    /// The code of the value set IssueType.
    #[must_use]
    pub const fn issue(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotSupported | Self::NoSuchAction | Self::NotAcceptable | Self::NotFhir => {
                "not-supported"
            }
            Self::NoToken => "login",
            Self::Forbidden => "forbidden",
            Self::OtherServer => "security",
            Self::NotFound => "not-found",
            Self::Conflict | Self::OtherVersion => "conflict",
            Self::Gone => "deleted",
            Self::TooLong => "too-long",
            Self::Unprocessable => "business-rule",
            Self::TooMany => "throttled",
            Self::Failed => "exception",
            Self::Away => "transient",
        }
    }

    /// A refusal of this kind, with its sentence.
    pub fn because(self, sentence: impl Into<String>) -> Refusal {
        Refusal { why: self, sentence: sentence.into(), hint: None }
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Refusal {
    /// Its kind.
    pub why: Why,
    /// What is wrong, as a sentence for people.
    pub sentence: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Refusal {
    /// The same, with what to do next.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The resource that says so.
    #[must_use]
    pub fn to_outcome(&self) -> Value {
        let mut issue = json!({
            "severity": "error",
            "code": self.why.issue(),
            "details": {"text": self.sentence},
        });
        if let Some(hint) = &self.hint {
            issue["diagnostics"] = json!(hint);
        }
        json!({"resourceType": "OperationOutcome", "issue": [issue]})
    }
}

/// An outcome that warns of something in an answer that is given all the same.
#[must_use]
pub fn warning(sentence: &str) -> Value {
    let issue =
        json!({"severity": "warning", "code": "not-supported", "details": {"text": sentence}});
    json!({"resourceType": "OperationOutcome", "issue": [issue]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcome_says_what_is_wrong_and_what_to_do() {
        let refusal = Why::Forbidden.because("Access ended.").hint("Ask the patient.");
        let outcome = refusal.to_outcome();
        assert_eq!(outcome["issue"][0]["code"], "forbidden");
        assert_eq!(outcome["issue"][0]["details"]["text"], "Access ended.");
        assert_eq!(outcome["issue"][0]["diagnostics"], "Ask the patient.");
        assert_eq!(refusal.why.status(), 403);
    }
}
