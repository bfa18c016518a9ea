//! The route `url`: CloudStack fetches the image, from where the operator or we have put it.

use super::image::Image;
use super::template_spec::TemplateSpec;
use crate::api::change;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::properties::{PATH, Wait};
use crate::resources::template;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cloudstack::api::RegisterTemplate;
use journal::Operation;

/// The longest URL that CloudStack takes, in characters.
const LONGEST: usize = 2048;

/// From where CloudStack fetches.
pub(super) struct ImageUrl {
    pub url: String,
    /// The same for people: without what may be a key.
    pub shown: String,
}

/// Fills in the operator's template.
pub(super) fn fill_template(
    template: &str,
    spec: &TemplateSpec,
    image: &Image,
) -> Result<ImageUrl> {
    let mut url = template.to_owned();
    for (name, value) in [
        ("{name}", spec.name.as_str()),
        ("{version}", &spec.version),
        ("{sha1}", &image.sha1),
        ("{sha256}", &image.sha256),
        ("{extension}", &image.extension),
    ] {
        if url.contains(name) && value.is_empty() {
            return Err(CpiError::cpi(format!(
                "{PATH}.stemcell.url_template: has {name}, which the stemcell does not have"
            )));
        }
        url = url.replace(name, value);
    }
    let wrong = |why: &str| CpiError::cpi(format!("{PATH}.stemcell.url_template: {why}"));
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else {
        return Err(wrong("must be a URL such as https://host/{name}-{version}.{extension}"));
    };
    if rest.split('/').next().is_some_and(|authority| authority.contains('@')) {
        return Err(wrong(
            "must not hold a password, which CloudStack would list; use a link that expires",
        ));
    }
    if let Some(at) = rest.find(['{', '}']) {
        let what = rest[at..].split('}').next().unwrap_or_default();
        return Err(wrong(&format!(
            "unknown placeholder '{what}'; expected {{name}}, {{version}}, {{sha1}}, {{sha256}} or \
             {{extension}}"
        )));
    }
    if url.len() > LONGEST {
        return Err(wrong(&format!("makes {} characters, CloudStack takes {LONGEST}", url.len())));
    }
    // What stands behind the question mark may be a key.
    let shown = url.split('?').next().unwrap_or_default().to_owned();
    Ok(ImageUrl { url, shown })
}

/// Makes the template, in all zones at once; its id.
pub(super) async fn register(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    spec: &TemplateSpec,
    name: &str,
    source: &ImageUrl,
) -> Result<String> {
    let ImageUrl { url, shown } = source;
    tracing::info!("CloudStack fetches {shown}");
    let zoneids = spec.zone_ids().into_iter().map(str::to_owned).collect();
    let call = RegisterTemplate { url: url.clone(), zoneids, new: spec.named(name) };
    let until = cloud.deadline(Wait::Lookup);
    let send = async || {
        let rows = cloud.call(&call, until).await?;
        Ok(rows.items.into_iter().next().map(|row| row.id))
    };
    let probe =
        async || Ok(template::named(cloud, name).await?.into_iter().next().map(|row| Some(row.id)));
    let registered =
        change(operation, Intent::Template { name: name.to_owned() }, send, probe).await;
    let registered = registered.during(Activity::CreateStemcell, || format!("registering {shown}"));
    let id = registered.map_err(|mut error| {
        error.message = error.message.replace(url, shown);
        error
    })?;
    id.ok_or_else(|| CpiError::cloud("registerTemplate: the answer names no template"))
}
