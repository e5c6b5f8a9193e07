//! The format of a home folder: a number in its file `format`, by which an earlier program knows a home that a later one made.
//!
//! The number rises when a program writes something into a home that the programs before it would not read rightly, or would
//! take for damage. What has a number of its own (ledger, vault, backups, envelopes) does not count here; the page
//! `docs/design/formats.md` has all of them.

use crate::error::HomeError;
use crate::folder::HomeFolder;

/// The format of the homes that this program makes. It reads this one and those before it.
pub const HOME_FORMAT: u32 = 1;

/// The file with the number. Homes from before there was one are of format 1.
const FILE: &str = "format";

impl HomeFolder {
    /// Fails if a later program made this home, or took it on. A home that is not there yet is none.
    ///
    /// # Errors
    ///
    /// [`HomeError::Newer`], [`HomeError::Damaged`], [`HomeError::File`].
    pub fn must_be_of_known_format(&self) -> Result<(), HomeError> {
        match self.read_line::<u32>(FILE)? {
            Some(format) if format > HOME_FORMAT => {
                Err(HomeError::Newer { root: self.root().to_owned(), format, known: HOME_FORMAT })
            }
            _ => Ok(()),
        }
    }

    /// Writes the number, where there is none.
    pub(crate) fn note_format(&self) -> Result<(), HomeError> {
        match self.read_line::<u32>(FILE)? {
            Some(_) => self.must_be_of_known_format(),
            None => self.write_line(FILE, &HOME_FORMAT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_of_a_later_program_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let home = HomeFolder::new(folder.path().to_owned());
        home.must_be_of_known_format().unwrap();
        home.note_format().unwrap();
        home.must_be_of_known_format().unwrap();
        let file = folder.path().join(FILE);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{HOME_FORMAT}\n"));
        let later = format!("{}\n", HOME_FORMAT + 1);
        std::fs::write(&file, &later).unwrap();
        for refused in [home.must_be_of_known_format(), home.note_format()] {
            let error = refused.unwrap_err();
            assert!(matches!(error, HomeError::Newer { format, .. } if format == HOME_FORMAT + 1));
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), later);
        std::fs::write(&file, "x\n").unwrap();
        assert!(matches!(home.must_be_of_known_format(), Err(HomeError::Damaged { .. })));
    }
}
