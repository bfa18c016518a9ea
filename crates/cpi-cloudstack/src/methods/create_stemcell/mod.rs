//! `create_stemcell`: brings an image in as a template, or takes one that is there.

mod by_upload;
mod by_url;
mod by_volume;
mod guest;
mod hypervisor;
mod image;
mod light;
mod os_type;
mod plan;
mod progress;
mod ready;
pub(crate) mod reuse;

use super::write_tags::{self, Tagged};
use crate::CloudStack;
use crate::errors::{self, Doing, Failure};
use crate::properties::{self, PATH, StemcellProperties, StemcellRoute, Wait, given};
use crate::steps::{Target, ended};
use crate::tags::{Difference, from_metadata};
use bosh_cpi::method::{CreateStemcell, Hash};
use bosh_cpi::{CpiError, Result, StemcellCid};
use cloud_http::Deadline;
use cloudstack::api::{CopyTemplate, Tag, TagPair, TaggedType, Template};
use guest::Guest;
use image::{Form, Image};
use ledger::Operation;
use plan::Plan;
use provider::Provider;
use provider::naming::fingerprint;
use serde_json::Value;
use stemcell::AgentSettings;

/// The tag that tells which image a template was made of.
const IMAGE_TAG: &str = "bosh-image-sha256";

pub(crate) async fn run(cloud: &CloudStack, call: CreateStemcell) -> Result<StemcellCid> {
    let path = call.cloud_properties.path().to_owned();
    let stemcell: StemcellProperties =
        properties::read(&call.cloud_properties, cloud.properties.strict)?;
    if let Some(wanted) = light::wanted(&stemcell, &path)? {
        return light::take(cloud, &wanted, &stemcell).await;
    }
    let until = cloud.deadline(Wait::PollTemplate);
    let way = Way::choose(cloud)?;
    image::check(&call.image_path, &path)?;
    let place = plan::Place::find(cloud, &stemcell).await?;
    if cloud.properties.stemcell.reuse {
        let wanted = reuse::Wanted { file: &call.image_path, stemcell: &stemcell, place: &place };
        if let Some(cid) = reuse::take(cloud, &wanted).await? {
            return Ok(cid);
        }
    }
    let guest = match way {
        Way::Volume => Some(Guest::find(cloud, &place).await?),
        _ => None,
    };
    let form = if guest.is_some() { Form::Disk } else { Form::File };
    let agent = own_agent(cloud)?;
    let agent = (form, agent.as_ref());
    let image = Image::prepare(&call.image_path, &stemcell, &path, &place.hypervisor, agent)?;
    let plan = Plan::make(cloud, &stemcell, place, &image).await?;
    cloud
        .operation("create_stemcell", async |operation| {
            let id = match &guest {
                Some(guest) => {
                    let way = by_volume::Way { cloud, plan: &plan, guest };
                    bring_by_volume(&way, operation, &image, until).await?
                }
                None => bring_in(cloud, operation, &plan, &image, way, until).await?,
            };
            let mut tags = from_metadata(tags_of(&call.env));
            let (key, value) = (IMAGE_TAG.to_owned(), image_tag(cloud, &image.given_sha256));
            tags.push(TagPair { key, value });
            let tagged = Tagged { kind: TaggedType::Template, id: &id };
            let difference = Difference { stale: Vec::new(), new: tags };
            write_tags::write(cloud, operation, &tagged, difference).await;
            let cid = StemcellCid::new(&id).map_err(|e| CpiError::cloud(e.to_string()))?;
            Ok((cid, Some(id)))
        })
        .await
}

/// The way of a heavy stemcell.
#[derive(Debug, Clone, Copy)]
enum Way<'a> {
    Upload,
    /// With the template of the URL.
    Url(&'a str),
    Volume,
}

impl<'a> Way<'a> {
    fn choose(cloud: &'a CloudStack) -> Result<Self> {
        let url_template = given(&cloud.properties.stemcell.url_template);
        match (cloud.properties.stemcell.route, url_template) {
            (StemcellRoute::Light, _) => Err(CpiError::not_supported(format!(
                "{PATH}.stemcell.route is 'light', and this stemcell names no template: bosh \
                 repack-stemcell --empty-image --format cloudstack-light --cloud-properties \
                 '{{\"template_id\":\"…\"}}'"
            ))),
            (StemcellRoute::Upload, _) => Ok(Self::Upload),
            (StemcellRoute::Volume, _) => Ok(Self::Volume),
            (StemcellRoute::Url, Some(template)) => Ok(Self::Url(template)),
            (StemcellRoute::Url, None) => Err(CpiError::cpi(format!(
                "{PATH}.stemcell.url_template: missing; the route 'url' needs to know where \
                 CloudStack finds the image"
            ))),
            (StemcellRoute::Auto, Some(template)) => {
                tracing::info!("route url, as stemcell.url_template says where the image is");
                Ok(Self::Url(template))
            }
            (StemcellRoute::Auto, None) => {
                tracing::info!("route upload, as there is no stemcell.url_template");
                Ok(Self::Upload)
            }
        }
    }
}

/// Makes the template, in every zone that is wanted, ready to make VMs from.
async fn bring_in(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Target>,
    plan: &Plan,
    image: &Image,
    way: Way<'_>,
    until: Deadline,
) -> Result<String> {
    let name = cloud.names.stemcell(operation.id());
    if let Way::Url(template) = way {
        let url = by_url::url(template, plan, image)?;
        let id = by_url::register(cloud, operation, plan, &name, url).await?;
        ready::wait(cloud, &id, &plan.zones(), until).await?;
        return Ok(id);
    }
    let id = by_upload::send(cloud, operation, plan, image, &name, until).await?;
    ready::wait(cloud, &id, &plan.zones()[..1], until).await?;
    copy(cloud, operation, &plan.zones(), &name, &id, until).await?;
    Ok(id)
}

/// The same by way of a volume, which is in the zone of our VM.
async fn bring_by_volume(
    way: &by_volume::Way<'_>,
    operation: &mut Operation<'_, Target>,
    image: &Image,
    until: Deadline,
) -> Result<String> {
    let name = way.cloud.names.stemcell(operation.id());
    let id = way.bring(operation, image, &name, until).await?;
    let mut zones = way.plan.zones();
    zones.sort_by_key(|zone| *zone != way.guest.zone);
    copy(way.cloud, operation, &zones, &name, &id, until).await?;
    Ok(id)
}

/// What is ready in one zone, the first, gets copies in the others.
async fn copy(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Target>,
    zones: &[&str],
    name: &str,
    id: &str,
    until: Deadline,
) -> Result<()> {
    let [first, others @ ..] = zones else { return Ok(()) };
    if others.is_empty() {
        return Ok(());
    }
    let call = CopyTemplate {
        id: id.to_owned(),
        sourcezoneid: (*first).to_owned(),
        destzoneids: others.iter().map(ToString::to_string).collect(),
    };
    let target = Target::Template { name: name.to_owned() };
    let run = async || ended(cloud.run(&call, until).await.map(|_| ()));
    operation.step(target, run, async || Ok(None)).await.map_err(|failure| {
        errors::answer(Doing::CreateStemcell, format!("copying template {id}"), failure)
    })?;
    ready::wait(cloud, id, others, until).await
}

/// The operator's own agent.json.
fn own_agent(cloud: &CloudStack) -> Result<Option<AgentSettings>> {
    let text = match &cloud.properties.stemcell.agent_json {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let own = AgentSettings::own(&text);
    own.map(Some).map_err(|e| CpiError::cpi(format!("{PATH}.stemcell.agent_json: {e}")))
}

/// What tells that two templates were made of the same: the image as it was given, and what was
/// written into it.
fn image_tag(cloud: &CloudStack, sha256: &str) -> String {
    match &cloud.properties.stemcell.agent_json {
        None | Some(Value::Null) => sha256.to_owned(),
        Some(own) => format!("{sha256} agent {}", &fingerprint(&[&own.to_string()])[..8]),
    }
}

fn tag_of<'a>(template: &'a Template, key: &str) -> Option<&'a String> {
    let is_it = |tag: &&Tag| tag.key.eq_ignore_ascii_case(key);
    template.tags.iter().find(is_it).map(|tag| &tag.value)
}

/// Since version 3 of the contract a stemcell may have tags.
fn tags_of(env: &Hash) -> &Hash {
    static NONE: std::sync::LazyLock<Hash> = std::sync::LazyLock::new(Hash::new);
    env.get("tags").and_then(|tags| tags.as_object()).unwrap_or(&NONE)
}

/// The rows of a template of ours, by its name: one a zone.
pub(crate) async fn rows_named(
    cloud: &CloudStack,
    name: &str,
) -> std::result::Result<Vec<Template>, Failure> {
    let of = cloudstack::api::ListTemplates {
        templatefilter: "self".into(),
        name: Some(name.to_owned()),
        ..cloudstack::api::ListTemplates::default()
    };
    let mut rows = cloud.list(of).await?;
    rows.retain(|row| row.name == name);
    Ok(rows)
}
