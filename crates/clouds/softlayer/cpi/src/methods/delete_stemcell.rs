//! `delete_stemcell`: deletes an image that this director has imported. A light stemcell's image
//! is not ours: it stays. One that is gone is as it should be.

use crate::SoftLayer;
use crate::errors::{self, Activity};
use crate::properties::Wait;
use crate::steps::{Intent, ended, gone_is_fine};
use bosh_cpi::Result;
use bosh_cpi::method::DeleteStemcell;
use cpi_kit::Provider;
use softlayer::api::Image;
use softlayer::api::image::{DeleteObject, GetObject};

pub(crate) async fn run(cloud: &SoftLayer, call: DeleteStemcell) -> Result<()> {
    let cid = &call.stemcell_cid;
    let tried = format!("deleting stemcell {cid}");
    let failed = |failure| errors::answer(Activity::DeleteStemcell, &tried, failure);
    let Ok(id) = cid.as_str().parse() else { return Ok(()) };
    let image: Option<Image> = cloud.find(&GetObject { id }).await.map_err(failed)?;
    let Some(image) = image else { return Ok(()) };
    // Its name tells who has imported it.
    if image.name.as_deref().and_then(|name| cloud.names.parse(name)).is_none() {
        tracing::info!("image {id} was not imported by this director: it stays");
        return Ok(());
    }
    cloud
        .operation("delete_stemcell", async |operation| {
            let until = cloud.deadline(Wait::Lookup);
            let gone =
                async || gone_is_fine(cloud.call(&DeleteObject { id }, until).await.map(drop));
            operation
                .step(
                    Intent::change("delete", id),
                    async || ended(gone().await),
                    // What is deleted twice is deleted.
                    async || gone().await.map(Some),
                )
                .await
                .map_err(failed)?;
            Ok(((), None))
        })
        .await
}
