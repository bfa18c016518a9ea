//! Which VM of the cloud the CPI runs on.

use super::plan::Place;
use crate::CloudStack;
use crate::errors::{self, Activity};
use crate::lookup::is_id;
use crate::properties::{PATH, given};
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
const WITH_SERIALS: &[&str] = &["KVM", super::hypervisor::SIMULATOR];

/// The VM that we run on.
pub(super) struct Guest {
    /// Its id.
    pub vm: String,
    /// The id of its zone.
    pub zone: String,
}

impl Guest {
    /// Finds it, and checks that the template can be made from there.
    pub(super) async fn find(cloud: &CloudStack, place: &Place) -> Result<Self> {
        if !WITH_SERIALS.contains(&place.hypervisor.as_str()) {
            return Err(CpiError::not_supported(format!(
                "{PATH}.stemcell.route: 'volume' needs KVM, whose guests see which disk is which \
                 volume; this zone has {}",
                place.hypervisor
            )));
        }
        let (vm, said_by) = match given(&cloud.properties.stemcell.volume.vm) {
            Some(vm) => (vm.to_owned(), format!("{PATH}.stemcell.volume.vm")),
            None => told(Path::new(FIRMWARE), METADATA).await?,
        };
        let row = match is_id(&vm) {
            true => cloud.vm_by_id(&vm).await.map_err(|failure| {
                errors::answer(Activity::Lookup, "looking up the VM that the CPI runs on", failure)
            })?,
            false => None,
        };
        let Some(row) = row else {
            return Err(CpiError::cloud(format!(
                "{said_by}: '{vm}' is the id of no VM of this account; the route 'volume' is for \
                 a CPI that runs on one"
            )));
        };
        if !place.is_in(&row.zoneid) {
            return Err(CpiError::cloud(format!(
                "{said_by}: VM {vm} is in zone '{}', where the stemcell is not wanted; a volume \
                 does not leave its zone",
                row.zonename
            )));
        }
        Ok(Self { vm, zone: row.zoneid })
    }
}

/// What this machine is told of itself, and by whom.
async fn told(firmware: &Path, metadata: &str) -> Result<(String, String)> {
    let first = match std::fs::read_to_string(firmware) {
        Ok(text) if is_id(&text.trim().to_lowercase()) => {
            return Ok((text.trim().to_lowercase(), firmware.display().to_string()));
        }
        Ok(text) => format!("'{}' is no id", text.trim()),
        Err(error) => error.to_string(),
    };
    match ask(metadata).await {
        Ok(id) => Ok((id, metadata.to_owned())),
        Err(second) => Err(CpiError::cpi(format!(
            "{PATH}.stemcell.volume.vm: missing, and this machine does not tell which VM it is \
             ({}: {first}; {metadata}: {second})",
            firmware.display()
        ))),
    }
}

/// Asks the virtual router: past any proxy.
async fn ask(url: &str) -> std::result::Result<String, String> {
    let settings = TransportSettings {
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
        false => Err(format!("{} and no id", answer.status())),
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
        let (id, by) = told(&firmware, "http://127.0.0.1:1/").await.unwrap();
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
        assert_eq!(told(none, &id).await.unwrap(), (ID.to_owned(), id));
        let page = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n<html";
        let error = told(none, &router(page).await).await.unwrap_err();
        for said in ["stemcell.volume.vm: missing", "/none/product_uuid", "no id"] {
            assert!(error.message.contains(said), "{error}");
        }
    }
}
