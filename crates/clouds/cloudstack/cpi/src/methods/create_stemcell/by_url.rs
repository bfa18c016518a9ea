//! The route `url`: CloudStack fetches the image, from where the operator or we have put it.

use super::image::Image;
use super::plan::Plan;
use super::rows_named;
use crate::CloudStack;
use crate::errors::{self, Activity};
use crate::properties::{PATH, Wait};
use crate::steps::{Intent, ended};
use bosh_cpi::{CpiError, Result};
use cloudstack::api::RegisterTemplate;
use journal::Operation;

/// What CloudStack takes.
const LONGEST: usize = 2048;

/// From where CloudStack fetches.
pub(super) struct Source {
    pub url: String,
    /// The same for people: without what may be a key.
    pub shown: String,
}

/// Fills in the operator's template.
pub(super) fn source(template: &str, plan: &Plan, image: &Image) -> Result<Source> {
    let mut url = template.to_owned();
    for (name, value) in [
        ("{name}", plan.name.as_str()),
        ("{version}", &plan.version),
        ("{sha1}", &image.sha1),
        ("{sha256}", &image.sha256),
        ("{extension}", &image.extension),
    ] {
        if url.contains(name) && value.is_empty() {
            return Err(CpiError::cpi(format!(
                "{PATH}.stemcell.url_template: has {name}, which the stemcell does not tell"
            )));
        }
        url = url.replace(name, value);
    }
    let wrong = |why: &str| CpiError::cpi(format!("{PATH}.stemcell.url_template: {why}"));
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else {
        return Err(wrong("expected something like https://host/{name}-{version}.{extension}"));
    };
    if rest.split('/').next().is_some_and(|authority| authority.contains('@')) {
        return Err(wrong("a password would stand in CloudStack's lists; use a link that expires"));
    }
    if let Some(at) = rest.find(['{', '}']) {
        let what = rest[at..].split('}').next().unwrap_or_default();
        return Err(wrong(&format!("'{what}' is none of what may stand in it")));
    }
    if url.len() > LONGEST {
        return Err(wrong(&format!("makes {} characters, CloudStack takes {LONGEST}", url.len())));
    }
    // What stands behind the question mark may be a key.
    let shown = url.split('?').next().unwrap_or_default().to_owned();
    Ok(Source { url, shown })
}

/// Makes the template, in all zones at once; its id.
pub(super) async fn register(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    plan: &Plan,
    name: &str,
    source: &Source,
) -> Result<String> {
    let Source { url, shown } = source;
    tracing::info!("CloudStack fetches {shown}");
    let zoneids = plan.zones().into_iter().map(str::to_owned).collect();
    let call = RegisterTemplate { url: url.clone(), zoneids, new: plan.named(name) };
    let until = cloud.deadline(Wait::Lookup);
    let registered = operation
        .step(
            Intent::Template { name: name.to_owned() },
            async || {
                let rows = cloud.call(&call, until).await;
                ended(rows.map(|rows| rows.items.into_iter().next().map(|row| row.id)))
            },
            async || Ok(rows_named(cloud, name).await?.into_iter().next().map(|row| Some(row.id))),
        )
        .await;
    let id = registered.map_err(|failure| {
        let tried = format!("registering {shown}");
        let mut error = errors::answer(Activity::CreateStemcell, tried, failure);
        error.message = error.message.replace(url, shown);
        error
    })?;
    id.ok_or_else(|| CpiError::cloud("registerTemplate: the answer names no template"))
}
