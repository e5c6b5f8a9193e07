//! [`Resource`]: one version of a resource, and how it is found.

use std::borrow::Cow;

use mrms_core::UnixTime;
use serde_json::{Value, json};

use crate::kind::Kind;
use crate::time::instant;

/// One version of a resource.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its type.
    pub kind: Kind,
    /// Its id: at most 64 of `A-Z a-z 0-9 - .`.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// When this version came to be.
    pub updated: Option<UnixTime>,
    /// The id of the patient whom it is about.
    pub patient: Option<String>,
    value: Value,
    /// What goes out, where the bytes must stay as they are.
    text: Option<Box<str>>,
}

impl Resource {
    /// A resource that this program writes. Its `meta` and `id` are put here.
    #[must_use]
    pub fn written(
        kind: Kind,
        id: String,
        version: u64,
        updated: Option<UnixTime>,
        patient: Option<String>,
        mut value: Value,
    ) -> Self {
        value["resourceType"] = json!(kind.as_str());
        value["id"] = json!(id);
        value["meta"]["versionId"] = json!(version.to_string());
        if let Some(updated) = updated {
            value["meta"]["lastUpdated"] = json!(instant(updated));
        }
        Self { kind, id, version, updated, patient, value, text: None }
    }

    /// A resource out of a stored document: `text` goes out, `value` is for search.
    pub(crate) fn stored(
        kind: Kind,
        id: String,
        version: u64,
        updated: Option<UnixTime>,
        patient: Option<String>,
        (value, text): (Value, String),
    ) -> Self {
        Self { kind, id, version, updated, patient, value, text: Some(text.into()) }
    }

    /// For looking into it.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// The JSON that goes out.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match &self.text {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(self.value.to_string()),
        }
    }

    /// Its address below the face's: `Patient/ST…`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }

    /// The address of this version.
    #[must_use]
    pub fn versioned_address(&self) -> String {
        format!("{}/_history/{}", self.address(), self.version)
    }
}
