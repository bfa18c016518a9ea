//! Zones.

use super::{Cloud, Entity};
use crate::world::{World, ZoneKind, ZoneSpec};

/// A zone.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Its id.
    pub id: String,
    /// The id of its image store.
    pub image_store: String,
    /// What the world says of it.
    pub spec: ZoneSpec,
}

impl Entity for Zone {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Zone {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Whether it is a basic zone: one shared network, nobody chooses one.
    pub fn is_basic(&self) -> bool {
        self.spec.kind == ZoneKind::Basic
    }

    /// Whether security groups guard its VMs.
    pub fn has_security_groups(&self) -> bool {
        self.spec.kind != ZoneKind::Advanced
    }
}

impl Cloud {
    pub(super) fn add_zones(&mut self, world: &World) {
        for spec in &world.zones {
            let id = self.id_or_new(spec.id.as_ref());
            let image_store = self.new_id();
            self.zones.insert(Zone { id, image_store, spec: spec.clone() });
        }
    }

    /// The zone of this id; zones are never removed.
    pub fn zone_name(&self, id: &str) -> &str {
        self.zones.ever(id).map_or("", Zone::name)
    }
}
