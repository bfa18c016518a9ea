//! `SoftLayer_Location_Datacenter`: data centers.

use crate::field::object;

object! {
    /// Lists the data centers.
    pub struct GetDatacenters {}
}
