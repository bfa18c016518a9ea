//! `calculate_vm_cloud_properties`: the smallest flavor that fits, else CPUs and memory.

use crate::errors::{Activity, ResultExt};
use crate::properties::Wait;
use crate::session::SoftLayer;
use bosh_cpi::method::{CalculateVmCloudProperties, Hash};
use bosh_cpi::{CpiError, MiB, Result};
use serde_json::{Value, json};
use softlayer::api::virtual_guest::GetCreateObjectOptions;

/// Families that are general-purpose and have their disks in the SAN: balanced, compute, memory.
/// Others have disks of their own on the host, or GPUs, or share their CPUs.
const FAMILIES: &[&str] = &["B1", "C1", "M1"];

pub(crate) async fn run(cloud: &SoftLayer, call: CalculateVmCloudProperties) -> Result<Hash> {
    let wanted = VmRequirements::read(&call.requirements)?;
    let until = cloud.deadline(Wait::Lookup);
    let options = cloud.call(&GetCreateObjectOptions {}, until).await;
    let options =
        options.during(Activity::Lookup, || "calculate_vm_cloud_properties: listing flavors")?;
    let names = options.flavors.iter().map(|option| option.flavor.key_name.as_str());
    let mut properties = Hash::new();
    match smallest(names, &wanted) {
        Some(flavor) => {
            properties.insert("flavor_key_name".into(), json!(flavor));
        }
        None => {
            // Memory is sold in whole GiB.
            let memory = wanted.ram.ceil_gib().0 * 1024;
            properties.insert("cpu".into(), json!(wanted.cpu));
            properties.insert("memory".into(), json!(memory));
        }
    }
    if wanted.disk.0 > 0 {
        properties.insert("ephemeral_disk_size".into(), json!(wanted.disk.ceil_gib().0));
    }
    Ok(properties)
}

/// What the VM needs.
struct VmRequirements {
    cpu: u64,
    ram: MiB,
    disk: MiB,
}

impl VmRequirements {
    fn read(requirements: &Hash) -> Result<Self> {
        let number = |key: &str| match requirements.get(key).and_then(Value::as_u64) {
            Some(number) => Ok(number),
            None => Err(CpiError::cpi(format!(
                "arguments[0].{key}: expected a whole number, 0 or more"
            ))),
        };
        let disk = match requirements.get("ephemeral_disk_size") {
            None | Some(Value::Null) => 0,
            Some(_) => number("ephemeral_disk_size")?,
        };
        Ok(Self { cpu: number("cpu")?, ram: MiB(number("ram")?), disk: MiB(disk) })
    }
}

/// A flavor as its name tells it: `B1_4X8X100` has 4 CPUs, 8 GiB and a first disk of 100 GB.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Size {
    memory: u64,
    cpu: u64,
    disk: u64,
}

fn size(name: &str) -> Option<(&str, Size)> {
    let (family, rest) = name.split_once('_')?;
    let mut numbers = rest.split('X').map(|number| number.parse().ok());
    let (cpu, memory, disk) = (numbers.next()??, numbers.next()??, numbers.next()??);
    Some((family, Size { memory, cpu, disk }))
}

fn smallest<'n>(names: impl Iterator<Item = &'n str>, wanted: &VmRequirements) -> Option<&'n str> {
    let fitting = names.filter_map(|name| {
        let (family, size) = size(name)?;
        let fits = FAMILIES.contains(&family)
            && size.cpu >= wanted.cpu
            && size.memory * 1024 >= wanted.ram.0;
        fits.then_some((size, name))
    });
    fitting.min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_flavor_that_fits_is_taken() {
        let names = ["B1_2X4X25", "B1_2X4X100", "C1_4X4X25", "BL1_2X4X100", "M1_2X16X25", "odd"];
        let choose = |cpu, ram| {
            let wanted = VmRequirements { cpu, ram: MiB(ram), disk: MiB(0) };
            smallest(names.into_iter(), &wanted)
        };
        assert_eq!(choose(1, 4096), Some("B1_2X4X25"));
        assert_eq!(choose(3, 1024), Some("C1_4X4X25"));
        assert_eq!(choose(2, 4097), Some("M1_2X16X25"));
        assert_eq!(choose(8, 1024), None);
    }
}
