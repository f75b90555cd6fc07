//! A service that answers as told, and a real imitation of one.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stderr, clippy::indexing_slicing)]

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use leftoff_roam::store::Store;
use leftoff_roam_s3::{Addressing, Credentials, S3Store};

const CANARY: &str = "canary-in-a-coal-mine";

fn store_at(endpoint: &str, bucket: &str) -> S3Store {
    S3Store::new(endpoint, "us-east-1", bucket.to_owned(), Addressing::Path, Credentials::new(CANARY, CANARY)).unwrap()
}

/// Answers one request after the other with these bytes, each on a connection of its own, and reports the requests.
fn service(answers: Vec<Vec<u8>>) -> (S3Store, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let store = store_at(&format!("http://{}", listener.local_addr().unwrap()), "box");
    let (say, hear) = channel();
    thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            let _ = say.send(request(&stream));
            let _ = (&stream).write_all(&answer);
        }
    });
    (store, hear)
}

/// Reads one request, and returns its first line.
fn request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    reader.take(length).read_to_end(&mut Vec::new()).unwrap();
    first
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len()).into()
}

fn refusal(status: &str, code: &str) -> Vec<u8> {
    answer(status, "", &format!("<Error><Code>{code}</Code><Key>{CANARY}</Key></Error>"))
}

fn kind<T: std::fmt::Debug>(outcome: io::Result<T>) -> ErrorKind {
    let error = outcome.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(CANARY) && !shown.contains("127.0.0.1") && !shown.contains("box"), "{shown}");
    error.kind()
}

#[test]
fn refused_request_says_why_and_names_nothing() {
    let answers = vec![
        refusal("404 Not Found", "NoSuchKey"),
        refusal("404 Not Found", "NoSuchBucket"),
        refusal("403 Forbidden", "AccessDenied"),
        refusal("409 Conflict", "OperationAborted"),
        refusal("429 Too Many Requests", "SlowDown"),
        refusal("503 Slow Down", "SlowDown"),
        answer("301 Moved Permanently", "location: http://example.com/canary\r\n", ""),
        b"nonsense\r\n\r\n".to_vec(),
    ];
    let count = answers.len();
    let (store, _) = service(answers);
    let kinds: Vec<_> = (0..count).map(|_| kind(store.get("v1/a"))).collect();
    use ErrorKind::{NotConnected, NotFound, Other, PermissionDenied, ResourceBusy};
    assert_eq!(kinds[..7], [NotFound, NotConnected, PermissionDenied, ResourceBusy, ResourceBusy, ResourceBusy, Other]);
    assert_ne!(kinds[7], NotFound);
}

#[test]
fn listing_and_put_never_report_a_missing_object() {
    let (store, _) = service(vec![refusal("404 Not Found", "NoSuchKey"), refusal("404 Not Found", "NoSuchKey")]);
    assert_eq!(kind(store.list("v1/")), ErrorKind::NotConnected);
    assert_eq!(kind(store.put("v1/a", b"")), ErrorKind::NotConnected);
}

#[test]
fn deleting_what_is_not_there_succeeds_and_a_refused_deletion_does_not() {
    let (store, _) = service(vec![refusal("404 Not Found", "NoSuchKey"), refusal("403 Forbidden", "AccessDenied")]);
    store.delete("v1/a").unwrap();
    assert_eq!(kind(store.delete("v1/a")), ErrorKind::PermissionDenied);
}

#[test]
fn answer_that_ends_early_is_an_error_and_no_object() {
    let mut cut = answer("200 OK", "", "all of it");
    cut.truncate(cut.len() - 3);
    let (store, _) = service(vec![cut]);
    assert_ne!(kind(store.get("v1/a")), ErrorKind::NotFound);
}

#[test]
fn request_that_is_refused_for_its_time_is_signed_again_with_the_time_of_the_service() {
    let skewed = |date: &str| {
        let body = "<Error><Code>RequestTimeTooSkewed</Code></Error>";
        answer("403 Forbidden", &format!("date: {date}\r\n"), body)
    };
    let there = "Tue, 01 Jan 2030 12:00:00 GMT";
    let (store, requests) = service(vec![skewed(there), answer("200 OK", "", "draft"), skewed(there), skewed(there)]);
    assert_eq!(store.date(), None);
    assert_eq!(store.get("v1/a").unwrap(), b"draft");
    let (first, second) = (requests.recv().unwrap(), requests.recv().unwrap());
    assert!(!first.contains("X-Amz-Date=20300101T12"), "{first}");
    assert!(second.contains("X-Amz-Date=20300101T12"), "{second}");
    let date = store.date().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!((1_893_499_200..1_893_499_260).contains(&date), "{date}");
    // Once more, and no more often.
    assert_eq!(kind(store.get("v1/a")), ErrorKind::PermissionDenied);
}

fn listing(names: &[&str], next: Option<&str>) -> Vec<u8> {
    let contents: String = names.iter().map(|name| format!("<Contents><Key>{name}</Key></Contents>")).collect();
    let next = next.map_or_else(
        || "<IsTruncated>false</IsTruncated>".to_owned(),
        |token| format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>"),
    );
    let space = "http://s3.amazonaws.com/doc/2006-03-01/";
    answer("200 OK", "", &format!("<ListBucketResult xmlns=\"{space}\">{contents}{next}</ListBucketResult>"))
}

#[test]
fn listing_of_several_pages_is_whole_or_an_error() {
    let (store, requests) = service(vec![listing(&["v1/a"], Some("t")), listing(&["v1/b"], None)]);
    assert_eq!(store.list("v1/").unwrap(), ["v1/a", "v1/b"]);
    assert!(!requests.recv().unwrap().contains("continuation-token"));
    assert!(requests.recv().unwrap().contains("continuation-token=t"));

    let (store, _) = service(vec![listing(&["v1/a"], Some("t")), refusal("503 Slow Down", "SlowDown")]);
    assert_eq!(kind(store.list("v1/")), ErrorKind::ResourceBusy);
    let (store, _) = service(vec![listing(&["v1/a"], Some("t")), listing(&["v1/a"], Some("t"))]);
    assert_eq!(kind(store.list("v1/")), ErrorKind::InvalidData);
    let (store, _) = service(vec![answer("200 OK", "", "<html>log in to the hotel's network</html>")]);
    assert_eq!(kind(store.list("v1/")), ErrorKind::InvalidData);
}

#[test]
fn service_that_is_not_there_is_an_error_of_the_store() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let store = store_at(&format!("http://127.0.0.1:{port}"), "box");
    assert_eq!(kind(store.get("v1/a")), ErrorKind::ConnectionRefused);
}

#[test]
fn debug_of_store_and_credentials_shows_no_key_and_no_address() {
    let store = store_at("https://127.0.0.1", "box");
    let shown = format!("{store:?} {:?}", Credentials::temporary(CANARY, CANARY, CANARY));
    assert!(!shown.contains(CANARY) && !shown.contains("127.0.0.1"), "{shown}");
}

#[test]
fn endpoint_that_is_no_address_is_refused() {
    for endpoint in ["", "bucket", "ftp://127.0.0.1", "data:,x"] {
        let made = S3Store::new(endpoint, "auto", "box", Addressing::Path, Credentials::new("a", "b"));
        assert_eq!(made.unwrap_err().kind(), ErrorKind::InvalidInput, "{endpoint}");
    }
    let made = S3Store::new("https://127.0.0.1", "auto", "box", Addressing::Host, Credentials::new("a", "b"));
    assert_eq!(made.unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// `.ci/run roam-s3` starts moto for it.
#[test]
fn bucket_of_the_service_at_leftoff_s3_passes_the_conformance_kit() {
    let Ok(endpoint) = std::env::var("LEFTOFF_S3") else {
        eprintln!("LEFTOFF_S3 names no service: not tried");
        return;
    };
    let number = AtomicU32::new(0);
    let make = || {
        let bucket = format!("box-{}-{}", std::process::id(), number.fetch_add(1, Ordering::Relaxed));
        create(&endpoint, &bucket);
        Kept { store: store_at(&endpoint, &bucket), bucket }
    };
    let reopen = |kept: Kept| Kept { store: store_at(&endpoint, &kept.bucket), bucket: kept.bucket };
    leftoff_roam::testing::conformance(make, reopen);
}

/// Makes a bucket, which `S3Store` never does.
fn create(endpoint: &str, bucket: &str) {
    let address = endpoint.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "PUT /{bucket} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut said = String::new();
    BufReader::new(stream).read_line(&mut said).unwrap();
    assert!(said.contains(" 200 "), "{said}");
}

#[derive(Debug)]
struct Kept {
    store: S3Store,
    bucket: String,
}

impl Store for Kept {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.store.put(name, bytes)
    }
    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        self.store.get(name)
    }
    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        self.store.list(prefix)
    }
    fn delete(&self, name: &str) -> io::Result<()> {
        self.store.delete(name)
    }
}
