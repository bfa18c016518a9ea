//! `SoftLayer_Virtual_Guest_Block_Device_Template_Group`: images.

use super::common::{Datacenter, Id, Keyed, Named, TagReference, Time, Transaction};
use crate::field::object;
use cloud_http::Secret;

object! {
    /// Tells of an image.
    pub struct GetObject {
        /// The image.
        pub id: u64,
    }
}

object! {
    /// Changes name or note.
    pub struct EditObject {
        /// The image.
        pub id: u64,
        /// What to change.
        pub template: ImageEdit,
    }
}

object! {
    /// What can be changed of an image.
    #[derive(Default)]
    pub struct ImageEdit {
        /// Its name.
        pub name: Option<String>,
        /// Its note.
        pub note: Option<String>,
    }
}

object! {
    /// Deletes an image; answers a transaction.
    pub struct DeleteObject {
        /// The image.
        pub id: u64,
    }
}

object! {
    /// Imports an image out of Swift object storage.
    pub struct CreateFromExternalSource {
        /// What to import.
        pub configuration: ImageImport,
    }
}

object! {
    /// Imports an image out of IBM Cloud Object Storage.
    pub struct CreateFromIcos {
        /// What to import.
        pub configuration: ImageImport,
    }
}

object! {
    /// Sets how guests of the image boot.
    pub struct SetBootMode {
        /// The image.
        pub id: u64,
        /// `HVM` or `PV`.
        pub mode: String,
    }
}

object! {
    /// Replaces all tags.
    pub struct SetTags {
        /// The image.
        pub id: u64,
        /// The tags, joined by commas.
        pub tags: String,
    }
}

object! {
    /// Copies an image to data centers.
    pub struct AddLocations {
        /// The image.
        pub id: u64,
        /// The data centers.
        pub locations: Vec<Id>,
    }
}

object! {
    /// What to import.
    #[derive(Default)]
    pub struct ImageImport {
        /// The image's name.
        pub name: String,
        /// Its note.
        pub note: Option<String>,
        /// Its operating system: `UBUNTU_22_64`.
        pub operating_system_reference_code: Option<String>,
        /// `cos://us-south/bucket/file.vhd`, or `swift://account@cluster/container/file.vhd`.
        pub uri: String,
        /// An IAM API key that may read the bucket.
        pub ibm_api_key: Option<Secret>,
        /// An HMAC access key that may read the bucket, in place of it.
        pub ibm_access_key: Option<Secret>,
        /// The HMAC secret key that goes with it.
        pub ibm_secret_key: Option<Secret>,
        /// The image's operating system has cloud-init.
        pub cloud_init: Option<bool>,
        /// The licence is one's own.
        pub byol: Option<bool>,
        /// The image is encrypted.
        pub is_encrypted: Option<bool>,
        /// `HVM` or `PV`.
        pub boot_mode: Option<String>,
        /// The modes in which it can boot.
        pub supported_boot_modes: Vec<String>,
    }
}

object! {
    /// An image.
    pub struct Image {
        /// Its id.
        pub id: u64,
        /// Its UUID, by which guests are made from it.
        pub global_identifier: Option<String>,
        /// Its name.
        pub name: Option<String>,
        /// Its note.
        pub note: Option<String>,
        /// Whose it is.
        pub account_id: Option<u64>,
        /// Whether everybody may use it.
        pub public_flag: Option<bool>,
        /// `SYSTEM` …
        pub image_type: Option<Keyed>,
        /// `Active` …
        pub status: Option<Named>,
        /// What is being done to it.
        pub transaction: Option<Transaction>,
        /// When it was made.
        pub create_date: Option<Time>,
        /// Its copies in data centers.
        pub children: Vec<ImageCopy>,
        /// Where it is.
        pub datacenters: Vec<Datacenter>,
        /// Its tags.
        pub tag_references: Vec<TagReference>,
    }
}

object! {
    /// An image in one data center.
    pub struct ImageCopy {
        /// Its id.
        pub id: u64,
        /// Its size; 0 while it is being imported.
        pub block_devices_disk_space_total: Option<u64>,
        /// Where.
        pub datacenter: Option<Datacenter>,
        /// What is being done to it.
        pub transaction_id: Option<u64>,
    }
}
