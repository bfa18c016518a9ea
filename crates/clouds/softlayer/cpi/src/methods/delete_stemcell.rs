//! `delete_stemcell`: deletes an image that this director has imported. A light stemcell's image
//! is not ours: it stays. One that is gone is as it should be.

use crate::api::step_outcome;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::image;
use crate::session::SoftLayer;
use bosh_cpi::Result;
use bosh_cpi::method::DeleteStemcell;
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &SoftLayer, call: DeleteStemcell) -> Result<()> {
    let cid = &call.stemcell_cid;
    let tried = format!("deleting stemcell {cid}");
    let Ok(id) = cid.as_str().parse() else { return Ok(()) };
    let image = image::find(cloud, id).await.during(Activity::DeleteStemcell, || &tried)?;
    let Some(image) = image else { return Ok(()) };
    // Its name tells who has imported it.
    if image.name.as_deref().and_then(|name| cloud.names.parse(name)).is_none() {
        tracing::info!("image {id} was not imported by this director: it stays");
        return Ok(());
    }
    cloud
        .operation("delete_stemcell", async |operation| {
            let until = cloud.deadline(Wait::Lookup);
            let delete = async || image::delete(cloud, &image, until).await;
            operation
                .step(
                    Intent::change("delete", id),
                    async || step_outcome(delete().await),
                    // What is deleted twice is deleted.
                    async || delete().await.map(Some),
                )
                .await
                .during(Activity::DeleteStemcell, || &tried)?;
            Ok(((), None))
        })
        .await
}
