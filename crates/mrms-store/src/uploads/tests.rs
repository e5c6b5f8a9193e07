#![allow(clippy::unwrap_used)]

use sha2::{Digest as _, Sha256};

use super::*;
use crate::{BlobStore as _, FileStore, MemoryStore};

const LIMITS: UploadLimits = UploadLimits {
    blob_bytes: 4 << 20,
    owner_bytes: 6 << 20,
    owner_uploads: 3,
    kept_bytes: 7 << 20,
    all_bytes: 8 << 20,
    all_uploads: 4,
    stranger_bytes: 1 << 20,
    stranger_uploads: 2,
    reserve_bytes: 0,
};
/// Somebody whom the caller knows.
fn known(name: &str) -> Owner {
    Owner { name: name.to_owned(), standing: OwnerKind::Known }
}

fn stranger(name: &str) -> Owner {
    Owner { name: name.to_owned(), standing: OwnerKind::Stranger }
}

const DAY: Duration = Duration::from_secs(86_400);

struct Bench {
    folder: tempfile::TempDir,
    store: FileStore,
    uploads: Uploads,
    begun: u8,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::open_folder(folder.path()).unwrap();
        let uploads = Uploads::open_folder(&folder.path().join("uploads"), LIMITS).unwrap();
        Self { folder, store, uploads, begun: 0 }
    }

    /// What a new process finds.
    fn restart(&mut self) {
        let folder = self.folder.path().join("uploads");
        self.uploads = Uploads::open_folder(&folder, LIMITS).unwrap();
    }

    fn begin(&mut self, owner: &str, promise: BlobPromise) -> Result<Progress, UploadError> {
        self.begin_at(&known(owner), promise, SystemTime::now())
    }

    fn begin_at(
        &mut self,
        owner: &Owner,
        promise: BlobPromise,
        now: SystemTime,
    ) -> Result<Progress, UploadError> {
        self.begun += 1;
        self.uploads.begin(owner, promise, UploadId::from_random([self.begun; 16]), now)
    }

    /// Appends this many bytes to an upload.
    fn append(&self, begun: Progress, bytes: usize) -> Result<(), UploadError> {
        let at = self.uploads.progress(begun.id).unwrap().offset;
        self.uploads.resume(begun.id, at).unwrap().append(&vec![1; bytes])
    }

    fn files(&self) -> usize {
        let entries = std::fs::read_dir(self.folder.path().join("uploads")).unwrap();
        entries.filter(|entry| !entry.as_ref().unwrap().path().is_dir()).count()
    }
}

fn promise_of(bytes: &[u8]) -> BlobPromise {
    let id = BlobId::from_bytes(Sha256::digest(bytes).into());
    BlobPromise { id, length: bytes.len() as u64 }
}

fn promise(number: u8, length: u64) -> BlobPromise {
    BlobPromise { id: BlobId::from_bytes([number; 32]), length }
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i % 253) as u8).collect()
}

#[test]
fn other_bytes_than_promised_are_discarded() {
    let mut bench = Bench::new();
    let bytes = sample(1_000);
    let begun = bench.begin("a", promise_of(&bytes)).unwrap();
    let mut upload = bench.uploads.resume(begun.id, 0).unwrap();
    upload.append(&[0; 1_000]).unwrap();
    assert!(matches!(upload.finish(&bench.store), Err(UploadError::WrongHash { .. })));
    assert!(matches!(bench.uploads.progress(begun.id), Err(UploadError::Unknown)));
    assert_eq!(bench.store.list().unwrap(), []);
    assert_eq!(bench.files(), 0);
}

#[test]
fn more_bytes_than_promised_are_refused_and_fewer_are_not_enough() {
    let mut bench = Bench::new();
    let bytes = sample(10);
    let begun = bench.begin("a", promise_of(&bytes)).unwrap();
    let mut upload = bench.uploads.resume(begun.id, 0).unwrap();
    upload.append(&bytes[..9]).unwrap();
    assert!(matches!(upload.append(b"xy"), Err(UploadError::TooLong { length: 10 })));
    let early = upload.finish(&bench.store);
    assert!(matches!(early, Err(UploadError::Incomplete { offset: 9, length: 10 })));
    let mut upload = bench.uploads.resume(begun.id, 9).unwrap();
    upload.append(&bytes[9..]).unwrap();
    assert_eq!(upload.finish(&bench.store).unwrap(), promise_of(&bytes));
    assert_eq!(bench.store.verify(&begun.promise.id).unwrap(), 10);
    assert_eq!(bench.files(), 0);
}

#[test]
fn limits_of_blob_owner_and_all_are_kept() {
    let mut bench = Bench::new();
    let too_large = bench.begin("a", promise(1, (4 << 20) + 1));
    assert!(matches!(too_large, Err(UploadError::TooLarge { .. })));
    bench.begin("a", promise(1, 4 << 20)).unwrap();
    let bytes = bench.begin("a", promise(2, (2 << 20) + 1));
    assert!(matches!(bytes, Err(UploadError::OwnerLimit { limit }) if limit == 6 << 20));
    bench.begin("a", promise(2, 1)).unwrap();
    bench.begin("a", promise(3, 1)).unwrap();
    assert!(matches!(bench.begin("a", promise(4, 1)), Err(UploadError::OwnerLimit { limit: 3 })));
    bench.begin("b", promise(1, 4 << 20)).unwrap();
    assert!(matches!(bench.begin("c", promise(1, 1)), Err(UploadError::AllLimit)));
    // What was refused left nothing; what was begun stays begun.
    assert_eq!(bench.uploads.unfinished(), (4, 0));
    bench.restart();
    assert_eq!(bench.uploads.unfinished(), (4, 0));
    assert!(matches!(bench.begin("c", promise(1, 1)), Err(UploadError::AllLimit)));
}

#[test]
fn one_at_a_time_appends_and_only_where_the_last_one_ended() {
    let mut bench = Bench::new();
    let begun = bench.begin("a", promise(1, 100)).unwrap();
    let mut upload = bench.uploads.resume(begun.id, 0).unwrap();
    assert!(matches!(bench.uploads.resume(begun.id, 0), Err(UploadError::Busy)));
    upload.append(&[1; 40]).unwrap();
    drop(upload);
    for given in [0, 39, 41] {
        let refused = bench.uploads.resume(begun.id, given);
        assert!(matches!(refused, Err(UploadError::WrongOffset { offset: 40, .. })), "{given}");
    }
    assert!(bench.uploads.resume(begun.id, 40).is_ok());
    let stranger = UploadId::from_random([99; 16]);
    assert!(matches!(bench.uploads.resume(stranger, 0), Err(UploadError::Unknown)));
}

#[test]
fn upload_goes_on_where_it_was_after_a_restart() {
    let mut bench = Bench::new();
    let bytes = sample(3_000_001);
    let promised = promise_of(&bytes);
    let begun = bench.begin("a", promised).unwrap();
    let mut at = 0;
    for part in bytes.chunks(1_000_000) {
        let found = bench.begin("a", promised).unwrap();
        assert_eq!((found.id, found.offset), (begun.id, at), "the same upload is found again");
        let mut upload = bench.uploads.resume(found.id, at).unwrap();
        part.chunks(70_000).for_each(|piece| upload.append(piece).unwrap());
        at += part.len() as u64;
        drop(upload);
        bench.restart();
    }
    let upload = bench.uploads.resume(begun.id, at).unwrap();
    assert_eq!(upload.finish(&bench.store).unwrap(), promised);
    assert_eq!(bench.store.verify(&promised.id).unwrap(), promised.length);
    assert_eq!(bench.files(), 0);
}

#[test]
fn bytes_altered_between_restarts_are_found_out() {
    let mut bench = Bench::new();
    let bytes = sample(2_000);
    let begun = bench.begin("a", promise_of(&bytes)).unwrap();
    bench.uploads.resume(begun.id, 0).unwrap().append(&bytes[..1_000]).unwrap();
    let file = bench.uploads.folder.bytes(begun.id);
    std::fs::write(&file, [7; 1_000]).unwrap();
    bench.restart();
    let mut upload = bench.uploads.resume(begun.id, 1_000).unwrap();
    upload.append(&bytes[1_000..]).unwrap();
    assert!(matches!(upload.finish(&bench.store), Err(UploadError::WrongHash { .. })));
    assert_eq!(bench.store.list().unwrap(), []);
}

#[test]
fn idle_uploads_are_swept_and_others_are_not() {
    let mut bench = Bench::new();
    let idle = bench.begin("a", promise(1, 100)).unwrap();
    bench.uploads.resume(idle.id, 0).unwrap().append(&[1; 30]).unwrap();
    let held = bench.begin("a", promise(2, 100)).unwrap();
    let hold = bench.uploads.resume(held.id, 0).unwrap();
    let now = SystemTime::now();
    assert_eq!(bench.uploads.sweep(now, DAY).unwrap(), Swept::default());
    let tomorrow = now + DAY + Duration::from_secs(60);
    let swept = bench.uploads.sweep(tomorrow, DAY).unwrap();
    assert_eq!(swept, Swept { uploads: 1, bytes: 30 });
    assert!(matches!(bench.uploads.progress(idle.id), Err(UploadError::Unknown)));
    drop(hold);
    assert_eq!(bench.uploads.progress(held.id).unwrap().offset, 0);
}

#[test]
fn folder_with_rubbish_in_it_is_cleared() {
    let mut bench = Bench::new();
    let kept = bench.begin("a", promise(1, 100)).unwrap();
    let folder = bench.folder.path().join("uploads");
    let name = |n: u8, kind: &str| folder.join(format!("{}.{kind}", hex::encode([n; 16])));
    std::fs::write(folder.join(".tmp123"), b"{").unwrap();
    std::fs::write(name(7, "bytes"), b"nobody's").unwrap();
    std::fs::write(name(8, "promise"), b"{\"owner\":").unwrap();
    std::fs::write(name(8, "bytes"), b"x").unwrap();
    bench.restart();
    assert_eq!(bench.files(), 1);
    assert_eq!(bench.uploads.progress(kept.id).unwrap(), kept);
}

/// A store that can't be reached.
struct Unreachable;

impl crate::BlobStore for Unreachable {
    fn writer(&self) -> Result<Box<dyn crate::BlobWriter>, StoreError> {
        Err(StoreError::Io { action: "reach it", source: io::ErrorKind::ConnectionReset.into() })
    }

    fn open_range(
        &self,
        id: &BlobId,
        _: std::ops::Range<u64>,
    ) -> Result<crate::BlobPart, StoreError> {
        Err(StoreError::Missing { id: *id })
    }

    fn delete(&self, _: &BlobId) -> Result<(), StoreError> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        Ok(Vec::new())
    }
}

#[test]
fn finishing_can_be_tried_again_when_the_store_could_not_be_reached() {
    let mut bench = Bench::new();
    let bytes = sample(100);
    let begun = bench.begin("a", promise_of(&bytes)).unwrap();
    let mut upload = bench.uploads.resume(begun.id, 0).unwrap();
    upload.append(&bytes).unwrap();
    assert!(matches!(upload.finish(&Unreachable), Err(UploadError::Store(_))));
    let store = MemoryStore::new();
    bench.uploads.resume(begun.id, 100).unwrap().finish(&store).unwrap();
    assert_eq!(store.verify(&begun.promise.id).unwrap(), 100);
}

#[test]
fn disk_that_would_be_too_full_is_not_begun_on() {
    let folder = tempfile::tempdir().unwrap();
    // What is free changes meanwhile, by far less than this.
    let free = rustix::fs::statvfs(folder.path()).unwrap();
    let free = free.f_bavail * free.f_frsize;
    let slack = free / 2;
    let limits = UploadLimits {
        blob_bytes: u64::MAX,
        owner_bytes: u64::MAX,
        kept_bytes: u64::MAX,
        all_bytes: u64::MAX,
        reserve_bytes: slack,
        ..LIMITS
    };
    let uploads = Uploads::open_folder(folder.path(), limits).unwrap();
    let begin = |number, length| {
        let fresh = UploadId::from_random([number; 16]);
        uploads.begin(&known("a"), promise(number, length), fresh, SystemTime::now())
    };
    assert!(matches!(begin(1, free - slack / 2), Err(UploadError::NoRoom { .. })));
    begin(1, slack / 2).unwrap();
    begin(2, slack / 2 + slack / 4)
        .unwrap_or_else(|error| panic!("a promise takes no room: {error}"));
}

#[test]
fn announcements_alone_take_no_room_from_others() {
    let mut bench = Bench::new();
    for (number, owner) in (1..=4).zip(["a", "b", "c", "d"]) {
        // Together twice as much as all unfinished uploads may have.
        bench.begin(owner, promise(number, 4 << 20)).unwrap();
    }
    bench.restart();
    let usage = bench.uploads.usage();
    assert_eq!((usage.uploads, usage.bytes, usage.promised), (4, 0, 16 << 20));
    assert_eq!(usage.reserved, 0);
    let first = bench.uploads.progress(UploadId::from_random([1; 16])).unwrap();
    bench.append(first, 4 << 20).unwrap();
}

#[test]
fn what_came_keeps_as_much_again_for_the_rest() {
    let mut bench = Bench::new();
    let begun = bench.begin("a", promise(1, 1_000)).unwrap();
    for (bytes, reserved) in [(100, 100), (400, 500), (300, 200), (200, 0)] {
        bench.append(begun, bytes).unwrap();
        assert_eq!(bench.uploads.usage().reserved, reserved);
    }
}

#[test]
fn bytes_are_bounded_as_they_come_and_those_that_came_stay() {
    let mut bench = Bench::new();
    let (a, b) = (bench.begin("a", promise(1, 4 << 20)), bench.begin("b", promise(2, 4 << 20)));
    let (a, b) = (a.unwrap(), b.unwrap());
    let c = bench.begin("c", promise(3, 4 << 20)).unwrap();
    bench.append(a, 4 << 20).unwrap();
    bench.append(b, 3 << 20).unwrap();
    assert!(matches!(bench.append(c, 2 << 20), Err(UploadError::AllLimit)));
    assert_eq!(bench.uploads.progress(c.id).unwrap().offset, 0);
    bench.append(b, 1 << 20).unwrap();
    bench.uploads.discard(a.id).unwrap();
    bench.append(c, 2 << 20).unwrap();
}

#[test]
fn strangers_share_a_small_part_and_take_nothing_from_known_owners() {
    let mut bench = Bench::new();
    let now = SystemTime::now();
    let begun = bench.begin_at(&stranger("x"), promise(1, 700 << 10), now).unwrap();
    let other = bench.begin_at(&stranger("y"), promise(2, 700 << 10), now).unwrap();
    let third = bench.begin_at(&stranger("z"), promise(3, 1), now);
    assert!(matches!(third, Err(UploadError::StrangersLimit { limit: 2 })), "no place");
    bench.append(begun, 700 << 10).unwrap();
    let more = bench.append(other, 700 << 10);
    assert!(matches!(more, Err(UploadError::StrangersLimit { limit }) if limit == 1 << 20));
    bench.restart();
    assert_eq!(bench.uploads.usage().stranger_bytes, 700 << 10);
    for number in 4..8 {
        bench.begin(&format!("k{number}"), promise(number, 1 << 20)).unwrap();
    }
    let held = bench.begin("k9", promise(9, 1));
    assert!(matches!(held, Err(UploadError::AllLimit)), "the places of known owners");
}

#[test]
fn what_a_stranger_left_counts_until_the_stranger_is_known_or_it_is_gone() {
    let mut bench = Bench::new();
    let bytes = sample(600 << 10);
    let promised = promise_of(&bytes);
    let now = SystemTime::now();
    let begun = bench.begin_at(&stranger("x"), promised, now).unwrap();
    let mut upload = bench.uploads.resume(begun.id, 0).unwrap();
    upload.append(&bytes).unwrap();
    upload.finish(&bench.store).unwrap();
    bench.restart();
    assert_eq!(bench.uploads.of_strangers().unwrap(), [promised.id]);
    let more = bench.begin_at(&stranger("y"), promise(2, 600 << 10), now);
    assert!(matches!(more, Err(UploadError::StrangersLimit { .. })));
    bench.uploads.settle(&promised.id).unwrap();
    assert_eq!(bench.uploads.of_strangers().unwrap(), []);
    bench.begin_at(&stranger("y"), promise(2, 600 << 10), now).unwrap();
    assert_eq!(bench.uploads.uploader(&promised.id).unwrap().as_deref(), Some("x"));
}

#[test]
fn uploads_that_hardly_advance_make_way_and_others_do_not() {
    let mut bench = Bench::new();
    let now = SystemTime::now();
    let empty = bench.begin_at(&stranger("x"), promise(1, 900 << 10), now).unwrap();
    let quick = bench.begin_at(&stranger("y"), promise(2, 900 << 10), now).unwrap();
    bench.append(quick, 800 << 10).unwrap();
    let soon = now + Duration::from_secs(10);
    let early = bench.begin_at(&stranger("z"), promise(3, 1), soon);
    assert!(matches!(early, Err(UploadError::StrangersLimit { .. })), "they have a while");
    let later = now + Duration::from_secs(40);
    bench.begin_at(&stranger("z"), promise(3, 1), later).unwrap();
    assert!(matches!(bench.uploads.progress(empty.id), Err(UploadError::Unknown)));
    assert_eq!(bench.uploads.progress(quick.id).unwrap().offset, 800 << 10);
    let again = bench.begin_at(&stranger("w"), promise(4, 1), later);
    assert!(matches!(again, Err(UploadError::StrangersLimit { .. })), "nobody is slow now");
    // An hour later the one that was quick is slow, and its bytes make way as well.
    let hour = now + Duration::from_secs(3_600);
    bench.begin_at(&stranger("w"), promise(4, 900 << 10), hour).unwrap();
    assert!(matches!(bench.uploads.progress(quick.id), Err(UploadError::Unknown)));
}

#[test]
fn what_was_kept_counts_for_its_uploader_until_it_is_forgotten() {
    let mut bench = Bench::new();
    let bytes = sample(3 << 20);
    let promised = promise_of(&bytes);
    let begun = bench.begin("a", promised).unwrap();
    let mut upload = bench.uploads.resume(begun.id, 0).unwrap();
    upload.append(&bytes).unwrap();
    upload.finish(&bench.store).unwrap();
    bench.restart();
    assert_eq!(bench.uploads.uploader(&promised.id).unwrap().as_deref(), Some("a"));
    bench.begin("a", promise(1, 3 << 20)).unwrap();
    let more = bench.begin("a", promise(2, (1 << 20) + 1));
    assert!(matches!(more, Err(UploadError::KeptLimit { limit }) if limit == 7 << 20));
    bench.store.delete(&promised.id).unwrap();
    bench.uploads.forget(&promised.id).unwrap();
    assert_eq!(bench.uploads.uploader(&promised.id).unwrap(), None);
    bench.begin("a", promise(2, (1 << 20) + 1)).unwrap();
}

#[test]
fn blob_stays_with_whom_it_came_from_first() {
    let mut bench = Bench::new();
    let bytes = sample(100);
    let promised = promise_of(&bytes);
    for owner in ["a", "b"] {
        let begun = bench.begin(owner, promised).unwrap();
        let mut upload = bench.uploads.resume(begun.id, 0).unwrap();
        upload.append(&bytes).unwrap();
        upload.finish(&bench.store).unwrap();
        assert_eq!(bench.uploads.uploader(&promised.id).unwrap().as_deref(), Some("a"));
    }
    bench.store.delete(&promised.id).unwrap();
    bench.uploads.forget(&promised.id).unwrap();
    let begun = bench.begin("b", promised).unwrap();
    let mut upload = bench.uploads.resume(begun.id, 0).unwrap();
    upload.append(&bytes).unwrap();
    upload.finish(&bench.store).unwrap();
    assert_eq!(bench.uploads.uploader(&promised.id).unwrap().as_deref(), Some("b"));
}

#[test]
fn id_of_an_upload_is_not_shown_whole_in_logs() {
    let id = UploadId::from_random([0xAB; 16]);
    assert_eq!(format!("{id:?}"), "UploadId(abababab..)");
    assert_eq!(id.to_string().parse(), Ok(id));
    assert!("abab".parse::<UploadId>().is_err());
}

/// Mounting takes rights that not every machine gives; a line says so where this can't run.
#[cfg(target_os = "linux")]
#[test]
fn disk_that_gets_full_meanwhile_keeps_what_came_and_goes_on_later() {
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
        .arg(folder.path())
        .output();
    if !mount.is_ok_and(|output| output.status.success()) {
        println!("skipped: a small disk cannot be mounted here");
        return;
    }
    let filled = {
        let store = FileStore::open_folder(folder.path()).unwrap();
        let limits = UploadLimits {
            blob_bytes: 1 << 30,
            owner_bytes: 1 << 30,
            all_bytes: 1 << 30,
            ..LIMITS
        };
        let limits = UploadLimits { kept_bytes: 1 << 30, ..limits };
        let uploads = Uploads::open_folder(&folder.path().join("uploads"), limits).unwrap();
        let begin = |promise, number| {
            let fresh = UploadId::from_random([number; 16]);
            uploads.begin(&known("a"), promise, fresh, SystemTime::now())
        };
        let too_much = begin(promise(1, 8 << 20), 1);
        let announced = matches!(too_much, Err(UploadError::NoRoom { .. }));
        // Somebody else takes the room after the announcement, and gives it back.
        let bytes = sample(3 << 20);
        let begun = begin(promise_of(&bytes), 2).unwrap();
        let other = folder.path().join("other");
        std::fs::write(&other, vec![0; 2 << 20]).unwrap();
        let mut upload = uploads.resume(begun.id, 0).unwrap();
        let failed = bytes.chunks(100_000).find_map(|part| upload.append(part).err());
        drop(upload);
        let is_full = matches!(failed, Some(UploadError::NoRoom { .. }));
        let at = uploads.progress(begun.id).unwrap().offset;
        std::fs::remove_file(&other).unwrap();
        let mut upload = uploads.resume(begun.id, at).unwrap();
        upload.append(&bytes[usize::try_from(at).unwrap()..]).unwrap();
        let is_kept = upload.finish(&store).is_ok();
        let left = std::fs::read_dir(folder.path().join("uploads")).unwrap().count();
        // The folder of notes on who brought what is all that is left.
        (announced, is_full && at > 0, is_kept, left)
    };
    let unmounted = Command::new("umount").arg("--lazy").arg(folder.path()).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    assert_eq!(filled, (true, true, true, 1));
}
