//! Ciphertext on its way out.

use mrms_store::BlobStore as _;

use super::support::{Served, id_of, put, sample};

#[test]
fn what_is_not_there_is_not_found() {
    let served = Served::new();
    let absent = id_of(b"absent");
    let upper = absent.to_string().to_uppercase();
    for name in [absent.to_string(), upper, "..".to_owned(), "abc".to_owned()] {
        let path = format!("/v1/blobs/{name}");
        let answer = served.get(&path);
        assert_eq!(answer.status, 404, "{name}");
        assert_eq!(served.connect().request("HEAD", &path, &[], b"").status, 404, "{name}");
    }
    // A path out of the store is a path to nowhere.
    assert_eq!(served.get("/v1/blobs/../../etc/passwd").status, 404);
    assert_eq!(served.get("/v1/blobs/%2e%2e%2fuploads").status, 404);
}

#[test]
fn parts_whole_and_nothing_are_told_apart() {
    let served = Served::new();
    let bytes = sample(1, 1_000_000);
    let id = put(&served.store, &bytes);
    let path = format!("/v1/blobs/{id}");
    let tag = format!("\"{id}\"");
    let whole = served.get(&path);
    assert_eq!((whole.status, whole.body == bytes), (200, true));
    assert_eq!(whole.header("etag"), Some(tag.as_str()));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let ask = |headers: &[(&str, &str)]| served.connect().request("GET", &path, headers, b"");
    for (range, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=5-", 5, 999_999),
        ("bytes=-7", 999_993, 999_999),
        ("bytes=400000-400999", 400_000, 400_999),
        ("bytes=999999-2000000", 999_999, 999_999),
    ] {
        let answer = ask(&[("Range", range)]);
        assert_eq!(answer.status, 206, "{range}");
        assert!(answer.body == bytes[first..=last], "{range}");
        let told = format!("bytes {first}-{last}/1000000");
        assert_eq!(answer.header("content-range"), Some(told.as_str()));
    }
    let beyond = ask(&[("Range", "bytes=1000000-")]);
    assert_eq!((beyond.status, beyond.code().as_str()), (416, "no-such-part"));
    assert_eq!(beyond.header("content-range"), Some("bytes */1000000"));
    assert_eq!(ask(&[("Range", "bytes=0-1,5-6")]).status, 200);
    // A part is given only of the bytes that the client has seen before.
    assert_eq!(ask(&[("Range", "bytes=5-9"), ("If-Range", &tag)]).status, 206);
    assert_eq!(ask(&[("Range", "bytes=5-9"), ("If-Range", "\"another\"")]).status, 200);
    assert_eq!(ask(&[("If-None-Match", &tag)]).status, 304);
    assert_eq!(ask(&[("If-None-Match", "\"another\"")]).status, 200);
}

#[test]
fn head_tells_the_length_without_the_bytes() {
    let served = Served::new();
    let id = put(&served.store, &sample(2, 12_345));
    let mut connection = served.connect();
    let path = format!("/v1/blobs/{id}");
    for _ in 0..2 {
        let answer = connection.request("HEAD", &path, &[], b"");
        assert_eq!((answer.status, answer.header("content-length")), (200, Some("12345")));
    }
    let empty = put(&served.store, b"");
    let answer = connection.request("GET", &format!("/v1/blobs/{empty}"), &[], b"");
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    served.store.delete(&id).unwrap();
    assert_eq!(connection.request("HEAD", &path, &[], b"").status, 404);
}
