//! `delete_network`: deletes a network that BOSH manages. One that is gone is as it should be.

use crate::api::change;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::permit::Permit;
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
            let permit = Permit::of_caller(&call.network_cid, id);
            let send = async || network::delete(cloud, &permit, until).await;
            // What is deleted twice is deleted.
            let probe = async || send().await.map(Some);
            let deleted = change(operation, Intent::change("delete", id), &send, probe).await;
            deleted.during(Activity::DeleteNetwork, || format!("deleting network {id}"))?;
            Ok(((), None))
        })
        .await
}
