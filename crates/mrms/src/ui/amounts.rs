//! Numbers of things in words.

/// So many of something: `1 entry`, `2 entries`.
pub(crate) fn counted(number: u64, one: &str, more: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {more}"),
    }
}
