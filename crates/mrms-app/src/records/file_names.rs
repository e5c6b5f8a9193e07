//! Names of files that go on record, and of files that are written for what is on record.
//!
//! A name on record was chosen by somebody else. So a file that is written under it has a name that
//! no other program and no screen takes for something else, and that the file system takes. Knows
//! no folder and writes nothing.

use std::ffi::OsStr;

use mrms_core::visible;
use mrms_crypto::content::FileName;

/// Most bytes of a file's name on the usual file systems.
pub const MOST_BYTES: usize = 255;
/// Most bytes after the last dot that count as the kind of the file when a name is shortened.
const MOST_EXTENSION: usize = 16;

/// A file's name as it goes on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameOnRecord {
    /// The name, as it is.
    Same(FileName),
    /// The name had characters or a length that no name on record has. This one stands for it.
    Changed(FileName),
    /// There is nothing that could be a name.
    None,
}

impl NameOnRecord {
    /// The name that a file of this name goes on record with.
    #[must_use]
    pub fn of(name: &OsStr) -> Self {
        let text = name.to_string_lossy();
        let plain: String = text.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        match shortened(&plain, FileName::MOST).parse::<FileName>() {
            Ok(found) if name.to_str() == Some(found.as_str()) => Self::Same(found),
            Ok(found) => Self::Changed(found),
            Err(_) => Self::None,
        }
    }

    /// The name, whether it had to be changed or not.
    #[must_use]
    pub fn into_name(self) -> Option<FileName> {
        match self {
            Self::Same(name) | Self::Changed(name) => Some(name),
            Self::None => None,
        }
    }
}

/// A name for a file of its own, in at most `most` bytes: without slashes and characters that act on
/// a screen; neither hidden, as names with a dot in front are, nor like an option.
#[must_use]
pub fn name_here(name: &str, most: usize) -> String {
    let first = |c: char| matches!(c, '.' | '-' | ' ' | '~');
    let plain = name.char_indices().map(|(at, c)| match is_plain(c) && !(at == 0 && first(c)) {
        true => c,
        false => '_',
    });
    shortened(&plain.collect::<String>(), most)
}

fn is_plain(character: char) -> bool {
    !visible::acts(character) && !matches!(character, '/' | '\\')
}

/// The name in at most `most` bytes. What comes after the last dot stays; `~` marks where the rest
/// was cut.
#[must_use]
pub fn shortened(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= MOST_EXTENSION => (stem, extension),
        _ => (name, ""),
    };
    let end = if extension.is_empty() { "~".to_owned() } else { format!("~.{extension}") };
    let mut room = most.saturating_sub(end.len()).min(stem.len());
    while !stem.is_char_boundary(room) {
        room -= 1;
    }
    format!("{}{end}", &stem[..room])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_record_has_are_changed_and_not_dropped() {
        for (name, expected) in
            [("a\\b.txt", "a_b.txt"), ("a\x1b[2Kb", "a_[2Kb"), ("fdp\u{202e}.exe", "fdp_.exe")]
        {
            let NameOnRecord::Changed(found) = NameOnRecord::of(OsStr::new(name)) else {
                panic!("{name:?} is taken as it is")
            };
            assert_eq!(found.as_str(), expected);
        }
        let same = NameOnRecord::of(OsStr::new("Befund März.pdf"));
        assert!(matches!(same, NameOnRecord::Same(_)), "{same:?}");
        assert_eq!(NameOnRecord::of(OsStr::new("")), NameOnRecord::None);
    }

    #[cfg(unix)]
    #[test]
    fn name_that_is_no_utf_8_is_changed_and_not_dropped() {
        use std::os::unix::ffi::OsStrExt as _;
        let found = NameOnRecord::of(OsStr::from_bytes(b"M\xe4rz.pdf"));
        assert!(matches!(&found, NameOnRecord::Changed(_)));
        assert_eq!(found.into_name().unwrap().as_str(), "M\u{fffd}rz.pdf");
    }

    #[test]
    fn name_here_is_neither_hidden_nor_an_option_nor_a_path() {
        for (name, expected) in [
            (".bashrc", "_bashrc"),
            ("-rf", "_rf"),
            ("..", "_."),
            ("../x", "_._x"),
            ("a\u{202e}b", "a_b"),
            ("letter.pdf", "letter.pdf"),
        ] {
            assert_eq!(name_here(name, MOST_BYTES), expected, "{name:?}");
        }
    }

    #[test]
    fn long_names_are_cut_between_characters_and_keep_their_kind() {
        let long = format!("{}.pdf", "ä".repeat(200));
        for most in 60..70 {
            let cut = shortened(&long, most);
            assert!(cut.len() <= most && cut.len() >= most - 1 && cut.ends_with("~.pdf"), "{cut}");
        }
        assert_eq!(shortened(&"x".repeat(300), 10), "xxxxxxxxx~");
        assert_eq!(shortened("short.pdf", 10), "short.pdf");
    }
}
