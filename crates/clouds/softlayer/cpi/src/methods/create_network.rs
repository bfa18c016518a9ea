//! `create_network`: not for this cloud.

use crate::errors::networks_not_managed;
use crate::session::SoftLayer;
use bosh_cpi::Result;
use bosh_cpi::answer::NetworkCreated;
use bosh_cpi::method::CreateNetwork;

pub(crate) async fn run(_: &SoftLayer, _: CreateNetwork) -> Result<NetworkCreated> {
    Err(networks_not_managed())
}
