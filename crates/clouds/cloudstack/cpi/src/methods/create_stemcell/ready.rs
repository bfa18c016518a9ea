//! Waiting until a template can be used, and telling how far it is.

use crate::CloudStack;
use crate::errors::{self, Activity};
use bosh_cpi::{CpiError, Result};
use cloud_http::Deadline;
use cloudstack::api::{ListTemplates, Template};
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What a template says of itself while it is on its way; anything else is why it failed.
const UNDER_WAY: &[&str] = &[
    "Active",
    "Allocated",
    "Bypassed Secondary Storage",
    "Creating",
    "Download Complete",
    "Installing Template",
    "NotUploaded",
    "Processing",
    "UploadInProgress",
];

/// Waits until the template is ready in all of these zones.
pub(crate) async fn wait(
    cloud: &CloudStack,
    id: &str,
    zones: &[&str],
    until: Deadline,
) -> Result<()> {
    if zones.is_empty() {
        return Ok(());
    }
    let (mut pause, mut told) = (FIRST_PAUSE, String::new());
    loop {
        let rows = rows(cloud, id).await?;
        let here: Vec<&Template> = rows
            .iter()
            .filter(|row| zones.iter().any(|z| row.zoneid.as_deref() == Some(z)))
            .collect();
        if let Some(failed) = here.iter().find(|row| has_failed(row)) {
            return Err(CpiError::cloud(format!(
                "template {id} in zone '{}': CloudStack says: {}",
                failed.zonename.as_deref().unwrap_or_default(),
                status(failed).trim()
            )));
        }
        if rows.is_empty() {
            return Err(CpiError::cloud(format!("template {id} is gone: was it deleted?")));
        }
        let ready = here.iter().filter(|row| row.isready).count();
        if ready >= zones.len() {
            return Ok(());
        }
        let now = progress(&here);
        if now != told {
            tracing::info!("template {id}: {now}");
            told = now;
        }
        if until.left() <= pause {
            return Err(CpiError::cloud(format!(
                "template {id} is not ready in time (timeout.poll_template): {told}"
            )));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

async fn rows(cloud: &CloudStack, id: &str) -> Result<Vec<Template>> {
    let of = ListTemplates {
        templatefilter: "self".into(),
        id: Some(id.to_owned()),
        ..ListTemplates::default()
    };
    match cloud.list(of).await {
        Err(failure) if failure.is_gone() => Ok(Vec::new()),
        other => other.map_err(|failure| {
            let tried = format!("looking whether template {id} is ready");
            errors::answer(Activity::CreateStemcell, tried, failure)
        }),
    }
}

fn status(row: &Template) -> &str {
    row.status.as_deref().unwrap_or_default()
}

fn has_failed(row: &Template) -> bool {
    let status = status(row);
    let under_way =
        status.is_empty() || status.ends_with("% Downloaded") || UNDER_WAY.contains(&status);
    !row.isready && !under_way
}

/// `adv: 34% Downloaded, basic: ready`.
fn progress(rows: &[&Template]) -> String {
    let one = |row: &&Template| {
        let how = if row.isready { "ready" } else { status(row) };
        format!("{}: {how}", row.zonename.as_deref().unwrap_or_default())
    };
    rows.iter().map(one).collect::<Vec<_>>().join(", ")
}
