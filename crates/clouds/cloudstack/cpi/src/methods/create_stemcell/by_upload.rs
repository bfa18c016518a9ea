//! The route `upload`: straight to the cloud's secondary-storage VM.

use super::image::Image;
use super::template_spec::TemplateSpec;
use crate::api::change;
use crate::client;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::template;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cloud_http::{Deadline, SendError, Upload, Uploaded};
use cloudstack::api::{GetUploadParamsForTemplate, UploadParams};
use cpi_kit::Progress;
use journal::Operation;

/// How often an image is sent. Each time takes a template of its own.
const TRIES: u32 = 3;

/// Why an image did not get there.
struct Refused {
    why: String,
    /// Whether it may be otherwise the next time.
    may_pass: bool,
}

/// Sends the image; the id of the template that it makes.
pub(super) async fn send(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    spec: &TemplateSpec,
    image: &Image,
    name: &str,
    until: Deadline,
) -> Result<String> {
    let mut tries = 1;
    loop {
        let params = request_upload(cloud, operation, spec, name).await;
        let tried = || format!("asking zone '{}' for an upload", spec.first_zone().name);
        let params = params.during(Activity::CreateStemcell, tried)?;
        let refused = match post(cloud, &params, image, until).await? {
            Ok(()) => return Ok(params.id),
            Err(refused) => refused,
        };
        let why = format!("uploading the image: {}", refused.why);
        if !refused.may_pass || tries == TRIES || until.passed() {
            return Err(CpiError::cloud(why));
        }
        tracing::warn!("{why}; once more");
        tries += 1;
        // Its address is good for one time, and its template for nothing.
        template::ensure_absent(cloud, name).await?;
    }
}

/// Makes a template that waits for its image.
async fn request_upload(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    spec: &TemplateSpec,
    name: &str,
) -> CloudResult<UploadParams> {
    let zoneid = spec.first_zone().id.clone();
    let call = GetUploadParamsForTemplate { zoneid, templatetype: "USER", new: spec.named(name) };
    let until = cloud.deadline(Wait::Lookup);
    let send = async || cloud.call(&call, until).await.map(|params| params.0);
    // Nobody tells the signature a second time: what was made is of no use.
    let probe = async || {
        template::ensure_absent(cloud, name).await?;
        Ok(None)
    };
    change(operation, Intent::Template { name: name.to_owned() }, send, probe).await
}

async fn post(
    cloud: &CloudStack,
    params: &UploadParams,
    image: &Image,
    until: Deadline,
) -> Result<std::result::Result<(), Refused>> {
    let host = params.postURL.split('/').nth(2).unwrap_or_default();
    tracing::info!("sending {} bytes to {host}", image.bytes);
    let file_name = format!("image.{}", image.extension);
    let upload = Upload {
        url: &params.postURL,
        headers: &[
            ("X-signature", &params.signature),
            ("X-metadata", &params.metadata),
            ("X-expires", &params.expires),
        ],
        file_name: &file_name,
        file: image.open()?,
        length: image.bytes,
    };
    let settings = client::transport(&cloud.properties)?;
    let mut progress = Progress::new(image.bytes, "sent");
    let answer = cloud_http::upload(&settings, upload, |done| progress.tell(done), until).await;
    Ok(judge(answer, host))
}

fn judge(
    answer: std::result::Result<Uploaded, SendError>,
    host: &str,
) -> std::result::Result<(), Refused> {
    match answer {
        Ok(Uploaded { status: 200..=299, .. }) => Ok(()),
        Ok(Uploaded { status, text, .. }) => {
            let text: String = text.chars().take(300).collect();
            let stale = text.contains("not valid anymore") || text.contains("already used");
            let may_pass = status >= 500 || stale;
            Err(Refused { why: format!("the storage VM ({host}) says {status}: {text}"), may_pass })
        }
        Err(error) => {
            let advice = match &error {
                SendError::Untrusted(..) => {
                    " (give its CA as ca_cert, beside the API's; skip_verify_ssl takes any)"
                }
                SendError::NotSent(_) => " (can the CPI reach the storage VM?)",
                _ => "",
            };
            let may_pass = matches!(error, SendError::NotSent(_) | SendError::MaybeSent(_));
            Err(Refused { why: format!("the storage VM ({host}): {error}{advice}"), may_pass })
        }
    }
}
