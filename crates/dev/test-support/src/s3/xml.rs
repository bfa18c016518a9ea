//! The few documents that a store writes and reads.

/// A refusal.
pub fn error(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{code} it is</Message></Error>"
    )
}

/// The answer to a begun upload.
pub fn begun(key: &str, id: &str) -> String {
    document(
        "InitiateMultipartUploadResult",
        &format!("<Bucket>{}</Bucket><Key>{key}</Key><UploadId>{id}</UploadId>", crate::s3::BUCKET),
    )
}

/// The answer to a completed one.
pub fn completed(key: &str, etag: &str) -> String {
    document(
        "CompleteMultipartUploadResult",
        &format!(
            "<Bucket>{}</Bucket><Key>{key}</Key><ETag>&quot;{etag}&quot;</ETag>",
            crate::s3::BUCKET
        ),
    )
}

/// The uploads that are neither completed nor given up: ids and keys.
pub fn unfinished<'a>(uploads: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let rows: String = uploads
        .map(|(id, key)| {
            format!(
                "<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiator><ID>i</ID>\
                 </Initiator><Initiated>2026-11-21T00:00:00.000Z</Initiated></Upload>"
            )
        })
        .collect();
    document(
        "ListMultipartUploadsResult",
        &format!("<Bucket>{}</Bucket><IsTruncated>false</IsTruncated>{rows}", crate::s3::BUCKET),
    )
}

fn document(name: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{name} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inside}</{name}>"
    )
}

/// The parts that a completion names: numbers and ETags.
pub fn parts(body: &str) -> Vec<(u32, String)> {
    let between = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
    };
    body.split("<Part>")
        .skip(1)
        .filter_map(|part| {
            let number = between(part, "PartNumber")?.parse().ok()?;
            let etag = between(part, "ETag")?.replace("&quot;", "").replace('"', "");
            Some((number, etag))
        })
        .collect()
}
