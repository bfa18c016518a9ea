//! Reachability, TLS, clocks, keys, version; and where our own state is kept.

use crate::properties::PATH;
use crate::session::CloudStack;
use cloud_http::{Deadline, SendError};
use cloudstack::api::{Capabilities, ListCapabilities, Object};
use cloudstack::{Error, Version};
use cpi_kit::{Finding, Provider};
use jiff::SignedDuration;
use std::time::{Duration, Instant};

/// How long the cloud may take for its first answer, which takes it milliseconds: a person waits.
const PATIENCE: Duration = Duration::from_secs(3);

/// A signed request is good for ten minutes, and clouds may refuse one that is good for more
/// than fifteen.
const BEHIND: SignedDuration = SignedDuration::from_mins(10);
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Clocks that are this far apart drift.
const DRIFT: SignedDuration = SignedDuration::from_secs(60);

/// The oldest version that we are made for.
const OLDEST: Version = Version::new(4, 11);

/// What one call tells; and its answer, if there is any.
pub(super) async fn check(cloud: &CloudStack) -> (Vec<Finding>, Option<Capabilities>) {
    let client = match cloud.client() {
        Ok(client) => client,
        Err(error) => {
            let finding = Finding::fail("config", error.message, "correct the CPI's config");
            return (vec![finding], None);
        }
    };
    let begun = Instant::now();
    let answer = client.call(&ListCapabilities {}, Deadline::after(PATIENCE)).await;
    let took = begun.elapsed().as_millis();
    let mut findings = vec![endpoint(cloud, answer.as_ref().err(), took)];
    let talked = matches!(&answer, Ok(_) | Err(Error::Refused(_)));
    if talked || is_untrusted(answer.as_ref().err()) {
        findings.push(tls(cloud, answer.as_ref().err()));
    }
    findings.extend(client.tally().ahead.filter(|_| talked).map(clock));
    match answer {
        Ok(Object(capabilities)) => {
            findings.push(Finding::ok("keys", "accepted"));
            findings.push(version(&capabilities));
            (findings, Some(capabilities))
        }
        Err(error) => {
            findings.extend(talked.then(|| keys(&error)));
            (findings, None)
        }
    }
}

fn is_untrusted(error: Option<&Error>) -> bool {
    matches!(error, Some(Error::Unanswered { cause: SendError::Untrusted(..), .. }))
}

fn endpoint(cloud: &CloudStack, error: Option<&Error>, took: u128) -> Finding {
    let url = cloud.properties.endpoint();
    match error {
        None | Some(Error::Refused(_)) => {
            Finding::ok("endpoint", format!("{url} answers in {took} ms"))
        }
        Some(error) if is_untrusted(Some(error)) => {
            Finding::ok("endpoint", format!("{url} is reachable"))
        }
        Some(error) => {
            let hint = error.hint().unwrap_or("is the endpoint a CloudStack API?");
            let found = format!("{url}: {error} (retried for {PATIENCE:?})");
            Finding::fail("endpoint", found, hint)
        }
    }
}

fn tls(cloud: &CloudStack, error: Option<&Error>) -> Finding {
    let check = "TLS";
    if let Some(error) = error.filter(|error| is_untrusted(Some(error))) {
        return Finding::fail(check, error, error.hint().unwrap_or_default());
    }
    if cloud.properties.endpoint().starts_with("http://") {
        return Finding::warn(
            check,
            "plain HTTP: requests, including agent secrets, are not encrypted",
            format!("use an https endpoint in {PATH}.endpoint"),
        );
    }
    match cloud.properties.skip_verify_ssl {
        false => Finding::ok(check, "the cloud's certificate is trusted"),
        true => Finding::warn(
            check,
            "certificates are not verified",
            format!("set {PATH}.ca_cert to the CA, and remove skip_verify_ssl"),
        ),
    }
}

fn clock(ahead: SignedDuration) -> Finding {
    let check = "clock";
    let way = if ahead.is_negative() { "behind" } else { "ahead of" };
    let found = match ahead.abs().as_secs() {
        seconds @ 0..=1 => format!("in sync ({seconds} s)"),
        seconds => format!("{seconds} s {way} the cloud's"),
    };
    let hint = "set both by NTP: the cloud refuses requests whose time is wrong";
    match ahead {
        _ if ahead >= AHEAD || ahead <= -BEHIND => Finding::fail(check, found, hint),
        _ if ahead.abs() >= DRIFT => Finding::warn(check, found, hint),
        _ => Finding::ok(check, found),
    }
}

fn keys(error: &Error) -> Finding {
    Finding::fail("keys", error, error.hint().unwrap_or("the cloud refuses the simplest call"))
}

fn version(capabilities: &Capabilities) -> Finding {
    let told = &capabilities.cloudstackversion;
    match Version::parse(told) {
        Some(version) if version >= OLDEST => Finding::ok("version", told),
        Some(_) => {
            Finding::warn("version", told, format!("this CPI is made for {OLDEST} and later"))
        }
        None => Finding::warn("version", told, "unknown version; taken for a new one"),
    }
}

/// Whether the journal can be opened, without which no call begins.
pub(super) async fn journal(cloud: &CloudStack) -> Finding {
    match cloud.ledger().await {
        Ok(_) => Finding::ok("journal", "can be written"),
        Err(error) => Finding::fail(
            "journal",
            error.message,
            format!("see cloud.properties.state_dir and {PATH}.ledger.url"),
        ),
    }
}
