//! Volumes.

mod attach;
mod create;
mod list;
mod resize;
pub mod view;

use crate::engine::Command;

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listVolumes", list::list),
    Command::job("createVolume", "user.volume.CreateVolumeCmd", create::create)
        .by_admin()
        .on("Volume"),
    Command::sync("deleteVolume", create::delete),
    Command::job("destroyVolume", "user.volume.DestroyVolumeCmd", create::destroy)
        .by_admin()
        .on("Volume"),
    Command::job("updateVolume", "user.volume.UpdateVolumeCmd", create::update)
        .by_admin()
        .on("Volume"),
    Command::job("attachVolume", "user.volume.AttachVolumeCmd", attach::attach)
        .by_admin()
        .on("Volume"),
    Command::job("detachVolume", "user.volume.DetachVolumeCmd", attach::detach)
        .by_admin()
        .on("Volume"),
    Command::job("resizeVolume", "user.volume.ResizeVolumeCmd", resize::resize)
        .by_admin()
        .on("Volume"),
    Command::job(
        "changeOfferingForVolume",
        "user.volume.ChangeOfferingForVolumeCmd",
        resize::change_offering,
    ),
];
