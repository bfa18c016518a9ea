//! Where stemcells are published for the route `url`: whether we could. Whether the cloud can
//! fetch from there, only a stemcell tells.

use crate::resources::published_image;
use crate::session::CloudStack;
use cloud_http::Deadline;
use cpi_kit::Finding;
use image_hosting::PublishError;
use std::time::Duration;

/// How long a place may take: a person waits.
const PATIENCE: Duration = Duration::from_secs(3);

/// A finding for each place that is configured.
pub(super) async fn check(cloud: &CloudStack) -> Vec<Finding> {
    let publishers = match published_image::publishers(cloud) {
        Ok(publishers) => publishers,
        Err(error) => {
            return vec![Finding::fail("publishing", error.message, "correct the CPI's config")];
        }
    };
    let mut findings = Vec::new();
    for publisher in publishers {
        let check = format!("publishing at {}", publisher.place());
        findings.push(match publisher.check(Deadline::after(PATIENCE)).await {
            Ok(()) => Finding::ok(check, "stemcells could be put there"),
            Err(error) => {
                let hint = hint(&error);
                Finding::fail(check, error, hint)
            }
        });
    }
    findings
}

fn hint(error: &PublishError) -> &'static str {
    match error {
        PublishError::Refused { status: 401, .. } => "correct user and password",
        PublishError::Refused { status: 403, .. } => {
            "correct the keys and the region; they need s3:ListBucket for this check only"
        }
        PublishError::Refused { status: 404, .. } => "is that an image server, or a bucket?",
        _ => "must be reached from here, and by the cloud; see docs/stemcells.md",
    }
}
