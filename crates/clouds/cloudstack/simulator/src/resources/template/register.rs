//! Bringing templates in: by address, and by upload.

use crate::engine::{Answer, Call, Refusal};
use crate::state::clock::later;
use crate::state::{Cloud, CopyState, Template, TemplateCopy, Upload, X86};
use crate::storage::{Download, check_url};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// `registerTemplate`: CloudStack looks at the address before it answers, and fetches the image
/// afterwards, once a zone.
pub fn register(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let url = params.need("url")?.to_owned();
    let format = params.need("format")?.to_uppercase();
    let zones = zones(cloud, call)?;
    let owner = cloud.new_owner(call)?;
    cloud.check_limit(&owner, "template", 1)?;
    check_url(&cloud.world.secondary_storage, &url, &format)?;
    let kind = template_type(call)?.unwrap_or("USER").to_owned();
    let id = add(cloud, call, &zones, Some(url.clone()), Some(kind), &CopyState::Waiting)?;
    if cloud.world.secondary_storage.running {
        let download = |zone| Download { template: id.clone(), zone, url: url.clone() };
        cloud.storage.downloads.extend(zones.into_iter().map(download));
    }
    let rows = cloud.templates.get(&id).into_iter().flat_map(|template| {
        template.copies.iter().map(|copy| super::list::view(cloud, call.caller, template, copy))
    });
    Ok(Answer::list("template", rows))
}

fn zones(cloud: &Cloud, call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    let params = call.params;
    let mut zones: BTreeSet<&str> = BTreeSet::new();
    for name in ["zoneid", "zoneids"] {
        if params.text(name) != Some("-1") {
            zones.extend(params.ids(name, &cloud.zones)?);
        } else if call.caller.is_admin() {
            zones.extend(cloud.zones.iter().map(|zone| zone.id.as_str()));
        } else {
            let text = "Template registered for 'All zones' can only be owned a Root Admin account";
            return Err(Refusal::denied(text));
        }
    }
    if zones.is_empty() {
        return Err(params.missing("zoneid"));
    }
    Ok(zones.into_iter().map(str::to_owned).collect())
}

/// `getUploadParamsForTemplate`: where to send an image, and with which signature.
pub fn upload_params(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    params.need("format")?;
    let zone = params.need_id("zoneid", &cloud.zones)?.to_owned();
    let storage = &cloud.world.secondary_storage;
    if !storage.running {
        let store = cloud.zones.get(&zone).map_or("", |zone| zone.image_store.as_str());
        return Err(Refusal::internal(format!(
            "There is no secondary storage VM for downloading template to image store {store}"
        )));
    }
    let expires = later(cloud.now(), Duration::from_secs(storage.upload_operation_timeout));
    let kind = template_type(call)?.map(str::to_owned);
    let zones = std::slice::from_ref(&zone);
    let id = add(cloud, call, zones, None, kind, &CopyState::NotUploaded);
    let id = id.map_err(|refusal| match refusal.code {
        535 => Refusal::new(
            530,
            9999,
            format!("exception while registering template: {}", refusal.text),
        ),
        _ => refusal,
    })?;
    if cloud.storage.key.is_empty() {
        cloud.storage.key = cloud.new_id();
    }
    cloud.uploads.insert(Upload { id: id.clone(), expires, used: false });
    let host = match cloud.storage.address {
        Some(address) => address.to_string(),
        None => "192.168.1.3".to_owned(),
    };
    let url = format!("https://{host}/upload/{id}");
    let expires = expires.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let metadata = STANDARD.encode(cloud.random_bytes(384));
    let signature = STANDARD.encode(cloud.sign_upload(&metadata, &url, &expires));
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

/// The type that a call wants. Those that must be in every zone are not for calls.
fn template_type<'a>(call: &Call<'a>) -> Result<Option<&'a str>, Refusal> {
    const TYPES: &[&str] = &["ROUTING", "SYSTEM", "BUILTIN", "PERHOST", "USER", "VNF"];
    let Some(wanted) = call.params.text("templatetype") else { return Ok(None) };
    match TYPES.iter().find(|known| known.eq_ignore_ascii_case(wanted)).copied() {
        Some("SYSTEM" | "BUILTIN") => {
            Err(Refusal::invalid("System and Builtin templates must be cross zone."))
        }
        Some(known) => Ok(Some(known)),
        None => Err(Refusal::invalid(format!(
            "Please specify a valid templatetype: {}",
            TYPES.join(",")
        ))),
    }
}

fn add(
    cloud: &mut Cloud,
    call: &Call<'_>,
    zones: &[String],
    url: Option<String>,
    kind: Option<String>,
    state: &CopyState,
) -> Result<String, Refusal> {
    let params = call.params;
    let name = params.need("name")?.to_owned();
    let hypervisor = params.need("hypervisor")?.to_owned();
    let os_type = params.id("ostypeid", &cloud.os_types)?;
    let os_type = os_type.ok_or_else(|| Refusal::parameter("Please provide a guest OS type"))?;
    let (os_type, owner) = (os_type.to_owned(), cloud.new_owner(call)?);
    cloud.check_limit(&owner, "template", 1)?;
    let (id, created) = (cloud.new_id(), cloud.now());
    // Recorded: an upload that does not say needs none, a registered image does.
    let requires_hvm = params.flag("requireshvm").unwrap_or(url.is_some());
    let copy = |zone: &String| TemplateCopy {
        zone: zone.clone(),
        state: state.clone(),
        size: None,
        physical: None,
        sha256: None,
        created,
    };
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
        kind,
        counted_bytes: 0,
        url,
        source: None,
        details: params.map("details"),
        shared_with: Vec::new(),
        requires_hvm,
        checksum: params.text("checksum").map(str::to_owned),
        arch: params.text("arch").unwrap_or(X86).to_owned(),
        created,
        copies: zones.iter().map(copy).collect(),
    });
    Ok(id)
}
