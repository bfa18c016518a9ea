//! `SoftLayer_Billing_Item`: what is being paid for.

use super::common::OrderRef;
use crate::field::object;

object! {
    /// Cancels something.
    pub struct CancelItem {
        /// Its billing item.
        pub id: u64,
        /// Now, and not at the end of the month.
        pub immediate: bool,
        /// What belongs to it too.
        pub associated: bool,
        /// Why.
        pub reason: String,
        /// A note.
        pub note: String,
    }
}

object! {
    /// Tells of a billing item.
    pub struct GetObject {
        /// The billing item.
        pub id: u64,
    }
}

object! {
    /// A billing item.
    pub struct BillingItem {
        /// Its id.
        pub id: u64,
        /// What is billed.
        pub category_code: Option<String>,
        /// In words.
        pub description: Option<String>,
        /// Billed by the hour.
        pub hourly_flag: Option<bool>,
        /// When it was or will be cancelled.
        pub cancellation_date: Option<String>,
        /// The item of its order.
        pub order_item: Option<BillingOrderItemRef>,
    }
}

object! {
    /// The item of an order.
    pub struct BillingOrderItemRef {
        /// The order.
        pub order: Option<OrderRef>,
    }
}
