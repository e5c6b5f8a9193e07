//! [`Node`]: a CDA document as a tree, of bounded size.
//!
//! Whoever reads the XML gives its pieces to a [`TreeBuilder`], one after the other. Nothing is known here of bytes, encodings
//! or entities: the reader sees to those, and to the depth.

use crate::stored::NoResources;

/// Most elements and texts of one document.
const MOST_NODES: usize = 1_000_000;

/// A sign that no document keeps: [`values`](super::values) marks numbers with it.
pub(super) const RESERVED: char = '\u{e000}';

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    inside: Vec<Inside>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    Node(Node),
    Text(String),
}

/// Puts pieces together.
#[derive(Debug, Default)]
pub struct TreeBuilder {
    /// Elements that have begun and not ended, the root first.
    open: Vec<Node>,
    root: Option<Node>,
    count: usize,
}

impl TreeBuilder {
    /// An element begins: its name without a prefix, and its attributes.
    pub fn begin(&mut self, name: &str, attributes: &[(String, String)]) {
        self.count += 1;
        // What comes after the root has ended is no part of the document.
        if self.count <= MOST_NODES && self.root.is_none() {
            let attributes = attributes.iter();
            let attributes =
                attributes.map(|(name, value)| (name.clone(), without_reserved(value)));
            let (name, attributes) = (name.to_owned(), attributes.collect());
            self.open.push(Node { name, attributes, inside: Vec::new() });
        }
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.count += 1;
        if self.count <= MOST_NODES
            && let Some(node) = self.open.last_mut()
        {
            node.inside.push(Inside::Text(without_reserved(text)));
        }
    }

    /// An element ends, with those inside it that were not ended.
    pub fn end(&mut self, name: &str) {
        let Some(place) = self.open.iter().rposition(|node| node.name == name) else { return };
        while self.open.len() > place {
            let Some(node) = self.open.pop() else { return };
            match self.open.last_mut() {
                Some(parent) => parent.inside.push(Inside::Node(node)),
                None => self.root = Some(node),
            }
        }
    }

    /// The tree.
    ///
    /// # Errors
    ///
    /// [`NoResources::TooMany`] where it has too many parts; [`NoResources::NotCda`] where it is no CDA document, or breaks off.
    pub fn finish(self) -> Result<Node, NoResources> {
        if self.count > MOST_NODES {
            return Err(NoResources::TooMany);
        }
        let root = self.root.filter(|root| root.name == "ClinicalDocument");
        root.ok_or(NoResources::NotCda)
    }
}

fn without_reserved(text: &str) -> String {
    text.replace(RESERVED, "")
}

impl Node {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn inside(&self) -> &[Inside] {
        &self.inside
    }

    /// An attribute that has something in it. Prefixes count as part of the name.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|one| one.0 == name)?;
        Some(found.1.trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Self> {
        self.inside.iter().filter_map(|one| match one {
            Inside::Node(node) => Some(node),
            Inside::Text(_) => None,
        })
    }

    /// The elements of this name directly in it.
    pub(super) fn all<'n, 's: 'n>(&'n self, name: &'s str) -> impl Iterator<Item = &'n Self> {
        self.nodes().filter(move |node| node.name == name)
    }

    /// The first element of this name directly in it.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.nodes().find(|node| node.name == name)
    }

    /// The first element at the end of these steps.
    pub(super) fn at(&self, steps: &[&str]) -> Option<&Self> {
        match steps {
            [] => Some(self),
            [first, rest @ ..] => {
                let mut inner = self.nodes().filter(|node| node.name == *first);
                inner.find_map(|node| node.at(rest))
            }
        }
    }

    /// Every element below it, in the order of the document.
    pub(super) fn below<'n>(&'n self, take: &mut dyn FnMut(&'n Self)) {
        for node in self.nodes() {
            take(node);
            node.below(take);
        }
    }

    /// Whether it is made after this template.
    pub(super) fn is_a(&self, template: &str) -> bool {
        self.all("templateId").any(|one| one.attribute("root") == Some(template))
    }

    /// Its text, with that of the elements in it, on one line.
    pub(super) fn words(&self) -> String {
        fn add(node: &Node, text: &mut String) {
            for one in &node.inside {
                match one {
                    Inside::Text(part) => text.push_str(part),
                    Inside::Node(node) => {
                        add(node, text);
                        text.push(' ');
                    }
                }
            }
        }
        let mut text = String::new();
        add(self, &mut text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether its author says that it is null, for whatever reason.
    pub(super) fn is_null(&self) -> bool {
        self.attributes.iter().any(|one| one.0 == "nullFlavor")
    }

    /// Whether it says that what stands in it is not so; `None` where what it says is no boolean of XML.
    pub(super) fn negation(&self) -> Option<bool> {
        let said = self.attributes.iter().find(|one| one.0 == "negationInd");
        match said.map(|one| one.1.trim()) {
            None | Some("false" | "0") => Some(false),
            Some("true" | "1") => Some(true),
            Some(_) => None,
        }
    }

    /// Whether it says clearly that what stands in it is not so.
    pub(super) fn is_negated(&self) -> bool {
        self.negation() == Some(true)
    }

    /// What kind of value it says that it has, without a prefix.
    pub(super) fn kind_of_value(&self) -> &str {
        let kind = self.attribute("xsi:type").or_else(|| {
            self.attributes.iter().find(|one| one.0.ends_with(":type")).map(|one| one.1.as_str())
        });
        kind.map_or("", |kind| kind.rsplit(':').next().unwrap_or_default().trim())
    }
}
