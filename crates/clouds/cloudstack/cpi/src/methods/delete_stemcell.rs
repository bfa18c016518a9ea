//! `delete_stemcell`: deletes a template of ours; a light stemcell's is left alone.

use super::create_stemcell::reuse;
use super::create_vm::LIGHT;
use crate::CloudStack;
use crate::errors::{self, Activity};
use crate::lookup::is_id;
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use bosh_cpi::method::DeleteStemcell;
use bosh_cpi::{CpiError, Result, StemcellCid};
use cloudstack::api::{DeleteTemplate, ListTemplates, Success};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteStemcell) -> Result<()> {
    let cid = call.stemcell_cid;
    if cid.as_str().ends_with(LIGHT) {
        tracing::info!("{cid}: a light stemcell, its template stays");
        return Ok(());
    }
    let failed = |failure| {
        errors::answer(Activity::DeleteStemcell, format!("deleting stemcell {cid}"), failure)
    };
    if let Some((template, mark)) = reuse::parse(cid.as_str()) {
        return release(cloud, template, &mark).await;
    }
    let Some(id) = template_id(cloud, &cid).await? else { return Ok(()) };
    if reuse::stays(cloud, &id).await.map_err(failed)? {
        tracing::info!("{cid}: its template stays, other stemcells are made from it");
        return Ok(());
    }
    cloud
        .operation("delete_stemcell", async |operation| {
            let delete = DeleteTemplate { id: id.clone(), zoneid: None };
            let until = cloud.deadline(Wait::Lookup);
            let deleted = operation
                .step(
                    Intent::change("delete", &id),
                    async || ended(cloud.run(&delete, until).await),
                    async || Ok(None::<Success>),
                )
                .await;
            match deleted {
                Ok(_) => Ok(((), None)),
                Err(failure) if failure.is_gone() => Ok(((), None)),
                Err(failure) => Err(failed(failure)),
            }
        })
        .await
}

/// One of several stemcells of a template.
async fn release(cloud: &CloudStack, template: &str, mark: &str) -> Result<()> {
    cloud
        .operation("delete_stemcell", async |operation| {
            let done = operation
                .step(
                    Intent::change("delete", template),
                    async || ended(reuse::release(cloud, template, mark).await),
                    async || Ok(None),
                )
                .await;
            let tried = format!("deleting a stemcell of template {template}");
            done.map_err(|failure| errors::answer(Activity::DeleteStemcell, tried, failure))?;
            Ok(((), None))
        })
        .await
}

/// The Go CPI's CIDs are names; a failed upload leaves one that no VM can be made from, so
/// that all of the account's own templates are looked through.
async fn template_id(cloud: &CloudStack, cid: &StemcellCid) -> Result<Option<String>> {
    if is_id(cid.as_str()) {
        return Ok(Some(cid.as_str().to_owned()));
    }
    let of = ListTemplates {
        templatefilter: "self".into(),
        name: Some(cid.as_str().to_owned()),
        ..ListTemplates::default()
    };
    let templates = cloud.list(of).await.map_err(|failure| {
        errors::answer(Activity::FindStemcell, format!("looking for stemcell {cid}"), failure)
    })?;
    let mut ids: Vec<_> =
        templates.into_iter().filter(|row| row.name == cid.as_str()).map(|row| row.id).collect();
    ids.dedup(); // a row per zone
    match ids.as_slice() {
        [] => Ok(None),
        [id] => Ok(Some(id.clone())),
        several => Err(CpiError::cloud(format!(
            "more than one template is named '{cid}': {}",
            several.join(", ")
        ))),
    }
}
