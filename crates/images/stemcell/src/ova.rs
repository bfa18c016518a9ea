//! OVA: a tar of an OVF descriptor and a stream-optimised VMDK, after DMTF's DSP0243 (OVF 1.1).

use crate::checksum::Checksums;
use crate::error::StemcellError;
use crate::regular_file;
use crate::tarball;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

const DESCRIPTOR: &str = "image.ovf";
const MANIFEST: &str = "image.mf";
const DISK: &str = "image-disk1.vmdk";

/// The OVA, opened, and where its disk is in it.
pub(crate) fn disk(path: &Path) -> Result<(File, Range<u64>), StemcellError> {
    let file = regular_file::open(path, false)?;
    let is_disk = |name: &str| name.to_ascii_lowercase().ends_with(".vmdk");
    let found = tarball::find_file(&file, is_disk)
        .map_err(|error| StemcellError::decoding("OVA", &error))?;
    let part = found.map_err(|reason| StemcellError::unsupported("OVA", reason))?;
    Ok((file, part))
}

/// Writes an OVA around the stream-optimised VMDK in `vmdk`, whose disk is of `size` bytes.
pub(crate) fn write(output: impl Write, vmdk: &mut File, size: u64) -> io::Result<()> {
    vmdk.seek(SeekFrom::Start(0))?;
    let (length, sums) = Checksums::of(&mut *vmdk)?;
    vmdk.seek(SeekFrom::Start(0))?;
    let ovf = descriptor(length, size);
    let (_, ovf_sums) = Checksums::of(ovf.as_bytes())?;
    let manifest = format!("SHA1({DESCRIPTOR})= {}\nSHA1({DISK})= {}\n", ovf_sums.sha1, sums.sha1);
    let mut tar = tar::Builder::new(output);
    // The descriptor must be first, and the manifest next.
    append(&mut tar, DESCRIPTOR, ovf.len() as u64, ovf.as_bytes())?;
    append(&mut tar, MANIFEST, manifest.len() as u64, manifest.as_bytes())?;
    append(&mut tar, DISK, length, vmdk)?;
    tar.into_inner()?.flush()
}

fn append(
    tar: &mut tar::Builder<impl Write>,
    name: &str,
    size: u64,
    content: impl Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(size);
    header.set_entry_type(tar::EntryType::Regular);
    tar.append_data(&mut header, name, content)
}

/// A machine with one disk on an LSI Logic controller. CloudStack takes the disk, and gives the
/// machine its own hardware.
fn descriptor(length: u64, size: u64) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
  <References>
    <File ovf:href="{DISK}" ovf:id="file1" ovf:size="{length}"/>
  </References>
  <DiskSection>
    <Info>The disk</Info>
    <Disk ovf:capacity="{size}" ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <VirtualSystem ovf:id="stemcell">
    <Info>A BOSH stemcell</Info>
    <Name>stemcell</Name>
    <OperatingSystemSection ovf:id="94" vmw:osType="ubuntu64Guest">
      <Info>The operating system</Info>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>The hardware</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>stemcell</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-10</vssd:VirtualSystemType>
      </System>
      <Item>
        <rasd:AllocationUnits>hertz * 10^6</rasd:AllocationUnits>
        <rasd:ElementName>1 virtual CPU</rasd:ElementName>
        <rasd:InstanceID>1</rasd:InstanceID>
        <rasd:ResourceType>3</rasd:ResourceType>
        <rasd:VirtualQuantity>1</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>
        <rasd:ElementName>512 MB of memory</rasd:ElementName>
        <rasd:InstanceID>2</rasd:InstanceID>
        <rasd:ResourceType>4</rasd:ResourceType>
        <rasd:VirtualQuantity>512</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:Address>0</rasd:Address>
        <rasd:ElementName>SCSI controller 0</rasd:ElementName>
        <rasd:InstanceID>3</rasd:InstanceID>
        <rasd:ResourceSubType>lsilogic</rasd:ResourceSubType>
        <rasd:ResourceType>6</rasd:ResourceType>
      </Item>
      <Item>
        <rasd:AddressOnParent>0</rasd:AddressOnParent>
        <rasd:ElementName>Hard disk 1</rasd:ElementName>
        <rasd:HostResource>ovf:/disk/vmdisk1</rasd:HostResource>
        <rasd:InstanceID>4</rasd:InstanceID>
        <rasd:Parent>3</rasd:Parent>
        <rasd:ResourceType>17</rasd:ResourceType>
      </Item>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
"#
    )
}
