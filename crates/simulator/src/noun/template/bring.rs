//! Bringing templates in: by address, and by upload.

use crate::engine::{Answer, Call, Refusal, signature};
use crate::state::clock::later;
use crate::state::{Cloud, CopyState, Template, TemplateCopy};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// `registerTemplate`: CloudStack looks at the address before it answers.
pub fn register(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let url = params.need("url")?.to_owned();
    params.need("format")?;
    let zone = params.id("zoneid", &cloud.zones)?.or_else(|| params.text("zoneids"));
    let zone = zone.ok_or_else(|| params.missing("zoneid"))?.to_owned();
    check_url(&url)?;
    let id = add(cloud, call, &zone, Some(url), CopyState::Ready)?;
    let rows = cloud.templates.get(&id).into_iter().flat_map(|template| {
        template.copies.iter().map(|copy| super::list::view(cloud, call.caller, template, copy))
    });
    Ok(Answer::list("template", rows))
}

/// Nobody may make the cloud look at itself.
fn check_url(url: &str) -> Result<(), Refusal> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    let own = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| {
        address.is_loopback() || address.is_link_local() || address.is_multicast()
    });
    if own || host == "localhost" {
        return Err(Refusal::parameter("Illegal host specified in URL."));
    }
    if host.is_empty() {
        return Err(Refusal::parameter(format!("Unable to resolve {url}")));
    }
    Ok(())
}

/// `getUploadParamsForTemplate`: where to send an image, and with which signature. Nothing
/// listens there, as with CloudStack's simulated hosts.
pub fn upload_params(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    params.need("format")?;
    let zone = params.need_id("zoneid", &cloud.zones)?.to_owned();
    let id = add(cloud, call, &zone, None, CopyState::NotUploaded)?;
    let upload = cloud.new_id();
    let url = format!("https://192.168.1.3/upload/{upload}");
    let expires = later(cloud.now(), Duration::from_secs(3600));
    let expires = expires.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let metadata = STANDARD.encode(format!("{id} {upload}"));
    let signature = STANDARD.encode(signature::sign(&upload, &format!("{metadata}{url}{expires}")));
    Ok(Answer::object(
        "getuploadparams",
        json!({
            "id": id,
            "postURL": url,
            "metadata": metadata,
            "expires": expires,
            "signature": signature,
        }),
    ))
}

fn add(
    cloud: &mut Cloud,
    call: &Call<'_>,
    zone: &str,
    url: Option<String>,
    state: CopyState,
) -> Result<String, Refusal> {
    let params = call.params;
    let name = params.need("name")?.to_owned();
    let hypervisor = params.need("hypervisor")?.to_owned();
    let os_type = params.id("ostypeid", &cloud.os_types)?;
    let os_type = os_type.ok_or_else(|| Refusal::parameter("Please provide a guest OS type"))?;
    let (os_type, owner) = (os_type.to_owned(), cloud.new_owner(call)?);
    cloud.check_limit(&owner, "template", 1)?;
    let (id, created) = (cloud.new_id(), cloud.now());
    // What CloudStack's simulated download says of any template.
    let bytes = (state == CopyState::Ready).then_some(5 << 20);
    cloud.templates.insert(Template {
        id: id.clone(),
        display_text: params.text("displaytext").unwrap_or(&name).to_owned(),
        name,
        owner: Some(owner),
        public: params.flag("ispublic") == Some(true),
        featured: params.flag("isfeatured") == Some(true) && call.caller.is_admin(),
        extractable: params.flag("isextractable") == Some(true),
        os_type,
        format: params.need("format")?.to_uppercase(),
        hypervisor,
        builtin: false,
        url,
        source: None,
        details: BTreeMap::new(),
        shared_with: Vec::new(),
        requires_hvm: params.flag("requireshvm") != Some(false),
        created,
        copies: vec![TemplateCopy {
            zone: zone.to_owned(),
            state,
            size: bytes,
            physical: bytes,
            created,
        }],
    });
    Ok(id)
}
