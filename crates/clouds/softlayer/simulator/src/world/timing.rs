//! How long things take to happen, once they are begun.

use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// Seconds that things really take, and the part of them that they take here.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timing {
    /// 1: as long as they really do; 0: no time.
    pub scale: f64,
    /// Until a new guest is placed on a host. Before that it takes no metadata.
    pub guest_placed: f64,
    /// From then on until it has its addresses.
    pub guest_addressed: f64,
    /// From then on until it runs.
    pub guest_provisioned: f64,
    /// From then on until its last transaction ends.
    pub guest_idle: f64,
    /// From its deletion until it is gone.
    pub guest_reclaimed: f64,
    /// For a change of a guest's size.
    pub guest_upgraded: f64,
    /// For an OS reload.
    pub guest_reloaded: f64,
    /// Until a new hardware server runs.
    pub hardware_provisioned: f64,
    /// From its cancellation until it is gone.
    pub hardware_reclaimed: f64,
    /// Until an order is approved.
    pub order_approved: f64,
    /// Until a new volume can be mounted.
    pub volume_ready: f64,
    /// For a change of a volume's size, speed or snapshot space.
    pub volume_changed: f64,
    /// For which a volume is busy when a host is let in or shut out.
    pub volume_authorized: f64,
    /// From its cancellation until a volume is gone.
    pub volume_reclaimed: f64,
    /// Until an image is imported.
    pub image_imported: f64,
    /// From its deletion until an image is gone.
    pub image_deleted: f64,
    /// Until a global address leads elsewhere.
    pub address_routed: f64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            scale: 1.0,
            guest_placed: 30.0,
            guest_addressed: 30.0,
            guest_provisioned: 120.0,
            guest_idle: 60.0,
            guest_reclaimed: 600.0,
            guest_upgraded: 120.0,
            guest_reloaded: 300.0,
            hardware_provisioned: 1800.0,
            hardware_reclaimed: 3600.0,
            order_approved: 5.0,
            volume_ready: 60.0,
            volume_changed: 30.0,
            volume_authorized: 3.0,
            volume_reclaimed: 60.0,
            image_imported: 300.0,
            image_deleted: 60.0,
            address_routed: 10.0,
        }
    }
}

/// Something that takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Until a new guest is placed on a host.
    GuestPlaced,
    /// Until it has its addresses.
    GuestAddressed,
    /// Until it runs.
    GuestProvisioned,
    /// Until its last transaction ends.
    GuestIdle,
    /// Until a deleted guest is gone.
    GuestReclaimed,
    /// A change of a guest's size.
    GuestUpgraded,
    /// An OS reload.
    GuestReloaded,
    /// Until a new hardware server runs.
    HardwareProvisioned,
    /// Until a cancelled hardware server is gone.
    HardwareReclaimed,
    /// Until an order is approved.
    OrderApproved,
    /// Until a new volume can be mounted.
    VolumeReady,
    /// A change of a volume.
    VolumeChanged,
    /// A host is let in or shut out.
    VolumeAuthorized,
    /// Until a cancelled volume is gone.
    VolumeReclaimed,
    /// Until an image is imported.
    ImageImported,
    /// Until a deleted image is gone.
    ImageDeleted,
    /// A global address is led elsewhere.
    AddressRouted,
}

impl Timing {
    /// How long a phase takes here.
    pub fn of(&self, phase: Phase) -> Duration {
        let seconds = match phase {
            Phase::GuestPlaced => self.guest_placed,
            Phase::GuestAddressed => self.guest_addressed,
            Phase::GuestProvisioned => self.guest_provisioned,
            Phase::GuestIdle => self.guest_idle,
            Phase::GuestReclaimed => self.guest_reclaimed,
            Phase::GuestUpgraded => self.guest_upgraded,
            Phase::GuestReloaded => self.guest_reloaded,
            Phase::HardwareProvisioned => self.hardware_provisioned,
            Phase::HardwareReclaimed => self.hardware_reclaimed,
            Phase::OrderApproved => self.order_approved,
            Phase::VolumeReady => self.volume_ready,
            Phase::VolumeChanged => self.volume_changed,
            Phase::VolumeAuthorized => self.volume_authorized,
            Phase::VolumeReclaimed => self.volume_reclaimed,
            Phase::ImageImported => self.image_imported,
            Phase::ImageDeleted => self.image_deleted,
            Phase::AddressRouted => self.address_routed,
        };
        Duration::try_from_secs_f64(seconds * self.scale).unwrap_or(Duration::ZERO)
    }
}
