//! What trustees answer to somebody who lost their words, over days: a one-time key, and the answers to it, in a private
//! folder of the home.
//!
//! The key is in the file that `mrms key receive` writes, with the same protection: its owner alone can read it. Answers
//! are kept sealed to that key, also those that came in the clear, and are opened in memory alone. Knows no profile: what
//! the answers give back becomes one elsewhere.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mrms_core::StandardPrincipal;
use mrms_crypto::age_file::{Identity, parse_identities};
use mrms_crypto::stream::StreamError;
use mrms_crypto::trustees::{self, JoinError, MOST_SHARES, ParseShareError, Quorum, Share, sealed};
use mrms_crypto::{HybridIdentity, HybridRecipient, Words};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::error::{HomeError, file_error};
use crate::folder::HomeFolder;

const KEY: &str = "one-time-key.txt";

/// Why an answer is not taken, or the answers can't be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswersError {
    /// A file of the folder can't be read or written.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// It was made for another key, or changed.
    #[error("the answer cannot be opened with this one-time key")]
    NotOpened,
    /// There is no share in it, or one that was mistyped.
    #[error(transparent)]
    Share(#[from] ParseShareError),
    /// It does not go with the others.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// It can't be sealed.
    #[error("the answer cannot be sealed")]
    Seal(#[from] StreamError),
}

/// A one-time key, and what was answered to it so far.
#[derive(Debug)]
pub struct Answers {
    folder: PathBuf,
    identities: Vec<Identity>,
    recipient: HybridRecipient,
    shares: Vec<Share>,
}

impl Answers {
    /// Makes the key, or goes on with the one that is there.
    ///
    /// # Errors
    ///
    /// [`AnswersError::Home`].
    pub fn begin(
        home: &HomeFolder,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, AnswersError> {
        if let Some(begun) = Self::load(home)? {
            return Ok(begun);
        }
        let folder = home.recovery();
        mrms_files::make_private_folder(&folder).map_err(file_error("make", &folder))?;
        // Answers without a key are left over from an end that was interrupted, and open for nobody.
        remove_answers(&folder)?;
        let path = folder.join(KEY);
        let file = sealed::one_time_file(&HybridIdentity::generate(rng));
        match mrms_files::write_new(&path, file.as_bytes()) {
            // Two pages asked at once: the first key counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            written => written.map_err(file_error("write", &path))?,
        }
        let begun = Self::load(home)?;
        begun.ok_or_else(|| HomeError::Damaged { path, reason: "it is gone".to_owned() }.into())
    }

    /// What was begun; `None` where nothing was.
    ///
    /// # Errors
    ///
    /// [`AnswersError::Home`].
    pub fn load(home: &HomeFolder) -> Result<Option<Self>, AnswersError> {
        let folder = home.recovery();
        let path = folder.join(KEY);
        let Some(bytes) = read(&path)? else { return Ok(None) };
        let damaged = |reason: String| HomeError::Damaged { path: path.clone(), reason };
        let identities = parse_identities(&sealed::text_of(&bytes));
        let identities = identities.map_err(|error| damaged(error.to_string()))?;
        let recipient = identities.iter().find_map(|identity| match identity {
            Identity::Hybrid(hybrid) => Some(hybrid.recipient().clone()),
            Identity::X25519(_) => None,
        });
        let recipient = recipient.ok_or_else(|| damaged("it has no key".to_owned()))?;
        let mut begun = Self { folder, identities, recipient, shares: Vec::new() };
        for number in 1..=MOST_SHARES {
            // One that can't be opened any more is as if it had not come, and comes again.
            let Some(file) = read(&begun.answer(number))? else { continue };
            if let Ok(shares) = begun.opened(&file) {
                begun.shares.extend(shares);
            }
        }
        Ok(Some(begun))
    }

    /// The key, for trustees to answer to.
    #[must_use]
    pub const fn recipient(&self) -> &HybridRecipient {
        &self.recipient
    }

    /// Which answers are here, by the numbers of their shares.
    pub fn numbers(&self) -> impl Iterator<Item = u8> + '_ {
        self.shares.iter().map(Share::number)
    }

    /// How many there are and how many are needed, as the first answer says; `None` before it is here.
    #[must_use]
    pub fn quorum(&self) -> Option<Quorum> {
        self.shares.first().map(Share::quorum)
    }

    /// Whose words they give back, as the first answer says.
    #[must_use]
    pub fn owner(&self) -> Option<&StandardPrincipal> {
        self.shares.first().map(Share::owner)
    }

    /// Keeps what a trustee answered: an age file, its armor in a message, or a share as text; several at once as well.
    ///
    /// # Errors
    ///
    /// [`AnswersError`]. What was kept before stays.
    pub fn add(
        &mut self,
        given: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(), AnswersError> {
        let mut repeated = None;
        let mut has_new = false;
        for share in self.shares_in(given)? {
            let number = share.number();
            let bytes = sealed::seal(&share, &self.recipient, &mut *rng)?;
            self.shares.push(share);
            match trustees::join(&self.shares) {
                // One that was altered is found when enough are here, and is left out then.
                Ok(_) | Err(JoinError::TooFew { .. } | JoinError::Altered) => {}
                Err(error) => {
                    self.shares.pop();
                    match error {
                        JoinError::Twice { .. } => repeated = Some(error),
                        _ => return Err(error.into()),
                    }
                    continue;
                }
            }
            let path = self.answer(number);
            mrms_files::write_whole(&path, &bytes).map_err(file_error("write", &path))?;
            has_new = true;
        }
        match repeated {
            Some(error) if !has_new => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Leaves an answer out again.
    ///
    /// # Errors
    ///
    /// [`AnswersError::Home`].
    pub fn leave_out(&mut self, number: u8) -> Result<(), AnswersError> {
        let path = self.answer(number);
        mrms_files::remove(&path).map_err(file_error("remove", &path))?;
        self.shares.retain(|share| share.number() != number);
        Ok(())
    }

    /// The words that the answers give back.
    ///
    /// # Errors
    ///
    /// [`JoinError`].
    pub fn words(&self) -> Result<Words, JoinError> {
        trustees::join(&self.shares)
    }

    /// Deletes the key and the answers: the account is back, or its owner gave up.
    ///
    /// # Errors
    ///
    /// [`AnswersError::Home`].
    pub fn forget(home: &HomeFolder) -> Result<(), AnswersError> {
        let folder = home.recovery();
        let key = folder.join(KEY);
        // Before the answers: without it they are nothing.
        mrms_files::remove(&key).map_err(file_error("remove", &key))?;
        remove_answers(&folder)
    }

    fn answer(&self, number: u8) -> PathBuf {
        answer(&self.folder, number)
    }

    fn shares_in(&self, given: &[u8]) -> Result<Vec<Share>, AnswersError> {
        if given.starts_with(b"age-encryption.org/") {
            return self.opened(given);
        }
        let text = sealed::text_of(given);
        let (files, beside) = sealed::parts_of(&text);
        let mut shares = Vec::new();
        for file in &files {
            shares.extend(self.opened(file.as_bytes())?);
        }
        // Beside an age file a message has words of its own.
        if files.is_empty() {
            shares.extend(Share::parse_all(&beside)?);
        }
        Ok(shares)
    }

    fn opened(&self, file: &[u8]) -> Result<Vec<Share>, AnswersError> {
        let text = sealed::open(file, &self.identities).map_err(|_| AnswersError::NotOpened)?;
        Ok(Share::parse_all(&text)?)
    }
}

fn answer(folder: &Path, number: u8) -> PathBuf {
    folder.join(format!("answer-{number}.age"))
}

fn remove_answers(folder: &Path) -> Result<(), AnswersError> {
    for number in 1..=MOST_SHARES {
        let path = answer(folder, number);
        mrms_files::remove_if_present(&path).map_err(file_error("remove", &path))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, HomeError> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => Ok(Some(Zeroizing::new(bytes.map_err(file_error("read", path))?))),
    }
}

#[cfg(test)]
mod tests {
    use mrms_crypto::trustees::Threshold;

    use super::*;
    use crate::clock::rng;

    struct Lost {
        _folder: tempfile::TempDir,
        home: HomeFolder,
        words: Words,
        shares: Vec<Share>,
    }

    fn shares_of(words: &Words) -> Vec<Share> {
        let owner = StandardPrincipal::new(26, [7; 20]).unwrap();
        let quorum = Quorum::new(Threshold::new(2), 3).unwrap();
        trustees::split(words, &owner, quorum, &mut rng())
    }

    fn lost() -> Lost {
        let folder = tempfile::tempdir().unwrap();
        let home = HomeFolder::new(folder.path().join("home"));
        let words = Words::generate(&mut rng());
        let shares = shares_of(&words);
        Lost { _folder: folder, home, words, shares }
    }

    /// What is on the disk, in all files of the folder.
    fn on_disk(home: &HomeFolder) -> String {
        let files = fs::read_dir(home.recovery()).unwrap();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    #[test]
    fn answers_come_over_days_and_give_the_words_back() {
        let Lost { home, words, shares, _folder } = lost();
        assert!(Answers::load(&home).unwrap().is_none());
        let begun = Answers::begin(&home, &mut rng()).unwrap();
        let key = begun.recipient().to_string();
        let file = sealed::seal(&shares[2], begun.recipient(), &mut rng()).unwrap();
        drop(begun);

        // On another day, in a message with other words around it, and lines that a mailer indented.
        let mut begun = Answers::begin(&home, &mut rng()).unwrap();
        assert_eq!(begun.recipient().to_string(), key, "the key is made once");
        assert_eq!((begun.quorum(), begun.owner()), (None, None));
        let armor = String::from_utf8(file).unwrap().replace('\n', "\r\n  ");
        begun.add(format!("Dear Ana,\r\n{armor}\r\nYours, Jan").as_bytes(), &mut rng()).unwrap();
        assert!(matches!(begun.words(), Err(JoinError::TooFew { needed: 2, found: 1 })));
        assert_eq!(begun.quorum().unwrap().threshold(), 2);

        // On a third one, read out on the telephone.
        let mut begun = Answers::load(&home).unwrap().unwrap();
        assert_eq!(begun.numbers().collect::<Vec<_>>(), [3]);
        begun.add(shares[0].to_text().as_bytes(), &mut rng()).unwrap();
        assert_eq!(begun.words().unwrap().to_phrase(), words.to_phrase());
        assert!(
            !on_disk(&home).contains("mrms-share"),
            "an answer is kept sealed, however it came"
        );

        Answers::forget(&home).unwrap();
        assert!(Answers::load(&home).unwrap().is_none());
        assert_eq!(on_disk(&home), "");
        let again = Answers::begin(&home, &mut rng()).unwrap();
        assert_ne!(again.recipient().to_string(), key);
    }

    #[cfg(unix)]
    #[test]
    fn key_is_for_its_owner_alone_and_in_no_backup() {
        use std::os::unix::fs::PermissionsExt as _;
        let Lost { home, _folder, .. } = lost();
        Answers::begin(&home, &mut rng()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&home.recovery().join(KEY)), 0o600);
        assert_eq!(mode(&home.recovery()), 0o700);
        assert!(!HomeFolder::is_backed_up("recovery"));
    }

    #[test]
    fn what_does_not_fit_is_refused_and_loses_nothing() {
        let Lost { home, words, shares, _folder } = lost();
        let mut begun = Answers::begin(&home, &mut rng()).unwrap();
        begun.add(shares[0].to_text().as_bytes(), &mut rng()).unwrap();
        let other_key = HybridIdentity::generate(&mut rng());
        let for_another = sealed::seal(&shares[1], other_key.recipient(), &mut rng()).unwrap();
        let other_set = shares_of(&words);
        let mistyped = shares[1].to_text().replace("mrms-share-1", "mrms-share-1qqqqq");
        let mut refused = |given: &[u8]| begun.add(given, &mut rng()).unwrap_err();
        assert!(matches!(refused(&for_another), AnswersError::NotOpened));
        assert!(matches!(
            refused(b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl"),
            AnswersError::NotOpened
        ));
        assert!(matches!(refused(b"good morning"), AnswersError::Share(ParseShareError::None)));
        assert!(matches!(
            refused(mistyped.as_bytes()),
            AnswersError::Share(ParseShareError::Mistyped { .. })
        ));
        assert!(matches!(
            refused(other_set[1].to_text().as_bytes()),
            AnswersError::Join(JoinError::OtherSet { number: 2 })
        ));
        assert!(matches!(
            refused(shares[0].to_text().as_bytes()),
            AnswersError::Join(JoinError::Twice { number: 1 })
        ));
        // One that is here already does not keep a new one out.
        let both = format!("{}{}", *shares[0].to_text(), *shares[1].to_text());
        begun.add(both.as_bytes(), &mut rng()).unwrap();
        let mut begun = Answers::load(&home).unwrap().unwrap();
        assert_eq!(begun.numbers().collect::<Vec<_>>(), [1, 2]);
        begun.leave_out(1).unwrap();
        assert_eq!(Answers::load(&home).unwrap().unwrap().numbers().collect::<Vec<_>>(), [2]);
        assert!(begun.words().is_err());
    }
}
