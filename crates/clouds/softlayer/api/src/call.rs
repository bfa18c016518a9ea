//! The table of API calls: service, method, effect, and what they answer.

use crate::api::*;
use crate::field::{Field, Misread, Object};
use cloud_http::Effect;
use serde_json::Value;

/// An API call. Its field `id` says whose method it is; its other fields are the method's
/// arguments, in order.
pub trait Call: Object {
    /// The service: `SoftLayer_Virtual_Guest`.
    const SERVICE: &'static str;
    /// The method: `setTags`.
    const METHOD: &'static str;
    /// Both, for people: `SoftLayer_Virtual_Guest::setTags`.
    const NAME: &'static str;
    /// What it does to the cloud.
    const EFFECT: Effect;
    /// The sub-type of its declared answer to which the properties that are asked for belong:
    /// `SoftLayer_Hardware_Server`; empty where they are those of the declared type.
    const CAST: &'static str;
    /// What it answers.
    type Answer: Field;

    /// The object mask that asks for `View`; None for what has no fields.
    fn mask<View: Field>() -> Option<String> {
        let cast = match Self::CAST {
            "" => String::new(),
            cast => format!("({cast})"),
        };
        View::shape().map(|shape| format!("mask{cast}[{shape}]"))
    }
}

/// An API call that lists, and so comes in pages.
pub trait Listing: Call<Answer = Vec<Self::Item>> {
    /// The relation under which filters stand: `virtualGuests`; empty where they stand alone.
    const RELATION: &'static str;
    /// A row.
    type Item: Field;
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct CallInfo {
    /// The service: `SoftLayer_Virtual_Guest`.
    pub service: &'static str,
    /// The method: `setTags`.
    pub method: &'static str,
    /// What it does to the cloud.
    pub effect: Effect,
    /// Whether it belongs to one object, whose id stands in the URL.
    pub of_object: fn() -> bool,
    /// The usual mask; None where it answers no object.
    pub mask: fn() -> Option<String>,
    /// Reads an answer of it and forgets it: to try recorded answers.
    pub read: fn(Value) -> Result<(), Misread>,
}

impl CallInfo {
    /// The row of that method.
    pub fn named(service: &str, method: &str) -> Option<&'static CallInfo> {
        CALLS.iter().find(|row| row.service == service && row.method == method)
    }
}

fn read<C: Call>(answer: Value) -> Result<(), Misread> {
    C::Answer::read(answer).map(drop)
}

macro_rules! calls {
    ($($service:literal { $($method:literal $noun:ident $struct:ident $effect:ident $kind:ident
        $type:ty $(, $relation:literal)? $(as $cast:literal)?;)* })*) => {
        $($(
            impl Call for $noun::$struct {
                const SERVICE: &'static str = $service;
                const METHOD: &'static str = $method;
                const NAME: &'static str = concat!($service, "::", $method);
                const EFFECT: Effect = Effect::$effect;
                const CAST: &'static str = concat!($($cast)?);
                type Answer = calls!(@answer $kind $type);
            }
            calls!(@listing $kind $noun $struct $type $(, $relation)?);
        )*)*

        /// Every API call that this crate can make.
        pub const CALLS: &[CallInfo] = &[$($(CallInfo {
            service: $service,
            method: $method,
            effect: Effect::$effect,
            of_object: <$noun::$struct as Object>::has_id,
            mask: <$noun::$struct as Call>::mask::<<$noun::$struct as Call>::Answer>,
            read: read::<$noun::$struct>,
        },)*)*];
    };
    (@answer one $type:ty) => { $type };
    (@answer list $type:ty) => { Vec<$type> };
    (@listing one $noun:ident $struct:ident $type:ty) => {};
    (@listing list $noun:ident $struct:ident $type:ty) => {
        calls!(@listing list $noun $struct $type, "");
    };
    (@listing list $noun:ident $struct:ident $type:ty, $relation:literal) => {
        impl Listing for $noun::$struct {
            const RELATION: &'static str = $relation;
            type Item = $type;
        }
    };
}

calls! {
    "SoftLayer_Virtual_Guest" {
        "createObject"           virtual_guest CreateObject           Create one VirtualGuest;
        "getObject"              virtual_guest GetObject              Read   one VirtualGuest;
        "editObject"             virtual_guest EditObject             Change one bool;
        "deleteObject"           virtual_guest DeleteObject           Delete one bool;
        "setUserMetadata"        virtual_guest SetUserMetadata        Change one bool;
        "setTags"                virtual_guest SetTags                Change one bool;
        "rebootSoft"             virtual_guest RebootSoft             Change one bool;
        "rebootHard"             virtual_guest RebootHard             Change one bool;
        "powerOff"               virtual_guest PowerOff               Change one bool;
        "powerOn"                virtual_guest PowerOn                Change one bool;
        "generateOrderTemplate"  virtual_guest GenerateOrderTemplate  Read   one Value;
        "getCreateObjectOptions" virtual_guest GetCreateObjectOptions Read   one CreateObjectOptions;
    }
    "SoftLayer_Hardware_Server" {
        "getObject"       hardware GetObject       Read   one Hardware;
        "editObject"      hardware EditObject      Change one bool;
        "setUserMetadata" hardware SetUserMetadata Change one ();
        "setTags"         hardware SetTags         Change one bool;
        "rebootSoft"      hardware RebootSoft      Change one bool;
        "rebootHard"      hardware RebootHard      Change one bool;
    }
    "SoftLayer_Account" {
        "getObject"              account GetObject              Read one  Account;
        "getCurrentUser"         account GetCurrentUser         Read one  User;
        "getVirtualGuests"       account GetVirtualGuests       Read list VirtualGuest, "virtualGuests";
        "getHardware"            account GetHardware            Read list Hardware, "hardware" as "SoftLayer_Hardware_Server";
        "getIscsiNetworkStorage" account GetIscsiNetworkStorage Read list NetworkStorage, "iscsiNetworkStorage";
        "getOrders"              account GetOrders              Read list BillingOrder, "orders";
        "getSshKeys"             account GetSshKeys             Read list SshKey, "sshKeys";
        "getPrivateBlockDeviceTemplateGroups" account GetPrivateBlockDeviceTemplateGroups Read list Image, "privateBlockDeviceTemplateGroups";
        "getNetworkVlans"        account GetNetworkVlans        Read list Vlan, "networkVlans";
        "getSubnets"             account GetSubnets             Read list Subnet, "subnets";
        "getGlobalIpRecords"     account GetGlobalIpRecords     Read list GlobalIp, "globalIpRecords";
        "getPlacementGroups"     account GetPlacementGroups     Read list PlacementGroup, "placementGroups";
        "getDedicatedHosts"      account GetDedicatedHosts      Read list DedicatedHost, "dedicatedHosts";
    }
    "SoftLayer_Network_Storage" {
        "getObject"                    network_storage GetObject                    Read   one  NetworkStorage;
        "editObject"                   network_storage EditObject                   Change one  bool;
        "deleteObject"                 network_storage DeleteObject                 Delete one  bool;
        "allowAccessFromVirtualGuest"  network_storage AllowAccessFromVirtualGuest  Change one  bool;
        "removeAccessFromVirtualGuest" network_storage RemoveAccessFromVirtualGuest Delete one  bool;
        "allowAccessFromHardware"      network_storage AllowAccessFromHardware      Change one  bool;
        "removeAccessFromHardware"     network_storage RemoveAccessFromHardware     Delete one  bool;
        "createSnapshot"               network_storage CreateSnapshot               Create one  StorageSnapshot;
        "getSnapshots"                 network_storage GetSnapshots                 Read   list StorageSnapshot, "snapshots";
        "restoreFromSnapshot"          network_storage RestoreFromSnapshot          Change one  bool;
    }
    "SoftLayer_Product_Order" {
        "verifyOrder" product_order VerifyOrder Read   one Value;
        "placeOrder"  product_order PlaceOrder  Create one OrderReceipt;
    }
    "SoftLayer_Billing_Order" {
        "getObject"   product_order GetBillingOrder Read one BillingOrder;
    }
    "SoftLayer_Billing_Item" {
        "getObject"   billing GetObject  Read   one BillingItem;
        "cancelItem"  billing CancelItem Delete one bool;
    }
    "SoftLayer_Product_Package" {
        "getAllObjects"    product_package GetAllObjects    Read list ProductPackage;
        "getItems"         product_package GetItems         Read list ProductItem, "items";
        "getActivePresets" product_package GetActivePresets Read list PackagePreset, "activePresets";
    }
    "SoftLayer_Virtual_Guest_Block_Device_Template_Group" {
        "getObject"                image GetObject                Read   one Image;
        "editObject"               image EditObject               Change one bool;
        "deleteObject"             image DeleteObject             Delete one Value;
        "createFromExternalSource" image CreateFromExternalSource Create one Image;
        "createFromIcos"           image CreateFromIcos           Create one Image;
        "setBootMode"              image SetBootMode              Change one bool;
        "setTags"                  image SetTags                  Change one bool;
        "addLocations"             image AddLocations             Change one bool;
    }
    "SoftLayer_Security_Ssh_Key" {
        "createObject" ssh_key CreateObject Create one SshKey;
        "getObject"    ssh_key GetObject    Read   one SshKey;
        "deleteObject" ssh_key DeleteObject Delete one bool;
    }
    "SoftLayer_Network_Vlan" {
        "getObject" network GetVlan Read one Vlan;
    }
    "SoftLayer_Network_Subnet" {
        "getObject"  network GetSubnet        Read   one Subnet;
        "route"      network RouteSubnet      Change one bool;
        "clearRoute" network ClearSubnetRoute Delete one bool;
    }
    "SoftLayer_Network_Subnet_IpAddress" {
        "getByIpAddress" network GetByIpAddress Read   one Option<IpAddress>;
        "editObject"     network EditIpAddress  Change one bool;
    }
    "SoftLayer_Network_Subnet_IpAddress_Global" {
        "getObject" network GetGlobalIp Read one GlobalIp;
    }
    "SoftLayer_Network_SecurityGroup" {
        "getAllObjects" security_group GetAllObjects Read list SecurityGroup;
    }
    "SoftLayer_Location_Datacenter" {
        "getDatacenters" location GetDatacenters Read list Datacenter;
    }
}
