//! Which VM of the cloud the CPI runs on.

use super::destination::Destination;
use super::hypervisor;
use crate::errors::{Activity, ResultExt};
use crate::name_ref::is_id;
use crate::properties::{PATH, given};
use crate::resources::vm;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use bytes::Bytes;
use cloud_http::{Deadline, Transport, TransportSettings};
use std::path::Path;
use std::time::Duration;

/// What the firmware tells: on KVM the VM's id. Only root may read it.
const FIRMWARE: &str = "/sys/class/dmi/id/product_uuid";

/// Where the virtual router tells a VM its id.
const METADATA: &str = "http://data-server/latest/meta-data/instance-id";

/// How long the virtual router may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hypervisors whose guests see a volume's id as its serial.
const WITH_SERIALS: &[&str] = &["KVM", hypervisor::SIMULATOR];

/// The VM that we run on.
pub(super) struct OwnVm {
    pub id: String,
    /// The id of its zone.
    pub zone: String,
}

impl OwnVm {
    /// Finds it, and checks that the template can be made from there.
    pub(super) async fn find(cloud: &CloudStack, destination: &Destination) -> Result<Self> {
        if !WITH_SERIALS.contains(&destination.hypervisor.as_str()) {
            return Err(CpiError::not_supported(format!(
                "{PATH}.stemcell.route: 'volume' needs KVM, whose guests see which disk is which \
                 volume; this zone has {}",
                destination.hypervisor
            )));
        }
        let (id, source) = match given(&cloud.properties.stemcell.volume.vm) {
            Some(vm) => (vm.to_owned(), format!("{PATH}.stemcell.volume.vm")),
            None => own_id(Path::new(FIRMWARE), METADATA).await?,
        };
        let tried = || "looking up the VM that the CPI runs on";
        let row = match is_id(&id) {
            true => vm::by_id(cloud, &id).await.during(Activity::Lookup, tried)?,
            false => None,
        };
        let Some(row) = row else {
            return Err(CpiError::cloud(format!(
                "{source}: VM '{id}' not found for this account; the route 'volume' is for a CPI \
                 that runs on a VM of it"
            )));
        };
        if !destination.is_in(&row.zoneid) {
            return Err(CpiError::cloud(format!(
                "{source}: VM {id} is in zone '{}', where the stemcell is not wanted; a volume \
                 does not leave its zone",
                row.zonename
            )));
        }
        Ok(Self { id, zone: row.zoneid })
    }
}

/// The id of this machine, and what it was read from.
async fn own_id(firmware: &Path, metadata: &str) -> Result<(String, String)> {
    let first = match std::fs::read_to_string(firmware) {
        Ok(text) if is_id(&text.trim().to_lowercase()) => {
            return Ok((text.trim().to_lowercase(), firmware.display().to_string()));
        }
        Ok(text) => format!("invalid id '{}'", text.trim()),
        Err(error) => error.to_string(),
    };
    match ask(metadata).await {
        Ok(id) => Ok((id, metadata.to_owned())),
        Err(second) => Err(CpiError::cpi(format!(
            "{PATH}.stemcell.volume.vm is required, as this machine's id is unknown ({}: {first}; \
             {metadata}: {second})",
            firmware.display()
        ))),
    }
}

/// Asks the virtual router: past any proxy.
async fn ask(url: &str) -> std::result::Result<String, String> {
    let settings = TransportSettings {
        ignore_environment: true,
        connect_timeout: Some(PATIENCE),
        answer_limit: Some(4096),
        ..TransportSettings::default()
    };
    let transport = Transport::new(settings).map_err(|e| e.to_string())?;
    let request = http::Request::get(url).body(Bytes::new()).map_err(|e| e.to_string())?;
    let answer = transport.send(request, Deadline::after(PATIENCE)).await;
    let answer = answer.map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(answer.body()).trim().to_owned();
    match is_id(&text) && answer.status().is_success() {
        true => Ok(text),
        false => Err(format!("{}, not an id", answer.status())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const ID: &str = "5f0c8a1e-9d3b-4c6e-8f21-0123456789ab";

    /// A virtual router that says this to everybody.
    async fn router(says: &'static str) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                drop(stream.read(&mut request).await);
                drop(stream.write_all(says.as_bytes()).await);
            }
        });
        format!("http://{address}/latest/meta-data/instance-id")
    }

    /// Root reads it from the firmware, which some firmwares write in capitals.
    #[tokio::test]
    async fn the_firmware_tells() {
        let folder = tempfile::tempdir().unwrap();
        let firmware = folder.path().join("product_uuid");
        std::fs::write(&firmware, format!("{}\n", ID.to_uppercase())).unwrap();
        let (id, by) = own_id(&firmware, "http://127.0.0.1:1/").await.unwrap();
        assert_eq!((id.as_str(), by), (ID, firmware.display().to_string()));
    }

    /// Everybody else is told by the virtual router; not by a page that some proxy has made.
    #[tokio::test]
    async fn the_router_tells_whoever_is_not_root() {
        let none = Path::new("/none/product_uuid");
        let id = router(
            "HTTP/1.1 200 OK\r\ncontent-length: 36\r\nconnection: close\r\n\r\n\
            5f0c8a1e-9d3b-4c6e-8f21-0123456789ab",
        )
        .await;
        assert_eq!(own_id(none, &id).await.unwrap(), (ID.to_owned(), id));
        let page = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n<html";
        let error = own_id(none, &router(page).await).await.unwrap_err();
        for said in ["stemcell.volume.vm is required", "/none/product_uuid", "not an id"] {
            assert!(error.message.contains(said), "{error}");
        }
    }
}
