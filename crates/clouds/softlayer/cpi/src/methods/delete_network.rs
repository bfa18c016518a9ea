//! `delete_network`: not for this cloud.

use crate::errors::networks_not_managed;
use crate::session::SoftLayer;
use bosh_cpi::Result;
use bosh_cpi::method::DeleteNetwork;

pub(crate) async fn run(_: &SoftLayer, _: DeleteNetwork) -> Result<()> {
    Err(networks_not_managed())
}
