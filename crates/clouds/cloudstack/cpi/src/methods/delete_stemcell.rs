//! `delete_stemcell`: deletes a template of ours; a light stemcell's is left alone.

use crate::api::change;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::name_ref::is_id;
use crate::permit::{self, Permit};
use crate::properties::Wait;
use crate::resources::stemcell_cid::{LIGHT, parse_shared};
use crate::resources::{shared_template, template};
use crate::session::CloudStack;
use bosh_cpi::method::DeleteStemcell;
use bosh_cpi::{CpiError, Result, StemcellCid};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteStemcell) -> Result<()> {
    let cid = call.stemcell_cid;
    if cid.as_str().ends_with(LIGHT) {
        tracing::info!("{cid}: a light stemcell, its template stays");
        return Ok(());
    }
    let tried = || format!("deleting stemcell {cid}");
    if let Some((template, mark)) = parse_shared(cid.as_str()) {
        return release(cloud, template, &mark).await;
    }
    let Some(id) = template_id(cloud, &cid).await? else { return Ok(()) };
    if shared_template::stays(cloud, &id).await.during(Activity::DeleteStemcell, tried)? {
        tracing::info!("{cid}: its template stays, other stemcells are made from it");
        return Ok(());
    }
    cloud
        .operation("delete_stemcell", async |operation| {
            let delete = permit::delete_template(&Permit::of_caller(&cid, &id));
            let until = cloud.deadline(Wait::Lookup);
            let send = async || cloud.destroy_by_job(&delete, until).await.ignore_not_found();
            let probe = async || Ok(template::by_id(cloud, &id).await?.is_empty().then_some(()));
            let deleted = change(operation, Intent::change("delete", &id), send, probe).await;
            deleted.during(Activity::DeleteStemcell, tried)?;
            Ok(((), None))
        })
        .await
}

/// One of several stemcells of a template.
async fn release(cloud: &CloudStack, template: &str, mark: &str) -> Result<()> {
    cloud
        .operation("delete_stemcell", async |operation| {
            let send = async || shared_template::release(cloud, template, mark).await.map(drop);
            // What is released twice is released.
            let probe = async || send().await.map(Some);
            let released =
                change(operation, Intent::change("delete", template), &send, probe).await;
            let tried = || format!("deleting a stemcell of template {template}");
            released.during(Activity::DeleteStemcell, tried)?;
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
    let templates = template::named(cloud, cid.as_str()).await;
    let templates =
        templates.during(Activity::FindStemcell, || format!("looking up stemcell {cid}"))?;
    let mut ids: Vec<_> = templates.into_iter().map(|row| row.id).collect();
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
