//! The order of a virtual guest.

use super::find::Nic;
use super::{Order, appeared, look};
use crate::SoftLayer;
use crate::cids::Machine;
use crate::connect::Answer;
use crate::machine::Seen;
use crate::properties::given;
use crate::settings::placeholder;
use crate::steps::{Intent, ended};
use cloud_http::reveal;
use journal::Operation;
use softlayer::Filter;
use softlayer::api::virtual_guest::{
    CreateObject, CreateOptions, DiskImage, ImageRef, NetworkSpeed, NewBlockDevice,
    NewNetworkComponent, SecurityGroupBinding, UserData, VlanChoice,
};
use softlayer::api::{Id, Named, NewVirtualGuest, VirtualGuest, account};

/// CPUs and memory (MiB) of a VM that names neither them nor a flavor.
const USUAL: (u64, u64) = (4, 8192);

/// Orders a guest. It is billed from here on.
pub(super) async fn order(
    order: &Order<'_>,
    operation: &mut Operation<'_, Intent>,
) -> Answer<Machine> {
    let call = CreateObject { template: template(order) };
    let (cloud, name) = (order.cloud, order.name);
    operation
        .step(
            Intent::Guest { name: name.to_owned() },
            async || {
                let made = cloud.call(&call, order.until).await;
                ended(made.map(|guest| Machine::Guest(guest.id)))
            },
            async || appeared(async || guests_named(cloud, name).await, look(cloud)).await,
        )
        .await
}

/// The guests of this host name.
pub(crate) async fn guests_named(cloud: &SoftLayer, name: &str) -> Answer<Vec<Seen>> {
    let filter = Filter::is("hostname", name);
    let guests: Vec<VirtualGuest> = cloud.list(&account::GetVirtualGuests {}, &filter).await?;
    Ok(guests.into_iter().map(Seen::from).collect())
}

fn template(order: &Order<'_>) -> NewVirtualGuest {
    let Order { wishes, found, .. } = order;
    let vm = &wishes.vm;
    let flavor = given(&vm.flavor_key_name);
    let size = |given: Option<u64>, usual| flavor.is_none().then(|| given.unwrap_or(usual));
    NewVirtualGuest {
        hostname: order.name.to_owned(),
        domain: wishes.domain.clone(),
        datacenter: Some(Named { name: Some(wishes.datacenter.clone()) }),
        block_device_template_group: found
            .image
            .clone()
            .map(|global_identifier| ImageRef { global_identifier }),
        hourly_billing_flag: Some(wishes.hourly),
        local_disk_flag: match flavor {
            // The flavor says.
            Some(_) => vm.local_disk_flag,
            None => Some(vm.local_disk_flag.unwrap_or_default()),
        },
        start_cpus: size(vm.cpu, USUAL.0),
        // It is sold in whole GiB.
        max_memory: size(vm.memory.map(|mib| mib.next_multiple_of(1024)), USUAL.1),
        dedicated_account_host_only_flag: vm.dedicated_account_host_only_flag.then_some(true),
        dedicated_host: vm.dedicated_host_id.map(Id::from),
        placement_group_id: found.placement_group,
        transient_guest_flag: vm.transient.then_some(true),
        private_network_only_flag: Some(found.public.is_none()),
        network_components: vec![NetworkSpeed { max_speed: vm.max_network_speed }],
        primary_network_component: found.public.as_ref().and_then(|nic| component(order, nic)),
        primary_backend_network_component: component(order, &found.private),
        block_devices: wishes.disk.map(ephemeral).into_iter().collect(),
        ssh_keys: found.ssh_keys.iter().map(|id| Id::from(*id)).collect(),
        user_data: vec![UserData { value: placeholder(order.name) }],
        supplemental_create_object_options: Some(CreateOptions {
            boot_mode: Some(vm.boot_mode.clone()),
            flavor_key_name: flavor.map(str::to_owned),
            post_install_script_uri: vm
                .post_install_script_uri
                .clone()
                .filter(|uri| !reveal(uri).is_empty()),
        }),
        ..NewVirtualGuest::default()
    }
}

/// Device 0 is the image's, 1 is swap.
fn ephemeral(capacity: u64) -> NewBlockDevice {
    NewBlockDevice { device: "2".to_owned(), disk_image: DiskImage { capacity } }
}

fn component(order: &Order<'_>, nic: &Nic) -> Option<NewNetworkComponent> {
    let mut groups = order.found.security_groups.clone();
    groups.extend(&nic.security_groups);
    groups.sort_unstable();
    groups.dedup();
    let network_vlan = nic.vlan.as_ref().map(|(id, _)| VlanChoice {
        id: *id,
        primary_subnet: nic.subnet.as_ref().map(|(subnet, _)| Id::from(*subnet)),
    });
    if network_vlan.is_none() && groups.is_empty() {
        return None;
    }
    let binding = |id: u64| SecurityGroupBinding { security_group: Id { id } };
    let security_group_bindings = groups.into_iter().map(binding).collect();
    Some(NewNetworkComponent { network_vlan, security_group_bindings })
}
