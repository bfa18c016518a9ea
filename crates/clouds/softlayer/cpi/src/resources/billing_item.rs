//! Billing items: what is billed is deleted by cancelling its item.

use crate::errors::{CloudResult, cloud_error};
use crate::session::SoftLayer;
use cloud_http::Deadline;
use softlayer::api::BilledOrder;
use softlayer::api::billing::CancelItem;
use softlayer::phrases::NO_BILLING_ITEM;

const REASON: &str = "No longer needed";
const NOTE: &str = "cancelled by the BOSH CPI";

/// When an item is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancellation {
    /// Now, with the items that belong to it.
    WithAssociated,
    /// Now.
    Immediate,
    /// At the end of the month.
    AnniversaryDate,
}

/// Cancels what is billed. What was cancelled already is as it should be.
pub(crate) async fn cancel(
    cloud: &SoftLayer,
    id: u64,
    when: Cancellation,
    until: Deadline,
) -> CloudResult<()> {
    let call = CancelItem {
        id,
        immediate: when != Cancellation::AnniversaryDate,
        associated: when == Cancellation::WithAssociated,
        reason: REASON.into(),
        note: NOTE.into(),
    };
    match Box::pin(cloud.call(&call, until)).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(cloud_error(format!(
            "SoftLayer did not cancel billing item {id}, and did not say why"
        ))),
        Err(failure) if failure.is_gone() || failure.says(NO_BILLING_ITEM) => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// What is still billed of a part of an order.
pub(crate) fn of_order(order: &BilledOrder, category: &str) -> Option<u64> {
    let items = order.items.iter().filter(|item| item.category_code.as_deref() == Some(category));
    let billed = items.filter_map(|item| item.billing_item.as_ref());
    billed.filter(|item| item.cancellation_date.is_none()).map(|item| item.id).next()
}
