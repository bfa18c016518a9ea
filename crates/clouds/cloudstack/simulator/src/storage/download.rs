//! Fetching what a template is registered with.

use super::image::{Look, Seen};
use crate::Shared;
use crate::engine::Refusal;
use crate::state::CopyState;
use crate::world::SecondaryStorage;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long CloudStack tries to reach an address before it registers anything.
const CONNECT: Duration = Duration::from_secs(2);

/// A file to fetch, for a template in a zone.
#[derive(Debug, Clone)]
pub struct Download {
    /// The template.
    pub template: String,
    /// The zone.
    pub zone: String,
    /// Where it lies.
    pub url: String,
}

/// The parts of an address that matter here.
struct Place<'a> {
    host: &'a str,
    path: &'a str,
    https: bool,
}

impl<'a> Place<'a> {
    fn of(url: &'a str) -> Result<Self, Refusal> {
        let wrong = || Refusal::parameter(format!("Invalid URL: {url}"));
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let https = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(Refusal::parameter("Only http and https URLs are accepted")),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or("") };
        if host.is_empty() { Err(wrong()) } else { Ok(Self { host, path, https }) }
    }
}

/// What CloudStack checks while the caller waits: the host, the extension, and whether anybody
/// answers there.
pub fn check_url(storage: &SecondaryStorage, url: &str, format: &str) -> Result<(), Refusal> {
    let place = Place::of(url)?;
    let address = place.host.trim_matches(['[', ']']).parse::<IpAddr>();
    let own = match address {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local() || ip.is_multicast(),
        Ok(IpAddr::V6(_)) => true,
        Err(_) => place.host == "localhost",
    };
    if own {
        return Err(Refusal::parameter("Illegal host specified in URL."));
    }
    let port = storage.hosts.get(place.host);
    if port.is_none() && address.is_err() {
        return Err(Refusal::parameter(format!("Unable to resolve {}", place.host)));
    }
    let file = place.path.split(['?', '#']).next().unwrap_or_default();
    fits(format, file).map_err(Refusal::parameter)?;
    let reached = port.is_some_and(|port| {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
        TcpStream::connect_timeout(&address, CONNECT).is_ok()
    });
    if reached {
        return Ok(());
    }
    Err(Refusal::parameter(format!("Unable to establish connection with URL {url}")))
}

/// Whether a file's extension is one of the format's.
pub fn fits(format: &str, file: &str) -> Result<(), String> {
    let name = file.to_lowercase();
    let packed = [".gz", ".bz2", ".zip"].iter().find_map(|end| name.strip_suffix(end));
    let name = packed.unwrap_or(&name);
    let own: &[&str] = match format {
        "QCOW2" => &[".qcow2", ".img"],
        "RAW" => &[".img", ".raw"],
        "VHD" => &[".vhd"],
        "VHDX" => &[".vhdx"],
        "OVA" => &[".ova"],
        "VMDK" => &[".vmdk"],
        _ => return Err(format!("{format} is no format of templates")),
    };
    if own.iter().any(|end| name.ends_with(end)) {
        return Ok(());
    }
    Err(format!("Please specify a valid {}", format.to_lowercase()))
}

/// Fetches the file, and makes of the template what comes of it.
pub async fn fetch(shared: Shared, work: Download) {
    let state = |state: CopyState| shared.cloud().set_copy(&work.template, &work.zone, state);
    state(CopyState::Downloading(0));
    let seen = match get(&shared, &work).await {
        Ok(seen) => seen,
        Err(why) => return state(CopyState::Failed(why)),
    };
    let mut cloud = shared.cloud();
    let Some(template) = cloud.templates.get(&work.template) else { return };
    let fault = seen.fault(&template.format, template.checksum.as_deref());
    match fault {
        Some(why) => cloud.set_copy(&work.template, &work.zone, CopyState::Failed(why)),
        None => cloud.image_is_there(&work.template, &work.zone, &seen),
    }
}

async fn get(shared: &Shared, work: &Download) -> Result<Seen, String> {
    let bad = |_| "Unable to start download -- check url? ".to_owned();
    let place = Place::of(&work.url).map_err(|refusal| refusal.text)?;
    let mut response = request(shared, &place).await.map_err(bad)?;
    if response.status() != 200 {
        let status = response.status().as_u16();
        return Err(format!(" HTTP Server returned {status} (expected 200 OK) "));
    }
    let total = response.content_length();
    let (mut look, mut done, mut told) = (Look::default(), 0, 0);
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => {
                look.take(&piece);
                done += piece.len() as u64;
            }
            Ok(None) => return Ok(look.end()),
            Err(_) => return Err("Connection closed before the whole file was there".into()),
        }
        let percent = total.filter(|total| *total > 0).map_or(0, |total| done * 100 / total);
        if percent > told {
            told = percent;
            let percent = u8::try_from(percent).unwrap_or(100);
            shared.cloud().set_copy(&work.template, &work.zone, CopyState::Downloading(percent));
        }
    }
}

/// Asks the loopback port that stands for the host.
async fn request(shared: &Shared, place: &Place<'_>) -> reqwest::Result<reqwest::Response> {
    let (port, ca) = {
        let cloud = shared.cloud();
        let storage = &cloud.world.secondary_storage;
        (storage.hosts.get(place.host).copied().unwrap_or_default(), storage.trusts.clone())
    };
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .resolve(place.host, SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    builder = match (place.https, ca) {
        (true, Some(pem)) => {
            builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(pem.as_bytes())?)
        }
        (true, None) => builder,
        (false, _) => builder.tls_certs_only([]),
    };
    let scheme = if place.https { "https" } else { "http" };
    let url = format!("{scheme}://{}:{port}{}", place.host, place.path);
    builder.build()?.get(url).header("host", place.host).send().await
}
