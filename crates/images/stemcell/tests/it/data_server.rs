//! The script that keeps the virtual router's address in a VM: run as it is, with the paths of a
//! folder of the test's own instead of the system's, and a router on the loopback address.

use crate::common::{missing, scratch, text};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const SCRIPT: &str = include_str!("../../assets/cloudstack-data-server.sh");
const VM: &str = "0b4e2c1e-7d24-4f0e-9a6a-2f63c9d4a111";

/// Something that answers every request on port 80 of 127.0.0.1, so to speak; its port.
fn answers(body: &'static str) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("bound");
    let port = listener.local_addr().expect("address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 1024];
            let asked = stream.read(&mut request).unwrap_or_default();
            let known = request[..asked].starts_with(b"GET /latest/meta-data/instance-id ");
            let status = if known { "200 OK" } else { "404 Not Found" };
            let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n{body}");
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    port
}

/// The script at work; ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(folder: &Path, port: u16) -> Running {
    fs::write(folder.join("uuid"), format!("{}\n", VM.to_uppercase())).expect("uuid");
    // The default route, by 127.0.0.1, as the kernel writes it.
    let route = "Iface\tDestination\tGateway \tFlags\neth0\t00000000\t0100007F\t0003\t0\n";
    fs::write(folder.join("route"), route).expect("route");
    let at = |name: &str| text(&folder.join(name)).to_owned();
    let script = SCRIPT
        .replace("/etc/hosts", &at("hosts"))
        .replace("/var/vcap/bosh/data-server", &at("saved"))
        .replace("/sys/class/dmi/id/product_uuid", &at("uuid"))
        .replace("/proc/net/route", &at("route"))
        .replace("/run/systemd/netif/leases", &at("leases"))
        .replace("/var/lib/dhcp", &at("dhcp"))
        .replace("/dev/tcp/$0/80", &format!("/dev/tcp/$0/{port}"));
    let path = folder.join("script");
    fs::write(&path, script).expect("script");
    Running(Command::new("bash").arg(&path).spawn().expect("bash"))
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The address is found by the gateway, put back when the file is overwritten, and what an image
/// of another VM has brought along is removed.
#[test]
fn the_router_stays_known() {
    if missing(&["bash", "timeout", "getent"]) {
        return;
    }
    let folder = scratch();
    let hosts = folder.path().join("hosts");
    let foreign = "192.0.2.7 data-server # BOSH CPI, VM 11111111-2222-3333-4444-555555555555\n";
    fs::write(&hosts, format!("127.0.0.1 localhost\n{foreign}")).expect("hosts");
    let script = start(folder.path(), answers(VM));
    let read = || fs::read_to_string(&hosts).expect("hosts");
    let line = format!("127.0.0.1 data-server # BOSH CPI, VM {VM}\n");
    until("the address is found", || read().contains(&line));
    assert_eq!(read(), format!("127.0.0.1 localhost\n{line}"));
    let saved = fs::read_to_string(folder.path().join("saved")).expect("saved");
    assert_eq!(saved, format!("{VM} 127.0.0.1\n"));

    // As the agent writes the director's DNS records: another file is renamed over it.
    let other = folder.path().join("other");
    fs::write(&other, "127.0.0.1 localhost\n10.0.0.1 web-0.bosh\n").expect("other");
    fs::rename(&other, &hosts).expect("renamed");
    until("the address is put back", || read().contains(&line));
    assert_eq!(read(), format!("127.0.0.1 localhost\n10.0.0.1 web-0.bosh\n{line}"));
    drop(script);
}

/// A gateway that is no virtual router, but answers everything with a page, is not taken for one.
#[test]
fn a_page_is_not_a_router() {
    if missing(&["bash", "timeout", "getent"]) {
        return;
    }
    let folder = scratch();
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, "127.0.0.1 localhost\n").expect("hosts");
    let script = start(folder.path(), answers("<html>Please log in</html>"));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(fs::read_to_string(&hosts).expect("hosts"), "127.0.0.1 localhost\n");
    assert!(!folder.path().join("saved").exists());
    drop(script);
}
