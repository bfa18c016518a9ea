//! What goes wrong, under the names that SoftLayer gives.

use serde_json::{Value, json};

/// An error as it is answered: `{"error": …, "code": …}` with its HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// HTTP status.
    pub status: u16,
    /// `SoftLayer_Exception_Public` …
    pub code: &'static str,
    /// For people.
    pub text: String,
}

impl Exception {
    /// An exception of that code.
    pub fn new(status: u16, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, text: text.into() }
    }

    /// What SoftLayer answers for most of what it does not want.
    pub fn public(text: impl Into<String>) -> Self {
        Self::new(500, "SoftLayer_Exception_Public", text)
    }

    /// Nothing of this id, or nothing that this user may see or do.
    pub fn not_found(id: u64) -> Self {
        Self::new(
            404,
            "SoftLayer_Exception_ObjectNotFound",
            format!("Unable to find object with id of '{id}'."),
        )
    }

    /// A value that is out of range or of the wrong kind.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self::new(500, "SoftLayer_Exception_InvalidValue", text)
    }

    /// A property of a new object that is missing.
    pub fn missing(property: &str, kind: &str) -> Self {
        Self::new(
            500,
            "SoftLayer_Exception_MissingCreationProperty",
            format!("Property {property} must be set to create an instance of '{kind}'."),
        )
    }

    /// A request that is not one.
    pub fn bad_request(text: impl Into<String>) -> Self {
        Self::new(400, "SoftLayer_Exception_WebService_BadRequest", text)
    }

    /// An object mask that does not fit the type of the answer.
    pub fn mask(text: impl Into<String>) -> Self {
        Self::new(500, "SoftLayer_Exception_WebService_ObjectMask", text)
    }

    /// What the object cannot do, or cannot do yet.
    pub fn not_implemented(text: impl Into<String>) -> Self {
        Self::new(500, "SoftLayer_Exception_NotImplemented", text)
    }

    /// The volume is busy with another change.
    pub fn blocking() -> Self {
        Self::new(
            500,
            "SoftLayer_Exception_Network_Storage_BlockingOperationInProgress",
            "A blocking operation is in progress on this volume; please try again later.",
        )
    }

    /// Wrong credentials.
    pub fn unauthorized() -> Self {
        Self::new(401, "SoftLayer_Exception_Public", "Invalid API token.")
    }

    /// The body that is answered.
    pub fn body(&self) -> Value {
        json!({"error": self.text, "code": self.code})
    }
}
