//! The order of a virtual guest.

use super::order::{MachineOrder, search_deadline, wait_until_listed};
use super::resolve::ResolvedNic;
use crate::agent_settings::placeholder;
use crate::api::step_outcome;
use crate::cids::Machine;
use crate::errors::CloudResult;
use crate::intent::Intent;
use crate::properties::given;
use crate::resources::machine;
use cloud_http::reveal;
use journal::Operation;
use softlayer::api::virtual_guest::{
    CreateObject, CreateOptions, DiskImage, ImageRef, NetworkSpeed, NewBlockDevice,
    NewNetworkComponent, SecurityGroupBinding, UserData, VlanChoice,
};
use softlayer::api::{Id, Named, NewVirtualGuest};

/// CPUs and memory (MiB) of a VM that names neither them nor a flavor.
const DEFAULT_SIZE: (u64, u64) = (4, 8192);

/// Orders a guest. It is billed from here on.
pub(super) async fn place(
    order: &MachineOrder<'_>,
    operation: &mut Operation<'_, Intent>,
) -> CloudResult<Machine> {
    let call = CreateObject { template: template(order) };
    let (cloud, name) = (order.cloud, order.name);
    operation
        .step(
            Intent::Guest { name: name.to_owned() },
            async || {
                let made = cloud.call(&call, order.until).await;
                step_outcome(made.map(|guest| Machine::Guest(guest.id)))
            },
            async || {
                let named = async || machine::guests_by_name(cloud, name).await;
                wait_until_listed(cloud, named, search_deadline(cloud)).await
            },
        )
        .await
}

fn template(order: &MachineOrder<'_>) -> NewVirtualGuest {
    let MachineOrder { spec, resolved, .. } = order;
    let vm = &spec.vm;
    let flavor = given(&vm.flavor_key_name);
    let size = |given: Option<u64>, default| flavor.is_none().then(|| given.unwrap_or(default));
    NewVirtualGuest {
        hostname: order.name.to_owned(),
        domain: spec.domain.clone(),
        datacenter: Some(Named { name: Some(spec.datacenter.clone()) }),
        block_device_template_group: resolved
            .image
            .clone()
            .map(|global_identifier| ImageRef { global_identifier }),
        hourly_billing_flag: Some(spec.hourly),
        local_disk_flag: match flavor {
            // The flavor says.
            Some(_) => vm.local_disk_flag,
            None => Some(vm.local_disk_flag.unwrap_or_default()),
        },
        start_cpus: size(vm.cpu, DEFAULT_SIZE.0),
        // It is sold in whole GiB.
        max_memory: size(vm.memory.map(|mib| mib.next_multiple_of(1024)), DEFAULT_SIZE.1),
        dedicated_account_host_only_flag: vm.dedicated_account_host_only_flag.then_some(true),
        dedicated_host: vm.dedicated_host_id.map(Id::from),
        placement_group_id: resolved.placement_group,
        transient_guest_flag: vm.transient.then_some(true),
        private_network_only_flag: Some(resolved.public.is_none()),
        network_components: vec![NetworkSpeed { max_speed: vm.max_network_speed }],
        primary_network_component: resolved.public.as_ref().and_then(|nic| component(order, nic)),
        primary_backend_network_component: component(order, &resolved.private),
        block_devices: spec.disk.map(ephemeral).into_iter().collect(),
        ssh_keys: resolved.ssh_keys.iter().map(|id| Id::from(*id)).collect(),
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

fn component(order: &MachineOrder<'_>, nic: &ResolvedNic) -> Option<NewNetworkComponent> {
    let mut groups = order.resolved.security_groups.clone();
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
