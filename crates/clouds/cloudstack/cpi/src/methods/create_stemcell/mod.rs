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
pub(crate) mod publication;
pub(crate) mod ready;
pub(crate) mod reuse;
pub(crate) mod way;

use super::write_tags::{self, Tagged};
use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::properties::{self, PATH, StemcellProperties, Wait};
use crate::steps::{Intent, ended};
use crate::tags::{Difference, from_metadata};
use bosh_cpi::method::{CreateStemcell, Hash};
use bosh_cpi::{CpiError, Result, StemcellCid};
use cloud_http::Deadline;
use cloudstack::api::{CopyTemplate, Tag, TagPair, TaggedType, Template};
use cpi_kit::Provider;
use cpi_kit::naming::fingerprint;
use guest::Guest;
use image::{Form, Image};
use image_hosting::Link;
use journal::Operation;
use plan::Plan;
use serde_json::Value;
use stemcell::AgentSettings;
use way::Way;

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
    let coming = Coming { cloud, plan: &plan, image: &image, env: &call.env, until };
    match (&way, &guest) {
        (Way::Published(publisher), _) => {
            let make = async |link: Link| {
                let (url, shown) = (link.reveal().to_owned(), link.to_string());
                coming.make(&Carrier::Fetch(by_url::Source { url, shown })).await
            };
            publication::with_link(cloud, publisher, &image, until, make).await
        }
        (Way::Url(template), _) => {
            let source = by_url::source(template, &plan, &image)?;
            coming.make(&Carrier::Fetch(source)).await
        }
        (_, Some(guest)) => coming.make(&Carrier::Volume(guest)).await,
        (Way::Upload | Way::Volume, None) => coming.make(&Carrier::Upload).await,
    }
}

/// Who brings the image in.
enum Carrier<'a> {
    /// We do.
    Upload,
    /// CloudStack does.
    Fetch(by_url::Source),
    /// A volume of our own VM.
    Volume(&'a Guest),
}

/// A template that is to be made.
struct Coming<'a> {
    cloud: &'a CloudStack,
    plan: &'a Plan,
    image: &'a Image,
    env: &'a Hash,
    until: Deadline,
}

impl Coming<'_> {
    /// Makes it, with its tags.
    async fn make(&self, carrier: &Carrier<'_>) -> Result<StemcellCid> {
        let cloud = self.cloud;
        cloud
            .operation("create_stemcell", async |operation| {
                let id = self.bring_in(operation, carrier).await?;
                let mut tags = from_metadata(tags_of(self.env));
                let value = image_tag(cloud, &self.image.given_sha256);
                tags.push(TagPair { key: IMAGE_TAG.to_owned(), value });
                let tagged = Tagged { kind: TaggedType::Template, id: &id };
                let difference = Difference { stale: Vec::new(), new: tags };
                write_tags::write(cloud, operation, &tagged, difference).await;
                let cid = StemcellCid::new(&id).map_err(|e| CpiError::cloud(e.to_string()))?;
                Ok((cid, Some(id)))
            })
            .await
    }

    /// Makes the template, in every zone that is wanted, ready to make VMs from.
    async fn bring_in(
        &self,
        operation: &mut Operation<'_, Intent>,
        carrier: &Carrier<'_>,
    ) -> Result<String> {
        let &Self { cloud, plan, image, until, .. } = self;
        let name = cloud.names.stemcell(operation.id());
        let mut zones = plan.zones();
        let id = match carrier {
            Carrier::Fetch(source) => {
                let id = by_url::register(cloud, operation, plan, &name, source).await?;
                ready::wait(cloud, &id, &zones, until).await?;
                return Ok(id);
            }
            Carrier::Upload => {
                let id = by_upload::send(cloud, operation, plan, image, &name, until).await?;
                ready::wait(cloud, &id, &zones[..1], until).await?;
                id
            }
            Carrier::Volume(guest) => {
                zones.sort_by_key(|zone| *zone != guest.zone);
                let way = by_volume::Way { cloud, plan, guest };
                way.bring(operation, image, &name, until).await?
            }
        };
        copy(cloud, operation, &zones, &name, &id, until).await?;
        Ok(id)
    }
}

/// What is ready in one zone, the first, gets copies in the others.
async fn copy(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
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
    let target = Intent::Template { name: name.to_owned() };
    let run = async || ended(cloud.run(&call, until).await.map(|_| ()));
    operation.step(target, run, async || Ok(None)).await.map_err(|failure| {
        errors::answer(Activity::CreateStemcell, format!("copying template {id}"), failure)
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
