//! `cpi doctor`: whether these properties and this cloud go together, checked before a
//! deployment finds out. It changes nothing, and asks the cloud itself, never the cache.

mod account;
mod connection;
mod place;
mod publishing;
mod role;

use crate::errors::Failure;
use crate::session::CloudStack;
use cpi_kit::{Finding, Questions};
use std::fmt::Display;

/// Every check, in an order in which a person reads them. Where the cloud cannot be talked
/// to, only the reason of that.
pub(crate) async fn examine(cloud: &CloudStack, questions: &Questions) -> Vec<Finding> {
    let (mut findings, capabilities) = connection::check(cloud).await;
    findings.push(connection::journal(cloud).await);
    findings.extend(publishing::check(cloud).await);
    let Some(capabilities) = capabilities else { return findings };
    if let Err(error) = cloud.scoped().await {
        findings.push(Finding::fail("project", error.message, "check project/domain/account"));
        return findings;
    }
    // Boxed: so many calls at once would be much for a stack.
    let (account, role, place) = tokio::join!(
        Box::pin(account::check(cloud)),
        Box::pin(role::check(cloud, &capabilities)),
        Box::pin(place::check(cloud, questions)),
    );
    findings.extend(account);
    findings.extend(role);
    findings.extend(place);
    findings
}

/// A check that could not be made.
fn unknown(check: impl Display, failure: &Failure) -> Finding {
    let hint = match failure {
        Failure::Cloud(error) => error.hint(),
        Failure::Journal(_) | Failure::Ready(_) => None,
    };
    Finding::fail(check, failure, hint.unwrap_or("this could not be checked"))
}
