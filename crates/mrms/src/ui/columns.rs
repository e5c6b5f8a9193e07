//! Lines that fit on a screen.

/// Columns of a screen.
pub(crate) const WIDTH: usize = 80;

/// A text of at most so many characters; a longer one ends with `…`.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(cut("Blood test", 10), "Blood test");
        assert_eq!(cut("Blood test, May", 10), "Blood tes…");
        assert_eq!(cut("Blood test, May", 7), "Blood…");
        assert_eq!(cut("Blood", 0), "…");
    }
}
