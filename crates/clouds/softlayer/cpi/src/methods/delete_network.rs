//! `delete_network`: not for this cloud.

use super::create_network::not_supported;
use crate::SoftLayer;
use bosh_cpi::Result;
use bosh_cpi::method::DeleteNetwork;

pub(crate) async fn run(_: &SoftLayer, _: DeleteNetwork) -> Result<()> {
    Err(not_supported())
}
