//! `cpi doctor`: whether these properties and this cloud go together, checked before a
//! deployment finds out. It changes nothing, and asks the cloud itself, never the cache.

use crate::errors::Failure;
use crate::lookup::{catalogue, datacenter};
use crate::properties::{PATH, Speed};
use crate::resources::volume_order;
use crate::session::SoftLayer;
use cloud_http::{Deadline, SendError};
use cpi_kit::{Finding, Provider, Questions};
use softlayer::Error;
use softlayer::api::{Image, Vlan, account, network};
use softlayer::api::{image, virtual_guest};
use std::fmt::Display;
use std::time::{Duration, Instant};

/// How long the API may take for its first answer: a person waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// Every check, in an order in which a person reads them. Where the cloud cannot be talked
/// to, only the reason of that.
pub(crate) async fn examine(cloud: &SoftLayer, questions: &Questions) -> Vec<Finding> {
    let mut findings = connection(cloud).await;
    let talked = findings.iter().all(|finding| finding.level != cpi_kit::Level::Fail);
    findings.push(journal(cloud).await);
    if !talked {
        return findings;
    }
    findings.push(default_datacenter(cloud).await);
    findings.push(block_storage(cloud).await);
    findings.extend(orders(cloud).await);
    findings.push(heavy_stemcells(cloud));
    for network in &questions.networks {
        findings.push(vlan(cloud, network).await);
    }
    for flavor in &questions.offerings {
        findings.push(has_flavor(cloud, flavor).await);
    }
    for template in &questions.templates {
        findings.push(has_image(cloud, template).await);
    }
    findings
}

/// Reachability, TLS and keys: what one call tells.
async fn connection(cloud: &SoftLayer) -> Vec<Finding> {
    let client = match cloud.client() {
        Ok(client) => client,
        Err(error) => {
            return vec![Finding::fail("config", error.message, "correct the CPI's config")];
        }
    };
    let url = cloud.properties.endpoint();
    let begun = Instant::now();
    let answer = client.call(&account::GetCurrentUser {}, Deadline::after(PATIENCE)).await;
    let took = begun.elapsed().as_millis();
    let error = match answer {
        Ok(user) => {
            let name = user.username.unwrap_or_else(|| user.id.to_string());
            let keys = Finding::ok("keys", format!("SoftLayer knows them as user {name}"));
            let answers = Finding::ok("endpoint", format!("{url} answers in {took} ms"));
            return vec![answers, tls(cloud), keys];
        }
        Err(error) => error,
    };
    let hint = error.hint().unwrap_or("is the endpoint SoftLayer's API?");
    match &error {
        Error::Unanswered { cause: SendError::Untrusted(..), .. } => {
            vec![Finding::fail("TLS", &error, hint)]
        }
        Error::Refused(_) => vec![
            Finding::ok("endpoint", format!("{url} answers in {took} ms")),
            tls(cloud),
            Finding::fail("keys", &error, hint),
        ],
        error => vec![Finding::fail("endpoint", format!("{url}: {error}"), hint)],
    }
}

fn tls(cloud: &SoftLayer) -> Finding {
    let check = "TLS";
    if cloud.properties.endpoint().starts_with("http://") {
        let hint = format!("use an https endpoint in {PATH}.api_endpoint");
        return Finding::warn(check, "none: the API key travels in clear", hint);
    }
    match cloud.properties.skip_verify_ssl {
        false => Finding::ok(check, "the API's certificate is trusted"),
        true => Finding::warn(
            check,
            "any certificate is taken",
            format!("put the CA into {PATH}.ca_cert, and take skip_verify_ssl away"),
        ),
    }
}

/// Whether the journal can be opened, without which no call begins.
async fn journal(cloud: &SoftLayer) -> Finding {
    match cloud.ledger().await {
        Ok(_) => Finding::ok("journal", "can be written"),
        Err(error) => Finding::fail(
            "journal",
            error.message,
            format!("see cloud.properties.state_dir and {PATH}.ledger.url"),
        ),
    }
}

async fn default_datacenter(cloud: &SoftLayer) -> Finding {
    let check = "data center";
    let Some(name) = cloud.properties.default_datacenter() else {
        let hint = format!("set {PATH}.default_datacenter, or name one in every cloud_properties");
        return Finding::warn(check, "no default", hint);
    };
    match datacenter::find(cloud, name).await {
        Ok(None) => Finding::fail(check, format!("'{name}' not found"), "use a name such as dal13"),
        Ok(Some(_)) => Finding::ok(check, name),
        Err(failure) => unknown(check, &failure),
    }
}

/// Whether disks can be priced: the catalogue of storage.
async fn block_storage(cloud: &SoftLayer) -> Finding {
    let check = "block storage";
    let items = match catalogue::items(cloud).await {
        Ok(items) => items,
        Err(failure) => return unknown(check, &failure),
    };
    match catalogue::volume(&items, 100, Speed::Iops(None), "") {
        Ok(priced) => {
            let iops = priced.iops.unwrap_or_default();
            Finding::ok(check, format!("100 GB can be ordered, with {iops} IOPS at least"))
        }
        Err(error) => Finding::fail(check, error.message, "please report it"),
    }
}

/// Whether the user may order: an order is checked, and not placed.
async fn orders(cloud: &SoftLayer) -> Option<Finding> {
    let check = "orders";
    let datacenter = cloud.properties.default_datacenter()?;
    Some(match volume_order::check_permission(cloud, datacenter).await {
        Ok(()) => Finding::ok(check, format!("a disk in {datacenter} could be ordered")),
        Err(error) => {
            let hint = "give the user the classic permissions to add storage and servers";
            Finding::fail(check, error.message, hint)
        }
    })
}

fn heavy_stemcells(cloud: &SoftLayer) -> Finding {
    let check = "stemcells";
    match cloud.properties.stemcell.s3.is_given() {
        true => Finding::ok(check, "light ones, and heavy ones through object storage"),
        false => Finding::ok(
            check,
            format!("light ones only: {PATH}.stemcell.s3 would let heavy ones come in"),
        ),
    }
}

async fn vlan(cloud: &SoftLayer, wanted: &str) -> Finding {
    let check = format!("VLAN {wanted}");
    let Ok(id) = wanted.parse() else {
        return Finding::fail(check, "not a VLAN id", "a network is named by its VLAN's id");
    };
    match cloud.find::<Vlan, _>(&network::GetVlan { id }).await {
        Ok(Some(vlan)) => {
            let space = vlan.network_space.unwrap_or_default().to_lowercase();
            Finding::ok(check, format!("a {space} one"))
        }
        Ok(None) => Finding::fail(check, "not found", "is it of this account?"),
        Err(failure) => unknown(check, &failure),
    }
}

async fn has_flavor(cloud: &SoftLayer, wanted: &str) -> Finding {
    let check = format!("flavor {wanted}");
    let until = Deadline::after(PATIENCE);
    match cloud.call(&virtual_guest::GetCreateObjectOptions {}, until).await {
        Ok(options) if options.flavors.iter().any(|it| it.flavor.key_name == wanted) => {
            Finding::ok(check, "can be ordered")
        }
        Ok(_) => Finding::fail(check, "not found", "it is a name such as B1_4X8X100"),
        Err(failure) => unknown(check, &failure),
    }
}

async fn has_image(cloud: &SoftLayer, wanted: &str) -> Finding {
    let check = format!("image {wanted}");
    let Ok(id) = wanted.parse() else {
        return Finding::fail(check, "not an image id", "an image is named by its id");
    };
    match cloud.find::<Image, _>(&image::GetObject { id }).await {
        Ok(Some(image)) => Finding::ok(check, image.name.unwrap_or_default()),
        Ok(None) => Finding::fail(check, "not found", "is it of this account, or shared with it?"),
        Err(failure) => unknown(check, &failure),
    }
}

/// A check that could not be made.
fn unknown(check: impl Display, failure: &Failure) -> Finding {
    let hint = match failure {
        Failure::Cloud(error) => error.hint(),
        Failure::Journal(_) | Failure::Ready(_) => None,
    };
    Finding::fail(check, failure, hint.unwrap_or("this could not be checked"))
}
