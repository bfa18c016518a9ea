//! `SoftLayer_Virtual_Guest_Block_Device_Template_Group`: images.

mod import;
mod view;

pub use view::{KIND, read};

use super::Service;
use super::transaction::Transaction;
use crate::state::Cloud;
use crate::thing::Thing;
use crate::world::ImageSpec;
use jiff::Timestamp;

/// An image.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its id.
    pub id: u64,
    /// Its global identifier.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// Notes.
    pub note: Option<String>,
    /// Whose it is; None for what every account sees.
    pub account: Option<u64>,
    /// When it was made.
    pub created: Timestamp,
    /// What each data centre has of it.
    pub copies: Vec<Copy>,
    /// `UBUNTU_22_64`.
    pub os_code: Option<String>,
    /// `HVM`, once it is set.
    pub boot_mode: Option<String>,
    /// Its tags.
    pub tags: Vec<u64>,
    /// What the service is doing with it.
    pub transaction: Option<Transaction>,
    /// Whether somebody made it.
    pub made: bool,
}

/// What a data centre has of an image.
#[derive(Debug, Clone)]
pub struct Copy {
    /// The id of this child.
    pub id: u64,
    /// Where.
    pub location: u64,
    /// Its size; 0 until it is there.
    pub bytes: u64,
}

pub static SERVICE: Service = Service {
    name: "SoftLayer_Virtual_Guest_Block_Device_Template_Group",
    kind: &KIND,
    find: Some(find),
    own: None,
    methods: &[
        ("createFromIcos", import::from_icos),
        ("createFromExternalSource", import::from_external_source),
        ("editObject", import::edit),
        ("deleteObject", import::delete),
        ("setBootMode", import::set_boot_mode),
        ("setTags", import::set_tags),
        ("addLocations", import::add_locations),
    ],
};

fn find(cloud: &Cloud, id: u64) -> Option<Thing> {
    cloud.images.contains_key(&id).then_some(Thing::Image(id))
}

impl Image {
    /// As a world says.
    pub fn of_world(spec: &ImageSpec, cloud: &Cloud) -> Self {
        let named = |name: &String| cloud.location_named(name);
        let places = spec.datacenters.iter().filter_map(named).zip(1..);
        Self {
            id: spec.id,
            uuid: spec.uuid.clone(),
            name: spec.name.clone(),
            note: None,
            account: (!spec.public).then_some(cloud.world.account),
            created: cloud.now(),
            copies: places
                .map(|(location, n)| Copy { id: spec.id * 10 + n, location, bytes: spec.gib << 30 })
                .collect(),
            os_code: None,
            boot_mode: Some("HVM".to_owned()),
            tags: Vec::new(),
            transaction: None,
            made: false,
        }
    }

    /// Whether machines can be made of it.
    pub fn is_whole(&self) -> bool {
        self.transaction.is_none() && self.copies.iter().any(|copy| copy.bytes > 0)
    }
}
