//! What `mrms open` was given: the text of a link or of a health card, or a file or picture with one.

use std::io::Read as _;
use std::path::Path;

use mrms_home::foreign_link::given::{Given, GivenError, MOST_FILE};

use crate::ui::failure::Failure;
use crate::ui::input;
use crate::ui::reasons::cannot;

/// Reads what was given: a text, or a file with one.
pub(super) fn read(given: &str) -> Result<Given, Failure> {
    match Given::in_text(given)? {
        Some(found) => Ok(found),
        None => Ok(Given::in_file(contents(given)?)?),
    }
}

pub(super) fn contents(given: &str) -> Result<Vec<u8>, Failure> {
    let path = Path::new(given);
    let mut bytes = Vec::new();
    let read = match given {
        "-" => std::io::stdin().lock().take(MOST_FILE + 1).read_to_end(&mut bytes),
        _ => input::open(path)?.take(MOST_FILE + 1).read_to_end(&mut bytes),
    };
    read.map_err(|error| cannot("read", path, &error))?;
    match bytes.len() as u64 > MOST_FILE {
        true => Err(GivenError::TooLarge.into()),
        false => Ok(bytes),
    }
}
