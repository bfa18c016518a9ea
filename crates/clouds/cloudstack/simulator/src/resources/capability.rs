//! What the cloud as a whole can do.

use crate::engine::{Answer, Call, Command, Refusal, fields};
use crate::state::Cloud;
use cloudstack::api::Capabilities;
use serde_json::json;

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[Command::sync("listCapabilities", list)];

/// Version and switches. An admin may do what the switches keep from users.
fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (settings, admin) = (&cloud.world.settings, call.caller.is_any_admin());
    let throttled = |value: u64| settings.api_throttling.then_some(value);
    let capabilities = Capabilities {
        cloudstackversion: cloud.world.version.clone(),
        allowuserexpungerecovervm: admin || settings.allow_user_expunge_recover_vm,
        other: fields(json!({
            "securitygroupsenabled": cloud.zones.iter().any(|zone| zone.has_security_groups()),
            "dynamicrolesenabled": true,
            "userpublictemplateenabled": true,
            "supportELB": "false",
            "projectinviterequired": false,
            "allowusercreateprojects": true,
            "customdiskofferingminsize": 1,
            "customdiskofferingmaxsize": settings.max_custom_disk_gib,
            "regionsecondaryenabled": false,
            "apilimitinterval": throttled(settings.api_throttling_interval),
            "apilimitmax": throttled(settings.api_throttling_max),
            "kvmsnapshotenabled": true,
            "allowuserviewdestroyedvm": admin || settings.allow_user_view_destroyed_vm,
            "allowuserexpungerecovervolume": admin || settings.allow_user_expunge_recover_volume,
            "allowuserviewalldomainaccounts": false,
            "allowuserforcestopvm": true,
            "kubernetesserviceenabled": settings.cloud_kubernetes_service_enabled,
            "kubernetesclusterexperimentalfeaturesenabled": false,
            "customhypervisordisplayname": "Custom",
            "defaultuipagesize": 20,
            "instancesstatsretentiontime": 720,
            "instancesstatsuseronly": false,
            "instancesdisksstatsretentionenabled": false,
            "instancesdisksstatsretentiontime": 720,
            "sharedfsvmmincpucount": 2,
            "sharedfsvmminramsize": 1024,
            "instanceleaseenabled": false,
            "extensionspath": call.caller.is_admin().then_some("/usr/share/cloudstack-management/extensions"),
            "dynamicscalingenabled": false,
            "additionalconfigenabled": false,
        })),
    };
    Ok(Answer::object("capability", capabilities))
}
