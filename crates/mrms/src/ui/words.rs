//! The 24 words: asked for, read from a file, and shown.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use mrms_crypto::Words;
use zeroize::Zeroizing;

use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::reasons::cannot;

/// The longest text of 24 words that is read, in bytes.
const LONGEST_WORDS: u64 = 4096;

/// Asks for the 24 words, without showing them. `instead` tells what to give if there is no terminal.
pub(crate) fn ask_words(instead: &str) -> Result<Words, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("there is no terminal to ask for the words")
            .hint(format!("give {instead}")));
    }
    let line = rpassword::prompt_password("The 24 words, parted by spaces: ");
    let line = line.map(Zeroizing::new).map_err(|error| {
        Failure::new(Exit::Failed, "no-words", format!("cannot ask for the words: {error}"))
    })?;
    parse_words(&line)
}

/// Reads 24 words from a file; `-` is stdin.
pub(crate) fn read_words(path: &Path) -> Result<Words, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(LONGEST_WORDS as usize));
    let read = match path.as_os_str() == "-" {
        true => io::stdin().take(LONGEST_WORDS).read_to_string(&mut text),
        false => {
            File::open(path).and_then(|file| file.take(LONGEST_WORDS).read_to_string(&mut text))
        }
    };
    read.map_err(|error| cannot("read", path, &error))?;
    parse_words(&text)
}

/// Reads 24 words, also in the numbered form in which [`show_words`] prints them.
pub(crate) fn parse_words(text: &str) -> Result<Words, Failure> {
    Words::parse_noted(text).map_err(|error| {
        Failure::new(Exit::Usage, "wrong-words", error)
            .hint("compare each word with your note; the order counts")
    })
}

/// Prints the words, numbered, on stdout.
pub(crate) fn show_words(words: &Words, output: Output) -> Result<(), Failure> {
    let phrase = words.to_phrase();
    for (row, four) in phrase.split(' ').collect::<Vec<_>>().chunks(4).enumerate() {
        let mut line = Zeroizing::new(String::with_capacity(80));
        for (column, word) in four.iter().enumerate() {
            line.push_str(&format!("{:>3} {word:<10}", row * 4 + column + 1));
        }
        output.text(line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mrms_home::clock::rng;

    #[test]
    fn words_are_taken_as_they_are_shown() {
        let words = Words::generate(&mut rng());
        let phrase = words.to_phrase();
        let plain: Vec<&str> = phrase.split(' ').collect();
        let numbered = |separator: &str, rows: &dyn Fn(usize) -> usize| {
            let one = |at: usize| format!("{}{separator} {}\n", rows(at) + 1, plain[rows(at)]);
            (0..plain.len()).map(one).collect::<String>()
        };
        let columns = |at: usize| at % 4 * 6 + at / 4;
        for text in [
            phrase.to_string(),
            format!("\u{feff}{}\r\n", phrase.to_uppercase()),
            numbered("", &|at| at),
            numbered(".", &|at| at),
            numbered(")", &columns),
        ] {
            assert_eq!(*parse_words(&text).unwrap().to_phrase(), *phrase, "{text}");
        }
        let wrong = numbered("", &|at| at).replace("24 ", "25 ");
        parse_words(&wrong).unwrap_err();
    }
}
