//! Orders of bare metal servers: what was ordered is found by more than one way, since it is billed
//! whether its listing is answered or not.

use super::billing_item::{self, Cancellation};
use super::machine_deletion;
use crate::errors::{CloudResult, cloud_error};
use crate::properties::Wait;
use crate::session::SoftLayer;
use journal::Absence;
use softlayer::api::BilledOrder;
use softlayer::api::product_order::GetBillingOrder;

/// The category by which a server is billed.
const SERVER: &str = "server";
/// A part of the state of an order that has still to be approved.
const PENDING: &str = "PENDING";

/// Makes sure that nothing is left of an order: by the server's host name, and where no server of
/// that name can be listed, by what is billed of the order.
pub(crate) async fn ensure_absent(
    cloud: &SoftLayer,
    name: &str,
    order: u64,
) -> CloudResult<Absence> {
    let listed = machine_deletion::ensure_server_absent(cloud, name).await;
    if let Ok(Absence::Final) = listed {
        return Ok(Absence::Final);
    }
    let found: Option<BilledOrder> = cloud.find(&GetBillingOrder { id: order }).await?;
    // The order's id is ours, and its items must tell of the same server.
    let ours = found.filter(|it| {
        let host = |it: &softlayer::api::BillingOrderItem| it.host_name.as_deref() == Some(name);
        it.id == order && it.items.iter().any(host)
    });
    let Some(found) = ours else { return listed };
    if found.status.as_deref().is_some_and(|status| status.contains(PENDING)) {
        let message = format!("order {order} has not been approved: its server is cancelled then");
        return Err(cloud_error(message));
    }
    let Some(item) = billing_item::of_order(&found, SERVER) else { return listed };
    let until = cloud.undo_deadline(Wait::DeleteVm);
    billing_item::cancel(cloud, item, Cancellation::Immediate, until).await?;
    Ok(Absence::Final)
}
