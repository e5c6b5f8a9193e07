//! Backs up into a folder what is new since the last backup there, and restores any of the states that it has.
//!
//! The ledger is carried as the blocks after those of the part before; a restore executes them again, compares them, and so
//! has the ledger as it was. Other files are carried whole when they have changed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use mrms_crypto::age_file::{Protection, SealedFor};
use mrms_files::{Existing, Unfinished};
use mrms_node::chain::{BlockHash, BlockHeight, Mark};
use mrms_vault::guardian::BackupKeys;

use super::archive::{Follows, ListedLedger, Manifest, Member, Target};
use super::set::{BackupSet, Part, Remembered};
use super::{
    AskKey, BackUpError, BackupKey, Copies, LEDGER_FILE, LedgerPart, about, members, must_be_free,
    open_with, private_folder_in, seal,
};
use crate::error::file_error;
use crate::face::Face;
use crate::folder::HomeFolder;
use crate::ledger::on_disk;

/// The file of a part that has the ledger's new blocks.
const BLOCKS: &str = "ledger/later-blocks";
/// Its name in the folder of the ledger.
pub(super) const BLOCKS_NAME: &str = "later-blocks";
/// What follows from the blocks of the ledger, and is in no part but a whole one.
const FOLLOWING: [&str; 3] = [LEDGER_FILE, "ledger/node.mark", BLOCKS];

/// A backup that was added to a set.
#[derive(Debug)]
pub struct WrittenPart {
    /// What the home had.
    pub manifest: Manifest,
    /// The file that was written.
    pub path: PathBuf,
    /// Number of the part, from 1.
    pub number: usize,
    /// What the list says of it.
    pub part: Part,
}

/// Adds a backup of the home to the set in `folder`, or begins one there. It carries what is new since the part before, or
/// everything where that is not known.
///
/// # Errors
///
/// [`BackUpError`]; then the set is as it was.
pub fn back_up_into(
    home: &HomeFolder,
    folder: &Path,
    protection: &Protection<'_>,
    keys: BackupKeys,
    face: &dyn Face,
) -> Result<WrittenPart, BackUpError> {
    let mut set = BackupSet::open_or_begin(folder)?;
    let before = set.remembered(home);
    let since = before.as_ref().and_then(|known| newest_block(&known.manifest));
    let copies = match &since {
        Some(mark) => Copies::make(home, keys, LedgerPart::Since(*mark))?,
        None => Copies::make(home, keys, LedgerPart::Whole)?,
    };
    // A ledger that was taken back, or is another one, is copied whole again.
    let before = before.filter(|known| copies.goes_on_from(&known.manifest));
    let mut all = members(home, &copies)?;
    let mut manifest = about(home, &copies, keys)?;
    let mut times = BTreeMap::new();
    if let Some(known) = &before {
        manifest.follows = Some(Follows {
            set: set.id().to_owned(),
            part: known.number,
            sha256: known.sha256.clone(),
        });
    }
    all.retain(|member| {
        let time = written_at(member);
        times.extend(time.map(|time| (member.name.clone(), time)));
        match unchanged(member, time, before.as_ref()) {
            Some(listed) => {
                manifest.files.insert(member.name.clone(), listed);
                false
            }
            None => true,
        }
    });
    if let Some(known) = &before {
        // Kept in the whole part, and never changed.
        let key = known.manifest.files.get_key_value("ledger/node.key");
        manifest.files.extend(key.map(|(name, listed)| (name.clone(), listed.clone())));
    }
    let whole = before.is_none();
    let path = set.next_path(whole);
    let failed = |error| BackUpError::from(file_error("write", &path)(error));
    let mut unfinished = Unfinished::beside(&path).map_err(failed)?;
    let manifest = seal(protection, &all, manifest, &mut unfinished, &path, face)?;
    // A file of this name that the list does not have is what a backup left that was killed.
    unfinished.finish(&path, Existing::Replace).map_err(failed)?;
    drop(all);
    drop(copies);
    let part = set.add(&path, whole)?;
    let number = set.parts().len();
    let mut known =
        Remembered { number, sha256: part.sha256.clone(), manifest: manifest.clone(), times };
    known.manifest.files.remove(BLOCKS);
    set.remember(home, &known)?;
    Ok(WrittenPart { manifest, path, number, part })
}

/// The newest block of the ledger in a backup.
fn newest_block(manifest: &Manifest) -> Option<Mark> {
    let ListedLedger { genesis, block_height, tip } = manifest.ledger.as_ref()?;
    let (genesis, hash) = (BlockHash::parse(genesis).ok()?, BlockHash::parse(tip).ok()?);
    Some(Mark { genesis, height: BlockHeight::new(*block_height), hash })
}

/// When a file of the home was written last; none for a copy that was made for this backup.
fn written_at(member: &Member<'_>) -> Option<u128> {
    if member.is_copy || member.held.is_some() {
        return None;
    }
    let modified = fs::metadata(&member.path).ok()?.modified().ok()?;
    modified.duration_since(UNIX_EPOCH).ok().map(|since| since.as_nanos())
}

/// What the part before says of a file that has not changed since.
fn unchanged(
    member: &Member<'_>,
    time: Option<u128>,
    before: Option<&Remembered>,
) -> Option<super::archive::Listed> {
    let known = before?;
    let listed = known.manifest.files.get(&member.name)?;
    let is_same = time.is_some()
        && known.times.get(&member.name).copied() == time
        && listed.bytes == member.length();
    is_same.then(|| listed.clone())
}

/// Reads all parts of a set to their last byte, and writes nothing. Returns what the newest one has.
///
/// # Errors
///
/// [`BackUpError`], of files, archives and key.
pub fn verify_set(
    folder: &Path,
    key: &AskKey<'_>,
    face: &dyn Face,
) -> Result<Manifest, BackUpError> {
    let set = BackupSet::open(folder)?;
    let asked = AskedOnce::new(key);
    let mut newest = None;
    for (number, part) in (1..).zip(set.parts()) {
        set.compare(part)?;
        newest = Some(read_part(&set, number, part, &asked, Target::Nowhere, face)?);
    }
    newest.ok_or(BackUpError::NoSuchPart { number: 1, newest: 0 })
}

/// Makes the home folder as it was at part `number` of the set in `folder`; without a number: at the newest one.
///
/// # Errors
///
/// As [`super::restore`]; [`BackUpError::NoSuchPart`].
pub fn restore_set(
    root: &Path,
    folder: &Path,
    number: Option<usize>,
    key: &AskKey<'_>,
    face: &dyn Face,
) -> Result<Manifest, BackUpError> {
    must_be_free(root)?;
    let set = BackupSet::open(folder)?;
    let parts = set.parts_of(number)?;
    let beside = root.parent().unwrap_or(root);
    let failed = |error| BackUpError::from(file_error("write in", beside)(error));
    mrms_files::make_private_folder(beside).map_err(failed)?;
    let unfinished = private_folder_in(beside).map_err(failed)?;
    let asked = AskedOnce::new(key);
    let mut newest = None;
    for (number, part) in parts {
        let target = Target::Over(unfinished.path());
        let manifest = read_part(&set, number, part, &asked, target, face)?;
        add_blocks(unfinished.path())?;
        newest = Some(manifest);
    }
    let Some(manifest) = newest else {
        return Err(BackUpError::NoSuchPart { number: 0, newest: set.parts().len() });
    };
    must_be(&set, unfinished.path(), &manifest)?;
    super::put_in_place(unfinished, root)?;
    Ok(manifest)
}

fn read_part(
    set: &BackupSet,
    number: usize,
    part: &Part,
    key: &AskedOnce<'_>,
    target: Target<'_>,
    face: &dyn Face,
) -> Result<Manifest, BackUpError> {
    let path = set.path(part);
    let file = File::open(&path).map_err(file_error("read", &path))?;
    let manifest = open_with(file, &path, &|sealed_for| key.ask(sealed_for), target, face)?;
    let before = number.checked_sub(2).and_then(|place| set.parts().get(place));
    let follows = before.filter(|_| !part.whole).map(|before| Follows {
        set: set.id().to_owned(),
        part: number - 1,
        sha256: before.sha256.clone(),
    });
    match manifest.follows == follows {
        true => Ok(manifest),
        false => Err(set.damaged(format!("{} is not the part that the list says", part.file))),
    }
}

/// Adds the blocks of a part to the ledger of those before it.
fn add_blocks(root: &Path) -> Result<(), BackUpError> {
    let path = root.join(BLOCKS);
    if !path.is_file() {
        return Ok(());
    }
    let mut file = File::open(&path).map_err(file_error("read", &path))?;
    on_disk::append_later(&root.join("ledger"), &mut file)
        .map_err(crate::error::HomeError::from)?;
    mrms_files::remove(&path).map_err(file_error("write", &path))?;
    Ok(())
}

/// Removes what the home no longer had, and compares the rest with the manifest.
fn must_be(set: &BackupSet, root: &Path, manifest: &Manifest) -> Result<(), BackUpError> {
    for member in super::archive::files_below(root, &|_| true)? {
        let follows =
            FOLLOWING.contains(&member.name.as_str()) || member.name.starts_with("ledger/ledger.");
        if !follows && !manifest.files.contains_key(&member.name) {
            mrms_files::remove(&member.path).map_err(file_error("write", &member.path))?;
        }
    }
    for (name, listed) in &manifest.files {
        if FOLLOWING.contains(&name.as_str()) {
            continue;
        }
        if super::archive::listed(&root.join(name))? != *listed {
            return Err(set.damaged(format!("{name} is not as the manifest says")));
        }
    }
    let is_there = match newest_block(manifest) {
        Some(mark) => on_disk::ends_with(&root.join("ledger"), &mark),
        None => true,
    };
    match is_there {
        true => Ok(()),
        false => {
            Err(set.damaged("its ledger does not end with the block that it names".to_owned()))
        }
    }
}

/// Asks for a key once, however many parts it opens.
struct AskedOnce<'a> {
    ask: &'a AskKey<'a>,
    known: std::cell::RefCell<Vec<(SealedFor, std::rc::Rc<BackupKey>)>>,
}

impl<'a> AskedOnce<'a> {
    fn new(ask: &'a AskKey<'a>) -> Self {
        Self { ask, known: std::cell::RefCell::default() }
    }

    fn ask(&self, sealed: SealedFor) -> Result<std::rc::Rc<BackupKey>, crate::face::FaceError> {
        let known = self.known.borrow().iter().find(|(kind, _)| *kind == sealed).cloned();
        if let Some((_, key)) = known {
            return Ok(key);
        }
        let key = std::rc::Rc::new((self.ask)(sealed)?);
        self.known.borrow_mut().push((sealed, std::rc::Rc::clone(&key)));
        Ok(key)
    }
}
