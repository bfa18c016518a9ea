//! `delete_network`, and the undo of `create_network`.

use super::create_network::named;
use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::properties::Wait;
use crate::steps::{Intent, ended, gone_is_fine};
use bosh_cpi::Result;
use bosh_cpi::method::DeleteNetwork as Call;
use cloud_http::Deadline;
use cloudstack::api::DeleteNetwork;
use cpi_kit::Provider;
use journal::Absence;

pub(crate) async fn run(cloud: &CloudStack, call: Call) -> Result<()> {
    let id = call.network_cid.as_str();
    let failed = |failure| {
        errors::answer(Activity::DeleteNetwork, format!("deleting network {id}"), failure)
    };
    cloud
        .operation("delete_network", async |operation| {
            let until = cloud.deadline(Wait::DeleteVm);
            let deleted = operation.step(
                Intent::change("delete", id),
                async || ended(delete(cloud, id, until).await),
                // What is deleted twice is deleted.
                async || delete(cloud, id, until).await.map(Some),
            );
            deleted.await.map_err(failed)?;
            Ok(((), None))
        })
        .await
}

/// Makes sure that no network of this name is left.
pub(crate) async fn no_network(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let failed = |failure| {
        errors::answer(Activity::DeleteNetwork, format!("removing network {name}"), failure)
    };
    let mut was = Absence::MayAppear;
    for network in named(cloud, name).await.map_err(failed)? {
        was = Absence::Final;
        let until = cloud.undo_deadline(Wait::DeleteVm);
        delete(cloud, &network.id, until).await.map_err(failed)?;
    }
    Ok(was)
}

async fn delete(cloud: &CloudStack, id: &str, until: Deadline) -> std::result::Result<(), Failure> {
    gone_is_fine(cloud.run(&DeleteNetwork { id: id.to_owned() }, until).await.map(drop))
}
