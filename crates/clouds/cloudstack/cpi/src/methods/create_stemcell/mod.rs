//! `create_stemcell`: brings an image in as a template, or takes one that exists.

mod by_upload;
mod by_url;
mod by_volume;
mod destination;
mod hypervisor;
mod image;
mod image_tag;
mod light;
mod os_type;
mod own_vm;
mod reuse;
mod route;
mod template_spec;
mod temporary_link;

use crate::api::change;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::properties::{self, PATH, StemcellProperties, Wait};
use crate::resources::{tags, template};
use crate::session::CloudStack;
use crate::tags::from_metadata;
use bosh_cpi::method::{CreateStemcell, Hash};
use bosh_cpi::{CpiError, Result, StemcellCid};
use by_url::ImageUrl;
use by_volume::VolumeCarrier;
use cloud_http::Deadline;
use cloudstack::api::{CopyTemplate, TagPair, TaggedType};
use cpi_kit::Provider;
use destination::Destination;
use image::{Form, Image};
use image_hosting::Link;
use image_tag::{IMAGE_TAG, image_tag};
use journal::Operation;
use own_vm::OwnVm;
use reuse::ReuseSpec;
use route::Route;
use serde_json::Value;
use stemcell::AgentSettings;
use template_spec::TemplateSpec;

pub(crate) async fn run(cloud: &CloudStack, call: CreateStemcell) -> Result<StemcellCid> {
    let path = call.cloud_properties.path().to_owned();
    let stemcell: StemcellProperties =
        properties::read(&call.cloud_properties, cloud.properties.strict)?;
    if let Some(wanted) = light::wanted(&stemcell, &path)? {
        return light::take(cloud, &wanted, &stemcell).await;
    }
    let until = cloud.deadline(Wait::PollTemplate);
    let route = Route::choose(cloud)?;
    image::check(&call.image_path, &path)?;
    let destination = Destination::find(cloud, &stemcell).await?;
    if cloud.properties.stemcell.reuse {
        let wanted =
            ReuseSpec { file: &call.image_path, stemcell: &stemcell, destination: &destination };
        if let Some(cid) = reuse::take(cloud, &wanted).await? {
            return Ok(cid);
        }
    }
    let own_vm = match route {
        Route::Volume => Some(OwnVm::find(cloud, &destination).await?),
        _ => None,
    };
    let form = if own_vm.is_some() { Form::Disk } else { Form::File };
    let agent = own_agent(cloud)?;
    let agent = (form, agent.as_ref());
    let image = Image::prepare(&call.image_path, &stemcell, &path, &destination.hypervisor, agent)?;
    let spec = TemplateSpec::make(cloud, &stemcell, destination, &image).await?;
    let creation = TemplateCreation { cloud, spec: &spec, image: &image, env: &call.env, until };
    match (&route, &own_vm) {
        (Route::Published(publisher), _) => {
            let make = async |link: Link| {
                let (url, shown) = (link.reveal().to_owned(), link.to_string());
                creation.run(&Carrier::Fetch(ImageUrl { url, shown })).await
            };
            temporary_link::with_link(cloud, publisher, &image, until, make).await
        }
        (Route::Url(template), _) => {
            let source = by_url::fill_template(template, &spec, &image)?;
            creation.run(&Carrier::Fetch(source)).await
        }
        (_, Some(vm)) => creation.run(&Carrier::Volume(vm)).await,
        (Route::Upload | Route::Volume, None) => creation.run(&Carrier::Upload).await,
    }
}

/// Who brings the image in.
enum Carrier<'a> {
    /// We do.
    Upload,
    /// CloudStack does.
    Fetch(ImageUrl),
    /// A volume of our own VM.
    Volume(&'a OwnVm),
}

/// A template that is to be made.
struct TemplateCreation<'a> {
    cloud: &'a CloudStack,
    spec: &'a TemplateSpec,
    image: &'a Image,
    env: &'a Hash,
    until: Deadline,
}

impl TemplateCreation<'_> {
    /// Makes it, with its tags.
    async fn run(&self, carrier: &Carrier<'_>) -> Result<StemcellCid> {
        let cloud = self.cloud;
        cloud
            .operation("create_stemcell", async |operation| {
                let id = self.bring_in(operation, carrier).await?;
                let mut pairs = from_metadata(tags_of(self.env));
                let value = image_tag(cloud, &self.image.given_sha256);
                pairs.push(TagPair { key: IMAGE_TAG.to_owned(), value });
                tags::add(cloud, operation, TaggedType::Template, &id, pairs).await;
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
        let &Self { cloud, spec, image, until, .. } = self;
        let name = cloud.names.stemcell(operation.id());
        let mut zones = spec.zone_ids();
        let id = match carrier {
            Carrier::Fetch(source) => {
                let id = by_url::register(cloud, operation, spec, &name, source).await?;
                template::wait_until_ready(cloud, &id, &zones, until).await?;
                return Ok(id);
            }
            Carrier::Upload => {
                let id = by_upload::send(cloud, operation, spec, image, &name, until).await?;
                template::wait_until_ready(cloud, &id, &zones[..1], until).await?;
                id
            }
            Carrier::Volume(vm) => {
                zones.sort_by_key(|zone| *zone != vm.zone);
                let carrier = VolumeCarrier { cloud, spec, vm };
                carrier.bring(operation, image, &name, until).await?
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
    let send = async || cloud.run_job(&call, until).await.map(|_| ());
    let copied = change(operation, target, send, async || Ok(None)).await;
    copied.during(Activity::CreateStemcell, || format!("copying template {id}"))?;
    template::wait_until_ready(cloud, id, others, until).await
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

/// Since version 3 of the contract a stemcell may have tags.
fn tags_of(env: &Hash) -> &Hash {
    static NONE: std::sync::LazyLock<Hash> = std::sync::LazyLock::new(Hash::new);
    env.get("tags").and_then(|tags| tags.as_object()).unwrap_or(&NONE)
}
