//! The order of a bare metal server: a preset, an operating system of SoftLayer's and the least
//! else that every server needs. No image goes onto it.

use super::find::Nic;
use super::{Order, appeared, impossible, look};
use crate::SoftLayer;
use crate::cids::Machine;
use crate::connect::Answer;
use crate::errors::Failure;
use crate::machine::Seen;
use crate::properties::given;
use crate::settings::placeholder;
use crate::steps::{Intent, ended};
use cloud_http::reveal;
use journal::Operation;
use softlayer::api::product_order::{
    HARDWARE, HardwareNic, HardwareUserData, NewHardware, PlaceOrder, SshKeyChoice, VerifyOrder,
};
use softlayer::api::{
    Datacenter, Hardware, Id, OrderForm, PackagePreset, ProductItem, ProductPackage, account,
    location, product_package,
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
pub(super) async fn order(
    order: &Order<'_>,
    operation: &mut Operation<'_, Intent>,
) -> Answer<Machine> {
    let Order { cloud, name, until, .. } = *order;
    let form = form(order).await?;
    // Whatever is wrong with it is told here, where it costs nothing.
    cloud.call(&VerifyOrder { order: form.clone() }, until).await?;
    let place = PlaceOrder { order: form, save_as_quote: false };
    operation
        .step(
            Intent::Server { name: name.to_owned() },
            async || ended(cloud.call(&place, until).await.map(drop)),
            async || {
                let named = async || servers_named(cloud, name).await;
                Ok(appeared(named, look(cloud)).await?.map(drop))
            },
        )
        .await?;
    match appeared(async || servers_named(cloud, name).await, until).await? {
        Some(machine) => Ok(machine),
        None => {
            let what = format!("server {name}");
            let call = "SoftLayer_Account::getHardware";
            Err(Failure::Cloud(Error::Late { call, what, last: None }))
        }
    }
}

/// The servers of this host name.
pub(crate) async fn servers_named(cloud: &SoftLayer, name: &str) -> Answer<Vec<Seen>> {
    let filter = Filter::is("hostname", name);
    let servers: Vec<Hardware> = cloud.list(&account::GetHardware {}, &filter).await?;
    Ok(servers.into_iter().map(Seen::from).collect())
}

async fn form(order: &Order<'_>) -> Answer<OrderForm> {
    let Order { cloud, wishes, found, name, .. } = order;
    let nics = [Some(&found.private), found.public.as_ref()];
    if nics.into_iter().flatten().any(|nic| !nic.security_groups.is_empty()) {
        let message = "security_groups: bare metal servers have none, but a network has some";
        return Err(impossible(message.to_owned()));
    }
    let package = package(cloud).await?;
    let nic = |nic: &Nic| {
        let vlan = nic.vlan.as_ref().map(|(id, _)| Id::from(*id));
        vlan.map(|vlan| HardwareNic { network_vlan: Some(vlan) })
    };
    let server = NewHardware {
        hostname: (*name).to_owned(),
        domain: wishes.domain.clone(),
        primary_network_component: found.public.as_ref().and_then(nic),
        primary_backend_network_component: nic(&found.private),
        user_data: vec![HardwareUserData { value: placeholder(name) }],
    };
    let script = wishes.vm.post_install_script_uri.as_ref().map(reveal);
    let script = script.filter(|uri| !uri.is_empty()).map(str::to_owned);
    let order = softlayer::api::Order {
        complex_type: HARDWARE.to_owned(),
        package_id: Some(package),
        preset_id: Some(preset(order, package).await?),
        location: Some(datacenter(order).await?.to_string()),
        quantity: Some(1),
        use_hourly_pricing: Some(wishes.hourly),
        prices: prices(order, package).await?.into_iter().map(Into::into).collect(),
        hardware: vec![server],
        ssh_keys: match found.ssh_keys.as_slice() {
            [] => Vec::new(),
            ids => vec![SshKeyChoice { ssh_key_ids: ids.to_vec() }],
        },
        provision_scripts: script.into_iter().collect(),
        ..softlayer::api::Order::default()
    };
    Ok(OrderForm::Several(vec![order]))
}

async fn package(cloud: &SoftLayer) -> Answer<u64> {
    let filter = Filter::is("keyName", PACKAGE);
    let found: Vec<ProductPackage> =
        cloud.list(&product_package::GetAllObjects {}, &filter).await?;
    match found.first() {
        Some(package) => Ok(package.id),
        None => Err(impossible(format!("SoftLayer sells no {PACKAGE} to this account"))),
    }
}

async fn datacenter(order: &Order<'_>) -> Answer<u64> {
    let name = &order.wishes.datacenter;
    let filter = Filter::is("name", name);
    let found: Vec<Datacenter> = order.cloud.list(&location::GetDatacenters {}, &filter).await?;
    found.first().and_then(|it| it.id).ok_or_else(|| {
        let path = &order.wishes.path;
        impossible(format!("{path}.datacenter: there is no data center '{name}'"))
    })
}

async fn preset(order: &Order<'_>, package: u64) -> Answer<u64> {
    let wanted = given(&order.wishes.vm.bare_metal_preset).unwrap_or_default();
    let call = product_package::GetActivePresets { id: package };
    let all: Vec<PackagePreset> = order.cloud.list(&call, &Filter::everything()).await?;
    let names = || all.iter().filter_map(|preset| preset.key_name.as_deref());
    match all.iter().find(|preset| preset.key_name.as_deref() == Some(wanted)) {
        Some(preset) => Ok(preset.id),
        None => {
            let names: Vec<_> = names().collect();
            Err(impossible(format!(
                "{}.bare_metal_preset: there is no '{wanted}'; there are {}",
                order.wishes.path,
                names.join(", ")
            )))
        }
    }
}

/// The prices of all items, of which each category has one.
async fn prices(order: &Order<'_>, package: u64) -> Answer<Vec<u64>> {
    let vm = &order.wishes.vm;
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
        let path = &order.wishes.path;
        return Err(impossible(format!("{path}.{property}: there is no item '{name}'")));
    }
    let filter = Filter::one_of("itemCategory.categoryCode", [PORT_SPEED, BANDWIDTH]);
    let choice: Vec<ProductItem> = order.cloud.list(&call, &filter).await?;
    let has = |items: &[ProductItem], wanted| items.iter().any(|item| category(item) == wanted);
    if !has(&items, PORT_SPEED) {
        items.push(port_speed(order, &choice)?);
    }
    if !has(&items, BANDWIDTH) {
        items.extend(bandwidth(&choice));
    }
    items.iter().map(price).collect()
}

fn category(item: &ProductItem) -> &str {
    item.item_category.as_ref().map_or("", |category| category.category_code.as_str())
}

/// The plainest port of the wanted speed: neither redundant nor bonded.
fn port_speed(order: &Order<'_>, items: &[ProductItem]) -> Answer<ProductItem> {
    let (speed, private) = (order.wishes.vm.max_network_speed, order.found.public.is_none());
    let name = |item: &ProductItem| item.key_name.clone().unwrap_or_default();
    let fits = |item: &&ProductItem| {
        category(item) == PORT_SPEED
            && item.capacity == Some(speed as f64)
            && name(item).contains("PUBLIC") != private
    };
    items.iter().filter(fits).min_by_key(|item| (name(item).len(), name(item))).cloned().ok_or_else(
        || {
            let what = if private { "private" } else { "public" };
            impossible(format!(
                "{}.max_network_speed: servers have no {what} port of {speed} Mbit/s",
                order.wishes.path
            ))
        },
    )
}

/// The least that is sold.
fn bandwidth(items: &[ProductItem]) -> Option<ProductItem> {
    let sold = items.iter().filter(|item| category(item) == BANDWIDTH);
    let least = |one: &&ProductItem, other: &&ProductItem| {
        let capacity = |item: &ProductItem| item.capacity.unwrap_or(f64::INFINITY);
        capacity(one).total_cmp(&capacity(other))
    };
    sold.min_by(least).cloned()
}

/// What an item costs everywhere.
fn price(item: &ProductItem) -> Answer<u64> {
    let everywhere = |price: &&softlayer::api::ItemPrice| price.location_group_id.is_none();
    item.prices.iter().find(everywhere).map(|price| price.id).ok_or_else(|| {
        let name = item.key_name.as_deref().unwrap_or_default();
        impossible(format!("item {name} has no price that holds everywhere"))
    })
}
