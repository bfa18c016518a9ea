//! Finding volumes.

use super::view;
use crate::engine::{Answer, Call, Refusal};
use crate::resources::tag;
use crate::state::Cloud;

/// `listVolumes`.
pub fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (params, caller) = (call.params, call.caller);
    let id = params.id("id", &cloud.volumes)?;
    let ids = params.wanted_ids("ids", &cloud.volumes)?;
    let vm = params.id("virtualmachineid", &cloud.vms)?;
    let zone = params.id("zoneid", &cloud.zones)?;
    let offering = params.id("diskofferingid", &cloud.disk_offerings)?;
    let (name, kind, state) = (params.text("name"), params.text("type"), params.text("state"));
    let keyword = params.text("keyword");
    let (scope, tags) = (cloud.scope(call)?, tag::wanted(params));
    let (cloud, tagged) = (&*cloud, cloud.tagged(&tags));
    let is = |wanted: Option<&str>, has: &str| wanted.is_none_or(|wanted| wanted == has);
    let same = |wanted: Option<&str>, has: &str| {
        wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(has))
    };
    let word = keyword.map(str::to_lowercase);
    let rows = cloud
        .volumes
        .iter()
        .filter(|it| is(id, &it.id) && same(name, &it.name))
        .filter(|it| ids.as_ref().is_none_or(|ids| ids.contains(&it.id.as_str())))
        .filter(|it| tagged.as_ref().is_none_or(|tagged| tagged.contains(it.id.as_str())))
        .filter(|volume| cloud.shows(&scope, &volume.owner))
        .filter(|volume| vm.is_none_or(|vm| volume.vm() == Some(vm)))
        .filter(|volume| is(zone, &volume.zone) && is(state, volume.state.name()))
        .filter(|volume| is(kind, if volume.is_root() { "ROOT" } else { "DATADISK" }))
        .filter(|volume| offering.is_none_or(|wanted| volume.disk_offering() == Some(wanted)))
        .filter(|it| word.as_ref().is_none_or(|word| it.name.to_lowercase().contains(word)));
    Answer::page_of(call, "volume", rows, |volume| view::of(cloud, caller, volume))
}
