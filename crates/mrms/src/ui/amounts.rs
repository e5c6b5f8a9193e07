//! Numbers of things in words.

/// How often: `once`, `2 times`.
pub(crate) fn how_often(number: u64) -> String {
    match number {
        1 => "once".to_owned(),
        _ => format!("{number} times"),
    }
}

/// So many of something: `1 entry`, `2 entries`.
pub(crate) fn counted(number: u64, one: &str, more: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {more}"),
    }
}
