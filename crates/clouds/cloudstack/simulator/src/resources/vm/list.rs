//! Finding VMs.

use super::view::{self, Details};
use crate::engine::{Answer, Call, Refusal};
use crate::resources::tag;
use crate::state::{Caller, Cloud, Vm, VmState};

/// `listVirtualMachines`.
pub fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (params, caller) = (call.params, call.caller);
    let id = params.id("id", &cloud.vms)?;
    let ids = params.wanted_ids("ids", &cloud.vms)?;
    let zone = params.id("zoneid", &cloud.zones)?;
    let network = params.id("networkid", &cloud.networks)?;
    let group = params.id("affinitygroupid", &cloud.affinity_groups)?;
    let template = params.id("templateid", &cloud.templates)?;
    let (name, keyword, state) =
        (params.text("name"), params.text("keyword"), params.text("state"));
    let (scope, tags) = (cloud.scope(call)?, tag::wanted(params));
    let (cloud, tagged) = (&*cloud, cloud.tagged(&tags));
    let details = Details::read(&params.list("details"))?;
    let is = |wanted: Option<&str>, has: &str| wanted.is_none_or(|wanted| wanted == has);
    let named = |vm: &Vm| name.is_none_or(|name| vm.name.eq_ignore_ascii_case(name));
    let rows = cloud
        .vms
        .iter()
        .filter(|vm| is(id, &vm.id) && named(vm))
        .filter(|vm| ids.as_ref().is_none_or(|ids| ids.contains(&vm.id.as_str())))
        .filter(|vm| tagged.as_ref().is_none_or(|tagged| tagged.contains(vm.id.as_str())))
        .filter(|vm| cloud.shows(&scope, &vm.owner) && is_visible(cloud, caller, vm))
        .filter(|vm| is(zone, &vm.zone) && is(template, &vm.template))
        .filter(|vm| network.is_none_or(|net| vm.nics.iter().any(|nic| nic.network == net)))
        .filter(|vm| group.is_none_or(|group| vm.affinity_groups.iter().any(|g| g == group)))
        .filter(|vm| keyword.is_none_or(|word| has_word(vm, word)))
        .filter(|vm| state.is_none_or(|state| is_in(vm, state)));
    Answer::page_of(call, "virtualmachine", rows, |vm| view::of(cloud, caller, vm, details))
}

/// Plain users do not see what is destroyed, unless the cloud lets them.
fn is_visible(cloud: &Cloud, caller: &Caller, vm: &Vm) -> bool {
    let settings = &cloud.world.settings;
    caller.is_any_admin() || settings.allow_user_view_destroyed_vm || !vm.state.is_gone_for_users()
}

fn has_word(vm: &Vm, word: &str) -> bool {
    let word = word.to_lowercase();
    let address = vm.default_nic().and_then(|nic| nic.address).map(|a| a.to_string());
    let has = |text: &str| text.to_lowercase().contains(&word);
    has(&vm.name) || has(&vm.display_name) || address.is_some_and(|address| has(&address))
}

fn is_in(vm: &Vm, state: &str) -> bool {
    match state {
        "Present" => !matches!(vm.state, VmState::Destroyed | VmState::Expunging),
        state => vm.state.name().eq_ignore_ascii_case(state),
    }
}
