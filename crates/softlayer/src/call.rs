//! The table of API calls: service, method, effect, and what they answer.

use crate::api::*;
use crate::field::{Field, Misread, Object};
use cloud_http::Effect;
use serde_json::Value;

/// An API call. Its field `id` says whose method it is; its other fields are the method's
/// arguments, in order.
pub trait Call: Object {
    /// The service: `SoftLayer_Virtual_Guest`.
    const SERVICE: &'static str;
    /// The method: `setTags`.
    const METHOD: &'static str;
    /// Both, for people: `SoftLayer_Virtual_Guest::setTags`.
    const NAME: &'static str;
    /// What it does to the cloud.
    const EFFECT: Effect;
    /// What it answers.
    type Answer: Field;
}

/// An API call that lists, and so comes in pages.
pub trait Listing: Call<Answer = Vec<Self::Item>> {
    /// The relation under which filters stand: `virtualGuests`; empty where they stand alone.
    const RELATION: &'static str;
    /// A row.
    type Item: Field;
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct CallInfo {
    /// The service: `SoftLayer_Virtual_Guest`.
    pub service: &'static str,
    /// The method: `setTags`.
    pub method: &'static str,
    /// What it does to the cloud.
    pub effect: Effect,
    /// Whether it belongs to one object, whose id stands in the URL.
    pub of_object: fn() -> bool,
    /// The fields that the usual mask asks for; None where it answers no object.
    pub shape: fn() -> Option<String>,
    /// Reads an answer of it and forgets it: to try recorded answers.
    pub read: fn(Value) -> Result<(), Misread>,
}

impl CallInfo {
    /// The row of that method.
    pub fn named(service: &str, method: &str) -> Option<&'static CallInfo> {
        CALLS.iter().find(|row| row.service == service && row.method == method)
    }
}

fn read<C: Call>(answer: Value) -> Result<(), Misread> {
    C::Answer::read(answer).map(drop)
}

/// Whether the struct has an `id`.
fn of_object<C: Call>() -> bool {
    C::shape().is_some_and(|shape| shape.split(',').next() == Some("id"))
}

macro_rules! calls {
    ($($service:literal { $($method:literal $noun:ident $struct:ident $effect:ident $kind:ident
        $type:ty $(, $relation:literal)?;)* })*) => {
        $($(
            impl Call for $noun::$struct {
                const SERVICE: &'static str = $service;
                const METHOD: &'static str = $method;
                const NAME: &'static str = concat!($service, "::", $method);
                const EFFECT: Effect = Effect::$effect;
                type Answer = calls!(@answer $kind $type);
            }
            calls!(@listing $kind $noun $struct $type $(, $relation)?);
        )*)*

        /// Every API call that this crate can make.
        pub const CALLS: &[CallInfo] = &[$($(CallInfo {
            service: $service,
            method: $method,
            effect: Effect::$effect,
            of_object: of_object::<$noun::$struct>,
            shape: <<$noun::$struct as Call>::Answer as Field>::shape,
            read: read::<$noun::$struct>,
        },)*)*];
    };
    (@answer one $type:ty) => { $type };
    (@answer list $type:ty) => { Vec<$type> };
    (@listing one $noun:ident $struct:ident $type:ty) => {};
    (@listing list $noun:ident $struct:ident $type:ty) => {
        calls!(@listing list $noun $struct $type, "");
    };
    (@listing list $noun:ident $struct:ident $type:ty, $relation:literal) => {
        impl Listing for $noun::$struct {
            const RELATION: &'static str = $relation;
            type Item = $type;
        }
    };
}

calls! {
    "SoftLayer_Virtual_Guest" {
        "createObject"      virtual_guest CreateObject      Create one VirtualGuest;
        "getObject"         virtual_guest GetObject         Read   one VirtualGuest;
        "editObject"        virtual_guest EditObject        Change one bool;
        "deleteObject"      virtual_guest DeleteObject      Delete one bool;
        "setUserMetadata"   virtual_guest SetUserMetadata   Change one bool;
        "setTags"           virtual_guest SetTags           Change one bool;
        "rebootSoft"        virtual_guest RebootSoft        Change one bool;
        "rebootHard"        virtual_guest RebootHard        Change one bool;
        "powerOff"          virtual_guest PowerOff          Change one bool;
        "powerOn"           virtual_guest PowerOn           Change one bool;
        "generateOrderTemplate" virtual_guest GenerateOrderTemplate Read one Value;
        "getCreateObjectOptions" virtual_guest GetCreateObjectOptions Read one CreateObjectOptions;
    }
    "SoftLayer_Account" {
        "getObject"             account GetObject            Read one Account;
        "getCurrentUser"        account GetCurrentUser       Read one User;
        "getVirtualGuests"      account GetVirtualGuests     Read list VirtualGuest, "virtualGuests";
    }
}
