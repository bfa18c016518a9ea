//! The order of a bare metal server: a preset, an operating system of SoftLayer's and the least
//! else that every server needs. No image goes onto it.

use super::order::{MachineOrder, search_deadline, wait_until_listed};
use super::resolve::ResolvedNic;
use crate::agent_settings::placeholder;
use crate::api::step_outcome;
use crate::cids::Machine;
use crate::errors::{CloudResult, Failure, vm_not_possible};
use crate::intent::Intent;
use crate::lookup::datacenter;
use crate::properties::given;
use crate::resources::machine;
use crate::session::SoftLayer;
use cloud_http::reveal;
use journal::Operation;
use softlayer::api::product_order::{
    HARDWARE, HardwareNic, HardwareUserData, NewHardware, PlaceOrder, SshKeyChoice, VerifyOrder,
};
use softlayer::api::{
    Id, ItemPrice, Order, OrderForm, PackagePreset, ProductItem, ProductPackage, product_package,
};
use softlayer::{Error, Filter};

/// The package of servers that are ordered by a preset.
const PACKAGE: &str = "BARE_METAL_SERVER";
/// What every server has.
const ALWAYS: &[&str] =
    &["1_IP_ADDRESS", "UNLIMITED_SSL_VPN_USERS_1_PPTP_VPN_USER_PER_ACCOUNT", "REBOOT_KVM_OVER_IP"];
const PORT_SPEED: &str = "port_speed";
const BANDWIDTH: &str = "bandwidth";

/// Orders a server, and waits until it has an id.
pub(super) async fn place(
    order: &MachineOrder<'_>,
    operation: &mut Operation<'_, Intent>,
) -> CloudResult<Machine> {
    let MachineOrder { cloud, name, until, .. } = *order;
    let form = form(order).await?;
    // Whatever is wrong with it is told here, where it costs nothing.
    cloud.call(&VerifyOrder { order: form.clone() }, until).await?;
    let place = PlaceOrder { order: form, save_as_quote: false };
    let named = async || machine::servers_by_name(cloud, name).await;
    let listed = async |until| wait_until_listed(cloud, named, until).await;
    let placed = operation
        .step(
            Intent::Server { name: name.to_owned() },
            async || {
                let receipt = cloud.call(&place, until).await;
                step_outcome(receipt.map(|receipt| Placed::Order(receipt.order_id)))
            },
            async || Ok(listed(search_deadline(cloud)).await?.map(Placed::Server)),
        )
        .await?;
    let Placed::Order(id) = placed else {
        return placed.server().ok_or_else(|| not_listed(name));
    };
    // From here on what is billed is found by the order too, whatever lists say.
    let find = async |until| listed(until).await?.ok_or_else(|| not_listed(name));
    operation
        .step(
            Intent::ServerOfOrder { name: name.to_owned(), order: id },
            async || step_outcome(find(until).await),
            async || find(until).await.map(Some),
        )
        .await
}

/// What came of placing an order.
enum Placed {
    /// Its id.
    Order(u64),
    /// The answer was lost, and the server is there.
    Server(Machine),
}

impl Placed {
    fn server(self) -> Option<Machine> {
        match self {
            Self::Order(_) => None,
            Self::Server(machine) => Some(machine),
        }
    }
}

fn not_listed(name: &str) -> Failure {
    let what = format!("server {name}");
    Failure::Cloud(Error::Late { call: "SoftLayer_Account::getHardware", what, last: None })
}

async fn form(order: &MachineOrder<'_>) -> CloudResult<OrderForm> {
    let MachineOrder { cloud, spec, resolved, name, .. } = order;
    let nics = [Some(&resolved.private), resolved.public.as_ref()];
    if nics.into_iter().flatten().any(|nic| !nic.security_groups.is_empty()) {
        let message =
            "security_groups: not supported on bare metal servers, but a network has some";
        return Err(vm_not_possible(message));
    }
    let package = package(cloud).await?;
    let nic = |nic: &ResolvedNic| {
        let vlan = nic.vlan.as_ref().map(|(id, _)| Id::from(*id));
        vlan.map(|vlan| HardwareNic { network_vlan: Some(vlan) })
    };
    let server = NewHardware {
        hostname: (*name).to_owned(),
        domain: spec.domain.clone(),
        primary_network_component: resolved.public.as_ref().and_then(nic),
        primary_backend_network_component: nic(&resolved.private),
        user_data: vec![HardwareUserData { value: placeholder(name) }],
    };
    let script = spec.vm.post_install_script_uri.as_ref().map(reveal);
    let script = script.filter(|uri| !uri.is_empty()).map(str::to_owned);
    let order = Order {
        complex_type: HARDWARE.to_owned(),
        package_id: Some(package),
        preset_id: Some(preset(order, package).await?),
        location: Some(datacenter_id(order).await?.to_string()),
        quantity: Some(1),
        use_hourly_pricing: Some(spec.hourly),
        prices: prices(order, package).await?.into_iter().map(Into::into).collect(),
        hardware: vec![server],
        ssh_keys: match resolved.ssh_keys.as_slice() {
            [] => Vec::new(),
            ids => vec![SshKeyChoice { ssh_key_ids: ids.to_vec() }],
        },
        provision_scripts: script.into_iter().collect(),
        ..Order::default()
    };
    Ok(OrderForm::Several(vec![order]))
}

async fn package(cloud: &SoftLayer) -> CloudResult<u64> {
    let filter = Filter::is("keyName", PACKAGE);
    let found: Vec<ProductPackage> =
        cloud.list(&product_package::GetAllObjects {}, &filter).await?;
    match found.first() {
        Some(package) => Ok(package.id),
        None => Err(vm_not_possible(format!(
            "package {PACKAGE} not found: this account may not order bare metal servers"
        ))),
    }
}

async fn datacenter_id(order: &MachineOrder<'_>) -> CloudResult<u64> {
    let name = &order.spec.datacenter;
    let found = datacenter::find(order.cloud, name).await?;
    found.and_then(|it| it.id).ok_or_else(|| {
        let path = &order.spec.path;
        vm_not_possible(format!("{path}.datacenter: data center '{name}' not found"))
    })
}

async fn preset(order: &MachineOrder<'_>, package: u64) -> CloudResult<u64> {
    let wanted = given(&order.spec.vm.bare_metal_preset).unwrap_or_default();
    let call = product_package::GetActivePresets { id: package };
    let all: Vec<PackagePreset> = order.cloud.list(&call, &Filter::everything()).await?;
    let names = || all.iter().filter_map(|preset| preset.key_name.as_deref());
    match all.iter().find(|preset| preset.key_name.as_deref() == Some(wanted)) {
        Some(preset) => Ok(preset.id),
        None => {
            let names: Vec<_> = names().collect();
            Err(vm_not_possible(format!(
                "{}.bare_metal_preset: '{wanted}' not found; known presets: {}",
                order.spec.path,
                names.join(", ")
            )))
        }
    }
}

/// The prices of all items, of which each category has one.
async fn prices(order: &MachineOrder<'_>, package: u64) -> CloudResult<Vec<u64>> {
    let vm = &order.spec.vm;
    let os = given(&vm.bare_metal_os).unwrap_or_default();
    let extra = vm.bare_metal_items.iter().map(|name| ("bare_metal_items", name.as_str()));
    let named: Vec<(&str, &str)> = extra
        .chain([("bare_metal_os", os)])
        .chain(ALWAYS.iter().map(|name| ("bare_metal", *name)))
        .collect();
    let call = product_package::GetItems { id: package };
    let filter = Filter::one_of("keyName", named.iter().map(|(_, name)| *name));
    let mut items: Vec<ProductItem> = order.cloud.list(&call, &filter).await?;
    let unknown = named
        .iter()
        .find(|(_, name)| !items.iter().any(|item| item.key_name.as_deref() == Some(*name)));
    if let Some((property, name)) = unknown {
        let path = &order.spec.path;
        return Err(vm_not_possible(format!("{path}.{property}: item '{name}' not found")));
    }
    let filter = Filter::one_of("itemCategory.categoryCode", [PORT_SPEED, BANDWIDTH]);
    let choice: Vec<ProductItem> = order.cloud.list(&call, &filter).await?;
    let has = |items: &[ProductItem], wanted| items.iter().any(|item| category(item) == wanted);
    if !has(&items, PORT_SPEED) {
        items.push(port_speed(order, &choice)?);
    }
    if !has(&items, BANDWIDTH) {
        items.extend(bandwidth(&choice, order.spec.hourly));
    }
    items.iter().map(|item| price(item, order.spec.hourly)).collect()
}

fn category(item: &ProductItem) -> &str {
    item.item_category.as_ref().map_or("", |category| category.category_code.as_str())
}

/// The plainest port of the wanted speed: neither redundant nor bonded.
fn port_speed(order: &MachineOrder<'_>, items: &[ProductItem]) -> CloudResult<ProductItem> {
    let (speed, private) = (order.spec.vm.max_network_speed, order.resolved.public.is_none());
    let name = |item: &ProductItem| item.key_name.clone().unwrap_or_default();
    let fits = |item: &&ProductItem| {
        category(item) == PORT_SPEED
            && item.capacity == Some(speed as f64)
            && name(item).contains("PUBLIC") != private
    };
    items.iter().filter(fits).min_by_key(|item| (name(item).len(), name(item))).cloned().ok_or_else(
        || {
            let what = if private { "private" } else { "public" };
            vm_not_possible(format!(
                "{}.max_network_speed: no {what} port of {speed} Mbit/s is sold for servers",
                order.spec.path
            ))
        },
    )
}

/// The least that is sold for that billing.
fn bandwidth(items: &[ProductItem], hourly: bool) -> Option<ProductItem> {
    let sold = items.iter().filter(|item| category(item) == BANDWIDTH);
    let sold = sold.filter(|item| item.prices.iter().any(|price| is_general(price, hourly)));
    let least = |one: &&ProductItem, other: &&ProductItem| {
        let capacity = |item: &ProductItem| item.capacity.unwrap_or(f64::INFINITY);
        capacity(one).total_cmp(&capacity(other))
    };
    sold.min_by(least).cloned()
}

/// What an item costs everywhere, billed by the hour or by the month. Some are sold in one way only.
fn price(item: &ProductItem, hourly: bool) -> CloudResult<u64> {
    let general = item.prices.iter().find(|price| is_general(price, hourly));
    general.map(|price| price.id).ok_or_else(|| {
        let name = item.key_name.as_deref().unwrap_or_default();
        let (billing, other) = if hourly { ("hour", "false") } else { ("month", "true") };
        vm_not_possible(format!(
            "item {name} is not sold by the {billing}; name another one, or set \
             hourly_billing_flag: {other}"
        ))
    })
}

/// Whether a price holds in every data center, and for that billing.
fn is_general(price: &ItemPrice, hourly: bool) -> bool {
    let fee = if hourly { price.hourly_recurring_fee } else { price.recurring_fee };
    price.location_group_id.is_none() && fee.is_some()
}
