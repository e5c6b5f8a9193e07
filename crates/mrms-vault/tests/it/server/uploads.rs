//! Ciphertext on its way in: refused, broken off, resumed, kept.

use std::time::Duration;

use mrms_store::{BlobStore as _, UploadLimits};
use mrms_vault::protocol::Signed;

use super::http::Answer;
use super::support::{Account, CHAIN, LIMITS, Served, eventually, id_of, put, sample};

fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
}

#[test]
fn announcement_for_others_or_of_another_time_is_refused() {
    let served = Served::new();
    let account = Account::new(1);
    let good = account.announce(b"ciphertext");
    let resign = |change: &dyn Fn(&mut Signed<_>)| {
        let mut signed = good.clone();
        change(&mut signed);
        let Signed { message, header, signer, .. } = signed;
        Signed::sign(message, header, CHAIN, signer, &account.key).unwrap()
    };
    let other_vault = resign(&|signed| signed.header.vault = account.principal);
    assert_refused(&served.post("/v1/uploads", &other_vault), 400, "wrong-vault");
    let other_contract = format!("{}.another", account.principal).parse().unwrap();
    let other_contract =
        resign(&|signed| signed.header.contract = std::clone::Clone::clone(&other_contract));
    assert_refused(&served.post("/v1/uploads", &other_contract), 400, "wrong-contract");
    for seconds in [-301_i64, 302] {
        let off =
            resign(&|signed| signed.header.time = signed.header.time.wrapping_add_signed(seconds));
        assert_refused(&served.post("/v1/uploads", &off), 400, "clock");
    }
    let mut altered = good.clone();
    altered.message.length += 1;
    assert_refused(&served.post("/v1/uploads", &altered), 401, "bad-signature");
    let mut of_another = good.clone();
    of_another.signer = Account::new(2).principal;
    assert_refused(&served.post("/v1/uploads", &of_another), 401, "bad-signature");
    let answer = served.connect().request("POST", "/v1/uploads", &[], b"{}");
    assert_refused(&answer, 400, "malformed");
    assert_eq!(served.uploads.unfinished(), (0, 0));
}

#[test]
fn blob_or_owner_beyond_the_limits_is_refused() {
    let limits = UploadLimits { blob_bytes: 1_000, owner_uploads: 2, kept_bytes: 1_500, ..LIMITS };
    let served = Served::with(|_| {}, limits);
    let (account, other) = (Account::new(1), Account::new(2));
    let too_large = account.announce(&[0; 1_001]);
    assert_refused(&served.post("/v1/uploads", &too_large), 413, "blob-too-large");
    served.begin(&account, &[1; 10]);
    served.begin(&account, &[2; 10]);
    assert_refused(
        &served.post("/v1/uploads", &account.announce(&[3; 10])),
        429,
        "too-many-uploads",
    );
    let upload = served.begin(&other, &[4; 1_000]);
    assert_eq!(served.patch(&upload, 0, &[4; 1_000]).status, 201);
    assert_refused(&served.post("/v1/uploads", &other.announce(&[5; 501])), 403, "quota-exceeded");
    served.begin(&other, &[5; 500]);
}

#[test]
fn unknown_upload_is_refused_whatever_is_sent_to_it() {
    let served = Served::new();
    for id in ["00112233445566778899aabbccddeeff", "xyz", ".."] {
        let path = format!("/v1/uploads/{id}");
        assert_refused(&served.patch(&path, 0, b"bytes"), 404, "no-such-upload");
        assert_eq!(served.connect().request("HEAD", &path, &[], b"").status, 404);
        assert_refused(&served.connect().request("DELETE", &path, &[], b""), 404, "no-such-upload");
    }
}

#[test]
fn bytes_of_another_hash_are_refused_and_nothing_of_them_is_kept() {
    let served = Served::new();
    let bytes = sample(1, 100_000);
    let upload = served.begin(&Account::new(1), &bytes);
    let mut wrong = bytes.clone();
    wrong[99_999] ^= 1;
    assert_refused(&served.patch(&upload, 0, &wrong), 422, "wrong-hash");
    assert_refused(&served.patch(&upload, 0, &bytes), 404, "no-such-upload");
    assert_eq!(served.store.list().unwrap(), []);
    assert_eq!(served.uploads.unfinished(), (0, 0));
}

#[test]
fn bytes_at_the_wrong_place_or_too_many_are_refused() {
    let served = Served::new();
    let bytes = sample(2, 1_000);
    let upload = served.begin(&Account::new(1), &bytes);
    let answer = served.patch(&upload, 0, &bytes[..400]);
    assert_eq!((answer.status, answer.header("upload-offset")), (204, Some("400")));
    for at in [0, 399, 401] {
        let answer = served.patch(&upload, at, &bytes[400..]);
        assert_refused(&answer, 409, "wrong-offset");
        assert_eq!(answer.header("upload-offset"), Some("400"));
    }
    let answer = served.connect().request("PATCH", &upload, &[], &bytes[400..]);
    assert_refused(&answer, 400, "bad-request");
    assert_refused(&served.patch(&upload, 400, &[0; 601]), 413, "longer-than-promised");
    assert_eq!(served.offset(&upload), 400);
    assert_eq!(served.patch(&upload, 400, &bytes[400..]).status, 201);
}

#[test]
fn upload_in_parts_is_kept_and_served() {
    let served = Served::new();
    let bytes = sample(3, 700_001);
    let account = Account::new(1);
    let upload = served.begin(&account, &bytes);
    let mut at = 0;
    for part in bytes.chunks(300_000) {
        let answer = served.patch(&upload, at, part);
        at += part.len();
        assert_eq!(answer.status, if at == bytes.len() { 201 } else { 204 }, "{}", answer.text());
    }
    let id = id_of(&bytes);
    assert_eq!(served.store.verify(&id).unwrap(), 700_001);
    assert_eq!(served.get(&format!("/v1/blobs/{id}")).body, bytes);
    let uploader = served.uploads.uploader(&id).unwrap();
    assert_eq!(uploader, Some(account.principal.to_string()));
}

#[test]
fn empty_blob_is_kept_at_once() {
    let served = Served::new();
    let answer = served.post("/v1/uploads", &Account::new(1).announce(b""));
    assert_eq!(answer.status, 201);
    assert!(answer.json()["upload"].is_null());
    assert_eq!(served.store.verify(&id_of(b"")).unwrap(), 0);
}

#[test]
fn what_is_here_is_not_sent_again() {
    let served = Served::new();
    let bytes = sample(4, 5_000);
    put(&served.store, &bytes);
    let answer = served.post("/v1/uploads", &Account::new(1).announce(&bytes));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["offset"], 5_000);
    assert!(answer.json()["upload"].is_null());
    // Nobody else's ciphertext becomes one's own by announcing it.
    assert_eq!(served.uploads.uploader(&id_of(&bytes)).unwrap(), None);
}

#[test]
fn broken_connection_leaves_what_it_brought() {
    let served = Served::new();
    let bytes = sample(5, 2_000_000);
    let account = Account::new(1);
    let upload = served.begin(&account, &bytes);
    let mut connection = served.connect();
    connection.begin("PATCH", &upload, &[("Upload-Offset", "0")], bytes.len());
    connection.send(&bytes[..1_234_567]);
    eventually("the bytes arrive", || served.offset(&upload) == 1_234_567);
    drop(connection);
    // The same announcement finds the same upload again.
    assert_eq!(served.begin(&account, &bytes), upload);
    let answer = served.patch(&upload, 1_234_567, &bytes[1_234_567..]);
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(served.store.verify(&id_of(&bytes)).unwrap(), 2_000_000);
}

#[test]
fn request_that_hangs_is_taken_over_by_the_next_one() {
    let served = Served::new();
    let bytes = sample(6, 100_000);
    let upload = served.begin(&Account::new(1), &bytes);
    let mut hanging = served.connect();
    hanging.begin("PATCH", &upload, &[("Upload-Offset", "0")], bytes.len());
    hanging.send(&bytes[..60_000]);
    eventually("the bytes arrive", || served.offset(&upload) == 60_000);
    let answer = served.patch(&upload, 60_000, &bytes[60_000..]);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let told = hanging.try_answer("PATCH");
    assert!(told.is_none_or(|answer| answer.status == 204 || answer.status == 409));
    assert_eq!(served.store.verify(&id_of(&bytes)).unwrap(), 100_000);
}

#[test]
fn upload_can_be_given_up() {
    let served = Served::new();
    let upload = served.begin(&Account::new(1), &sample(7, 100));
    served.patch(&upload, 0, &[1; 50]);
    assert_eq!(served.connect().request("DELETE", &upload, &[], b"").status, 204);
    assert_eq!(served.connect().request("HEAD", &upload, &[], b"").status, 404);
    assert_eq!(served.uploads.unfinished(), (0, 0));
}

#[test]
fn stopped_server_goes_on_with_an_upload_after_its_restart() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = sample(8, 3_000_000);
    let account = Account::new(1);
    let mut served = Served::on(
        folder.path(),
        |settings| {
            settings.grace = Duration::from_millis(100);
        },
        LIMITS,
        Vec::new(),
    );
    let upload = served.begin(&account, &bytes);
    let mut connection = served.connect();
    connection.begin("PATCH", &upload, &[("Upload-Offset", "0")], bytes.len());
    connection.send(&bytes[..2_000_000]);
    eventually("the bytes arrive", || served.offset(&upload) == 2_000_000);
    served.stop();
    drop(served);
    let served = Served::on(folder.path(), |_| {}, LIMITS, Vec::new());
    assert_eq!(served.begin(&account, &bytes), upload);
    assert_eq!(served.offset(&upload), 2_000_000);
    assert_eq!(served.patch(&upload, 2_000_000, &bytes[2_000_000..]).status, 201);
    assert_eq!(served.store.verify(&id_of(&bytes)).unwrap(), 3_000_000);
}
