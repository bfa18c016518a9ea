//! Releases from a web server: digests, the cache, and errors that say what was answered.

use bosh_release::Source;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const ABC: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";

/// A server that gives these answers in turn, and counts.
fn serve(answers: &[&str]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answers: Vec<String> = answers.iter().map(|it| (*it).to_owned()).collect();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            counted.fetch_add(1, Ordering::SeqCst);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (format!("http://me:hush@{address}/r.tgz?v=1"), count)
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn fetch(url: &str, cache: &Path) -> Result<(Vec<u8>, bool), String> {
    let source = Source::parse(url, ABC).unwrap();
    let fetched = source.fetch(cache, &mut |_, _| {}).map_err(|error| error.to_string())?;
    Ok((std::fs::read(fetched.path).unwrap(), fetched.found))
}

/// The second time nothing is sent; the name in the cache is the CLI's.
#[test]
fn a_download_is_cached() {
    let cache = tempfile::tempdir().unwrap();
    let (url, count) = serve(&[&ok("abc")]);
    assert_eq!(fetch(&url, cache.path()).unwrap(), (b"abc".to_vec(), false));
    assert_eq!(fetch(&url, cache.path()).unwrap(), (b"abc".to_vec(), true));
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let names: Vec<_> = std::fs::read_dir(cache.path()).unwrap().collect();
    let name = names[0].as_ref().unwrap().file_name().into_string().unwrap();
    assert!(names.len() == 1 && name.ends_with(&format!("-{ABC}")) && name.len() == 81, "{name}");
}

/// A file in the cache that is not what was promised is fetched again.
#[test]
fn a_broken_file_in_the_cache_is_replaced() {
    let cache = tempfile::tempdir().unwrap();
    let (url, _) = serve(&[&ok("abc"), &ok("abc")]);
    fetch(&url, cache.path()).unwrap();
    let name = std::fs::read_dir(cache.path()).unwrap().next().unwrap().unwrap().path();
    std::fs::write(name, "ab").unwrap();
    assert_eq!(fetch(&url, cache.path()).unwrap(), (b"abc".to_vec(), false));
}

/// A page that says 404 is not taken for a release, a short answer is tried again, and a password
/// is in no error.
#[test]
fn errors_say_what_the_server_did() {
    let cache = tempfile::tempdir().unwrap();
    let missing = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let short = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\na";
    let (url, count) = serve(&[missing]);
    let error = fetch(&url, cache.path()).unwrap_err();
    assert!(error.contains("404 Not Found") && !error.contains("hush"), "{error}");
    assert_eq!(count.load(Ordering::SeqCst), 1, "404 does not heal");
    let (url, _) = serve(&[short, &ok("abc")]);
    assert_eq!(fetch(&url, cache.path()).unwrap().0, b"abc");
    let (url, _) = serve(&[&ok("other")]);
    let error = fetch(&url, cache.path()).unwrap_err();
    assert!(error.contains(ABC) && error.contains("/r.tgz?v=1"), "{error}");
    let files = std::fs::read_dir(cache.path()).unwrap().count();
    assert_eq!(files, 1, "nothing half is left");
}

#[test]
fn other_sources_are_refused() {
    let error = Source::parse("ftp://x/r.tgz", "").unwrap_err().to_string();
    assert!(error.contains("file://"), "{error}");
    assert!(Source::parse("https://x/r.tgz", "").is_err());
    let cache = tempfile::tempdir().unwrap();
    let gone = Source::parse("file:///nowhere/r.tgz", "").unwrap();
    let error = gone.fetch(cache.path(), &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/r.tgz"), "{error}");
}
