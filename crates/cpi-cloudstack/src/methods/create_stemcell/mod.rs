//! `create_stemcell`: brings an image in as a template, or takes one that is there.

mod by_upload;
mod by_url;
mod hypervisor;
mod image;
mod light;
mod os_type;
mod plan;
mod ready;

use super::write_tags::{self, Tagged};
use crate::CloudStack;
use crate::errors::{self, Doing, Failure};
use crate::properties::{self, PATH, StemcellProperties, StemcellRoute, Wait, given};
use crate::steps::{Target, ended};
use crate::tags::{Difference, from_metadata};
use bosh_cpi::method::{CreateStemcell, Hash};
use bosh_cpi::{CpiError, Result, StemcellCid};
use cloud_http::Deadline;
use cloudstack::api::{CopyTemplate, TagPair, TaggedType, Template};
use image::Image;
use ledger::Operation;
use plan::Plan;
use provider::Provider;

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
    let image = Image::prepare(&call.image_path, &stemcell, &path, &place.hypervisor)?;
    let plan = Plan::make(cloud, &stemcell, place, &image).await?;
    cloud
        .operation("create_stemcell", async |operation| {
            let id = bring_in(cloud, operation, &plan, &image, way, until).await?;
            let mut tags = from_metadata(tags_of(&call.env));
            let (key, value) = (IMAGE_TAG.to_owned(), image.given_sha256.clone());
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
    copy(cloud, operation, plan, &name, &id, until).await.map_err(|failure| {
        errors::answer(Doing::CreateStemcell, format!("copying template {id}"), failure)
    })?;
    ready::wait(cloud, &id, &plan.zones()[1..], until).await?;
    Ok(id)
}

/// An upload goes to one zone; the others get a copy of it.
async fn copy(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Target>,
    plan: &Plan,
    name: &str,
    id: &str,
    until: Deadline,
) -> std::result::Result<(), Failure> {
    let zones = plan.zones();
    let [first, others @ ..] = zones.as_slice() else { return Ok(()) };
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
    operation.step(target, run, async || Ok(None)).await
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
