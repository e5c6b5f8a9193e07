//! The page with which a link's host opens its links in any browser, and how a program finds out that a host has one.

/// Where a host serves it, below the address that its links name.
pub const PATH: &str = "/view";
/// What its text has in it, so that it is not taken for another page at the same address.
pub const MARK: &str = r#"name="application-name" content="mrms-link-view""#;
