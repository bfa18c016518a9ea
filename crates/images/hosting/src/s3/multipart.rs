//! Large files, in parts.

use super::{Bucket, client};
use crate::{ImageFile, PublishError};
use cloud_http::Deadline;
use instant_xml::FromXml;
use rusty_s3::actions::{CompleteMultipartUploadResponse, CreateMultipartUpload};
use rusty_s3::{Method, S3Action, signing};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// What was begun and neither completed nor given up.
#[derive(Debug, FromXml)]
#[xml(rename = "ListMultipartUploadsResult", ns(NAMESPACE))]
struct Unfinished {
    uploads: Vec<Upload>,
}

#[derive(Debug, FromXml)]
#[xml(rename = "Upload", ns(NAMESPACE))]
struct Upload {
    #[xml(rename = "Key")]
    key: String,
    #[xml(rename = "UploadId")]
    id: String,
}

/// Puts a file in parts. If that fails, they are given up.
pub(super) async fn put(
    bucket: &Bucket,
    key: &str,
    file: &ImageFile,
    progress: &mut dyn FnMut(u64),
    until: Deadline,
) -> Result<(), PublishError> {
    let sent = send(bucket, key, file, progress, until).await;
    if sent.is_err()
        && let Err(error) = forget(bucket, key, until).await
    {
        tracing::warn!("the parts of {key} are not given up yet: {error}");
    }
    sent
}

async fn send(
    bucket: &Bucket,
    key: &str,
    file: &ImageFile,
    progress: &mut dyn FnMut(u64),
    until: Deadline,
) -> Result<(), PublishError> {
    let keys = Some(&bucket.credentials);
    let begin = || bucket.bucket.create_multipart_upload(keys, key).sign(client::SOON);
    let begun = bucket.ask("POST", &begin, "", until).await?;
    let begun = CreateMultipartUpload::parse_response(&begun.text)
        .map_err(|e| bucket.odd(format!("no upload begins: {e}")))?;
    let id = begun.upload_id();

    let each = bucket.settings.parts.of(file.bytes());
    let mut tags = Vec::new();
    let mut offset = 0;
    while offset < file.bytes() {
        let end = (offset + each).min(file.bytes());
        let number = u16::try_from(tags.len() + 1).unwrap_or(u16::MAX);
        let sign = || bucket.bucket.upload_part(keys, key, number, id).sign(client::SOON);
        let tag = bucket.send_file(&sign, file, offset..end, progress, until).await?;
        tags.push(tag.ok_or_else(|| bucket.odd(format!("part {number} has no ETag")))?);
        offset = end;
    }
    complete(bucket, key, id, &tags, until).await
}

/// Makes a file of its parts. A second try finds no parts where the first one did it.
async fn complete(
    bucket: &Bucket,
    key: &str,
    id: &str,
    tags: &[String],
    until: Deadline,
) -> Result<(), PublishError> {
    let tags = || tags.iter().map(String::as_str);
    let all = || {
        let keys = Some(&bucket.credentials);
        bucket.bucket.complete_multipart_upload(keys, key, id, tags())
    };
    let sign = || all().sign(client::SOON);
    let completed = bucket.ask("POST", &sign, &all().body(), until).await;
    let error = match completed {
        // 200 is the beginning of an answer that may end as a refusal.
        Ok(answer) => match CompleteMultipartUploadResponse::parse(&answer.text) {
            Ok(_) => return Ok(()),
            Err(_) => bucket.refused(200, &answer.text),
        },
        Err(error) => error,
    };
    let unsure = matches!(
        error,
        PublishError::Lost { .. } | PublishError::Refused { status: 404 | 500.., .. }
    );
    if unsure && bucket.has(key, until).await.unwrap_or(false) { Ok(()) } else { Err(error) }
}

/// Gives up whatever parts there are of a file. Answers whether there were any.
pub(super) async fn forget(
    bucket: &Bucket,
    key: &str,
    until: Deadline,
) -> Result<bool, PublishError> {
    let listed = match list(bucket, key, until).await {
        Ok(listed) => listed,
        // A store without parts, or keys that may not look for them.
        Err(error @ PublishError::Refused { status: 403 | 405 | 501, .. }) => {
            tracing::debug!("parts cannot be looked for: {error}");
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    let ours = listed.uploads.into_iter().filter(|upload| upload.key == key);
    let mut any = false;
    for upload in ours {
        any = true;
        let keys = Some(&bucket.credentials);
        let abort =
            || bucket.bucket.abort_multipart_upload(keys, key, &upload.id).sign(client::SOON);
        match bucket.ask("DELETE", &abort, "", until).await {
            Ok(_) | Err(PublishError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(any)
}

async fn list(bucket: &Bucket, key: &str, until: Deadline) -> Result<Unfinished, PublishError> {
    let query = [("prefix", key), ("uploads", "")];
    let sign = || {
        signing::sign(
            &jiff::Timestamp::now(),
            Method::Get,
            bucket.bucket.base_url().clone(),
            bucket.credentials.key(),
            bucket.credentials.secret(),
            None,
            bucket.bucket.region(),
            client::SOON.as_secs(),
            query.into_iter(),
            std::iter::empty(),
        )
    };
    let answer = bucket.ask("GET", &sign, "", until).await?;
    instant_xml::from_str(&answer.text)
        .map_err(|e| bucket.odd(format!("the list of unfinished uploads: {e}")))
}
