//! Binary: the content of a version, for clients that want it as a resource.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mrms_core::{RecordId, Version};
use serde_json::json;

use super::document::version_id;

/// The resource as JSON.
#[must_use]
pub fn binary(record: RecordId, version: Version, media_type: &str, content: &[u8]) -> String {
    let head = json!({
        "resourceType": "Binary",
        "id": version_id(record, version),
        "contentType": media_type,
        "securityContext": {"reference": format!("DocumentReference/{record}")},
    });
    let head = head.to_string();
    let mut text = String::with_capacity(head.len() + content.len() / 3 * 4 + 16);
    text.push_str(head.strip_suffix('}').unwrap_or(&head));
    text.push_str(",\"data\":\"");
    STANDARD.encode_string(content, &mut text);
    text.push_str("\"}");
    text
}
