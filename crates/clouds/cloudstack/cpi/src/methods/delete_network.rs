//! `delete_network`: deletes a network that BOSH manages. One that is gone is as it should be.

use crate::api::step_outcome;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::network;
use crate::session::CloudStack;
use bosh_cpi::Result;
use bosh_cpi::method::DeleteNetwork;
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteNetwork) -> Result<()> {
    let id = call.network_cid.as_str();
    cloud
        .operation("delete_network", async |operation| {
            let until = cloud.deadline(Wait::DeleteVm);
            let deleted = operation.step(
                Intent::change("delete", id),
                async || step_outcome(network::delete(cloud, id, until).await),
                // What is deleted twice is deleted.
                async || network::delete(cloud, id, until).await.map(Some),
            );
            deleted.await.during(Activity::DeleteNetwork, || format!("deleting network {id}"))?;
            Ok(((), None))
        })
        .await
}
