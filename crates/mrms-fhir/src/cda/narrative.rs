//! The narrative of a section as XHTML: its words, tables and lists, and nothing that acts.
//!
//! Elements that are not known give their words alone, and no attribute but the width of a cell is taken over: no style, link or
//! picture of the original gets through. Sources: HL7 CDA R2 §4.3.5, FHIR R4 "Narrative".

use mrms_core::visible;

use super::node::{Inside, Node};

/// The narrative; `None` where it has no words.
pub(super) fn xhtml(text: &Node) -> Option<String> {
    if text.words().is_empty() {
        return None;
    }
    let mut written = r#"<div xmlns="http://www.w3.org/1999/xhtml">"#.to_owned();
    inside(text, &mut written);
    written.push_str("</div>");
    Some(written)
}

fn inside(node: &Node, written: &mut String) {
    for one in node.inside() {
        match one {
            Inside::Text(text) => escape(text, written),
            Inside::Node(inner) => element(inner, node.name() == "table", written),
        }
    }
}

fn element(node: &Node, is_in_table: bool, written: &mut String) {
    let tag = match node.name() {
        "br" => {
            written.push_str("<br/>");
            return;
        }
        // What stands for a picture, and what is no text.
        "renderMultiMedia" | "observationMedia" | "script" | "style" => return,
        "paragraph" | "p" => "p",
        "list" if node.attribute("listType") == Some("ordered") => "ol",
        "list" => "ul",
        "item" => "li",
        "table" => "table",
        "thead" => "thead",
        "tbody" => "tbody",
        "tfoot" => "tfoot",
        "tr" => "tr",
        "th" => "th",
        "td" => "td",
        "caption" => "caption",
        "sub" => "sub",
        "sup" => "sup",
        // A document's own record of what was struck out.
        _ if node.attribute("revised") == Some("delete") => "s",
        _ => "span",
    };
    let tag = match tag {
        // HTML has a caption in a table alone.
        "caption" if !is_in_table => "b",
        tag => tag,
    };
    written.push('<');
    written.push_str(tag);
    for name in ["colspan", "rowspan"] {
        let width = node.attribute(name).and_then(|width| width.parse::<u16>().ok());
        if let Some(width) = width.filter(|_| matches!(tag, "td" | "th")) {
            written.push_str(&format!(r#" {name}="{width}""#));
        }
    }
    written.push('>');
    inside(node, written);
    written.push_str(&format!("</{tag}>"));
}

fn escape(text: &str, written: &mut String) {
    for letter in visible::lines(text).chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            other => written.push(other),
        }
    }
}
