//! `SoftLayer_Virtual_Guest`: virtual machines.

use super::common::{AllowedHost, Datacenter, Id, Keyed, Named, TagReference, Time, Transaction};
use crate::field::object;
use cloud_http::Secret;

object! {
    /// Makes a guest. It is billed from here on. The answer has no address yet.
    pub struct CreateObject {
        /// What to make.
        pub template: NewVirtualGuest,
    }
}

object! {
    /// Tells of a guest. One that is being reclaimed is still told of, for minutes or hours.
    pub struct GetObject {
        /// The guest.
        pub id: u64,
    }
}

object! {
    /// Changes host name, domain or notes.
    pub struct EditObject {
        /// The guest.
        pub id: u64,
        /// What to change.
        pub template: GuestEdit,
    }
}

object! {
    /// What can be changed of a guest.
    #[derive(Default)]
    pub struct GuestEdit {
        /// The host name.
        pub hostname: Option<String>,
        /// The domain.
        pub domain: Option<String>,
        /// Notes, for people and for us.
        pub notes: Option<String>,
    }
}

object! {
    /// Cancels a guest. Refused while something else is being done to it.
    pub struct DeleteObject {
        /// The guest.
        pub id: u64,
    }
}

object! {
    /// Sets what the metadata service serves, and what stands on the configuration drive. Refused
    /// with `NotImplemented` until the guest has a host.
    pub struct SetUserMetadata {
        /// The guest.
        pub id: u64,
        /// One text.
        pub metadata: Vec<Secret>,
    }
}

object! {
    /// Replaces all tags.
    pub struct SetTags {
        /// The guest.
        pub id: u64,
        /// The tags, joined by commas.
        pub tags: String,
    }
}

object! {
    /// Asks the guest to reboot.
    pub struct RebootSoft {
        /// The guest.
        pub id: u64,
    }
}

object! {
    /// Switches the guest off and on.
    pub struct RebootHard {
        /// The guest.
        pub id: u64,
    }
}

object! {
    /// Switches the guest off.
    pub struct PowerOff {
        /// The guest.
        pub id: u64,
    }
}

object! {
    /// Switches the guest on.
    pub struct PowerOn {
        /// The guest.
        pub id: u64,
    }
}

object! {
    /// The order that `createObject` would place: for `SoftLayer_Product_Order::verifyOrder`, which
    /// finds faults before anything is billed.
    pub struct GenerateOrderTemplate {
        /// What would be made.
        pub template: NewVirtualGuest,
    }
}

object! {
    /// Tells of what guests can be made.
    pub struct GetCreateObjectOptions {}
}

object! {
    /// A guest to make. A flavor excludes `start_cpus`, `max_memory`, `dedicated_account_host_only_flag`
    /// and `dedicated_host`.
    #[derive(Default)]
    pub struct NewVirtualGuest {
        /// The host name. Need not be unique, but ours are.
        pub hostname: String,
        /// The domain.
        pub domain: String,
        /// The data center, by name.
        pub datacenter: Option<Named>,
        /// The image.
        pub block_device_template_group: Option<ImageRef>,
        /// An operating system of SoftLayer's, in place of an image.
        pub operating_system_reference_code: Option<String>,
        /// Billed by the hour, not by the month.
        pub hourly_billing_flag: Option<bool>,
        /// Disks on the host, not in the SAN.
        pub local_disk_flag: Option<bool>,
        /// CPUs.
        pub start_cpus: Option<u64>,
        /// Memory in MiB.
        pub max_memory: Option<u64>,
        /// Only on hosts with no guest of other accounts.
        pub dedicated_account_host_only_flag: Option<bool>,
        /// On this dedicated host.
        pub dedicated_host: Option<Id>,
        /// In this placement group.
        pub placement_group_id: Option<u64>,
        /// Cheap, and gone when SoftLayer wants the place. Hourly only.
        pub transient_guest_flag: Option<bool>,
        /// Without a public NIC.
        pub private_network_only_flag: Option<bool>,
        /// The speed of the NICs.
        pub network_components: Vec<NetworkSpeed>,
        /// The public NIC.
        pub primary_network_component: Option<NewNetworkComponent>,
        /// The private NIC.
        pub primary_backend_network_component: Option<NewNetworkComponent>,
        /// The disks beside the image's own, from device 2.
        pub block_devices: Vec<NewBlockDevice>,
        /// Public keys of root.
        pub ssh_keys: Vec<Id>,
        /// What the metadata service serves at first. Without any there is no configuration drive.
        pub user_data: Vec<UserData>,
        /// Flavor, boot mode, script.
        pub supplemental_create_object_options: Option<CreateOptions>,
    }
}

object! {
    /// A reference to an image.
    pub struct ImageRef {
        /// Its UUID.
        pub global_identifier: String,
    }
}

object! {
    /// The speed of the NICs.
    pub struct NetworkSpeed {
        /// In Mbit/s: 10, 100, 1000.
        pub max_speed: u64,
    }
}

object! {
    /// A NIC to make.
    #[derive(Default)]
    pub struct NewNetworkComponent {
        /// In this VLAN.
        pub network_vlan: Option<VlanChoice>,
        /// In these security groups.
        pub security_group_bindings: Vec<SecurityGroupBinding>,
    }
}

object! {
    /// A VLAN, and a subnet of it.
    pub struct VlanChoice {
        /// The VLAN.
        pub id: u64,
        /// The primary subnet to take the address from.
        pub primary_subnet: Option<Id>,
    }
}

object! {
    /// Binds a NIC to a security group.
    pub struct SecurityGroupBinding {
        /// The group.
        pub security_group: Id,
    }
}

object! {
    /// A disk to make.
    pub struct NewBlockDevice {
        /// Its place: 0 is the image's, 1 is swap, ours begin at 2.
        pub device: String,
        /// Its size.
        pub disk_image: DiskImage,
    }
}

object! {
    /// A disk.
    pub struct DiskImage {
        /// In GiB.
        pub capacity: u64,
    }
}

object! {
    /// What the metadata service serves.
    pub struct UserData {
        /// One text.
        pub value: Secret,
    }
}

object! {
    /// What stands beside the guest in its order.
    #[derive(Default)]
    pub struct CreateOptions {
        /// `HVM` or `PV`.
        pub boot_mode: Option<String>,
        /// The flavor: `B1_4X8X100`.
        pub flavor_key_name: Option<String>,
        /// A script that is run after the first boot. May hold a token.
        pub post_install_script_uri: Option<Secret>,
    }
}

object! {
    /// A guest.
    pub struct VirtualGuest {
        /// Its id.
        pub id: u64,
        /// Whose it is.
        pub account_id: Option<u64>,
        /// Its UUID.
        pub global_identifier: Option<String>,
        /// Its host name.
        pub hostname: Option<String>,
        /// Its domain.
        pub domain: Option<String>,
        /// When it was ordered.
        pub create_date: Option<Time>,
        /// When it was ready.
        pub provision_date: Option<Time>,
        /// Its CPUs.
        pub max_cpu: Option<u64>,
        /// Its memory in MiB.
        pub max_memory: Option<u64>,
        /// Billed by the hour.
        pub hourly_billing_flag: Option<bool>,
        /// Without a public NIC.
        pub private_network_only_flag: Option<bool>,
        /// Its public address.
        pub primary_ip_address: Option<String>,
        /// Its private address.
        pub primary_backend_ip_address: Option<String>,
        /// Notes, for people and for us.
        pub notes: Option<String>,
        /// `ACTIVE`, `DISCONNECTED` …
        pub status: Option<Keyed>,
        /// `RUNNING`, `HALTED`, `PAUSED`.
        pub power_state: Option<Keyed>,
        /// What is being done to it.
        pub active_transaction: Option<Transaction>,
        /// Where it is.
        pub datacenter: Option<Datacenter>,
        /// What it is billed by; none once it is cancelled.
        pub billing_item: Option<Id>,
        /// Its tags.
        pub tag_references: Vec<TagReference>,
    }
}

object! {
    /// A guest as one that waits for it sees it.
    pub struct GuestProgress {
        /// Its id.
        pub id: u64,
        /// When it was ready.
        pub provision_date: Option<Time>,
        /// `RUNNING`, `HALTED`, `PAUSED`.
        pub power_state: Option<Keyed>,
        /// What is being done to it.
        pub active_transaction: Option<Transaction>,
        /// What it is billed by; none once it is cancelled.
        pub billing_item: Option<Id>,
    }
}

object! {
    /// A guest as the volumes see it.
    pub struct GuestStorage {
        /// Its id.
        pub id: u64,
        /// Where it is.
        pub datacenter: Option<Datacenter>,
        /// Its iSCSI name and CHAP credentials; none before its first volume.
        pub allowed_host: Option<AllowedHost>,
        /// The volumes that it may mount.
        pub allowed_network_storage: Vec<Id>,
        /// What is being done to it.
        pub active_transaction: Option<Transaction>,
        /// When it was ready.
        pub provision_date: Option<Time>,
        /// What it is billed by; none once it is cancelled.
        pub billing_item: Option<Id>,
    }
}

object! {
    /// A guest as the networks see it.
    pub struct GuestNetworks {
        /// Its id.
        pub id: u64,
        /// Its public NIC.
        pub primary_network_component: Option<NetworkComponent>,
        /// Its private NIC.
        pub primary_backend_network_component: Option<NetworkComponent>,
    }
}

object! {
    /// A NIC.
    pub struct NetworkComponent {
        /// Its id.
        pub id: Option<u64>,
        /// `eth`.
        pub name: Option<String>,
        /// 0 is the private one, 1 the public one.
        pub port: Option<u64>,
        /// Its MAC.
        pub mac_address: Option<String>,
        /// `ACTIVE` …
        pub status: Option<String>,
        /// Its address.
        pub primary_ip_address: Option<String>,
        /// Its VLAN.
        pub network_vlan: Option<ComponentVlan>,
        /// The subnet of its address.
        pub primary_subnet: Option<ComponentSubnet>,
    }
}

object! {
    /// The VLAN of a NIC.
    pub struct ComponentVlan {
        /// Its id.
        pub id: u64,
        /// Its number.
        pub vlan_number: Option<u64>,
        /// `PRIVATE` or `PUBLIC`.
        pub network_space: Option<String>,
    }
}

object! {
    /// The subnet of a NIC's address.
    pub struct ComponentSubnet {
        /// Its id.
        pub id: u64,
        /// Its netmask: `255.255.255.192`.
        pub netmask: Option<String>,
        /// Its gateway.
        pub gateway: Option<String>,
        /// The length of its prefix.
        pub cidr: Option<u64>,
        /// Its first address.
        pub network_identifier: Option<String>,
    }
}

object! {
    /// Of what guests can be made.
    pub struct CreateObjectOptions {
        /// The flavors.
        pub flavors: Vec<FlavorOption>,
    }
}

object! {
    /// A flavor that can be ordered.
    pub struct FlavorOption {
        /// The flavor.
        pub flavor: Flavor,
    }
}

object! {
    /// A flavor: CPUs, memory and disks at one price.
    pub struct Flavor {
        /// Its name for programs, `B1_4X8X100`: family, CPUs, memory in GiB, first disk in GiB.
        pub key_name: String,
        /// Its name for people.
        pub name: Option<String>,
    }
}
