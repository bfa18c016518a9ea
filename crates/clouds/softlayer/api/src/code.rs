//! SoftLayer's exceptions, as far as we tell them apart.

/// The exception of a refusal. The doc of each is its name on the wire, after
/// `SoftLayer_Exception_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// `ObjectNotFound`: the id is unknown, or may not be seen by this user.
    ObjectNotFound,
    /// `Public`: anything, told in words.
    Public,
    /// `InvalidValue`, `MissingCreationProperty`: the arguments are wrong.
    InvalidValue,
    /// `WebService_BadRequest`, `InvalidDataLength`, `BadRequest`: the request is wrong.
    BadRequest,
    /// `WebService_RateLimitExceeded`: too many requests.
    RateLimitExceeded,
    /// `NotImplemented`: the thing cannot do that, perhaps not yet: user metadata of a guest that
    /// has no host.
    NotImplemented,
    /// `Network_Storage_BlockingOperationInProgress`: something else works on the same volume.
    BlockingOperationInProgress,
    /// `Network_Storage_Group_AccessControlError`: the volume is not ready yet.
    AccessControlError,
    /// `Network_Storage_Group_MassAccessControlModification`: who is to be given access has it.
    MassAccessControlModification,
    /// `Account_Authentication_…`, or HTTP 401: the credentials are not taken.
    Unauthenticated,
    /// `AccessDenied`, or HTTP 403: the user may not do that.
    AccessDenied,
    /// `MethodNotFound`, `Service_NotFound` …: this API has no such method.
    NoSuchMethod,
    /// Another one.
    Other(String),
}

const PREFIX: &str = "SoftLayer_Exception_";

impl Code {
    pub(crate) fn of(exception: &str, http_status: u16) -> Self {
        let name = exception.strip_prefix(PREFIX).unwrap_or(exception);
        match name {
            // Said as `Public`, too.
            _ if http_status == 401 => Self::Unauthenticated,
            "ObjectNotFound" => Self::ObjectNotFound,
            "Public" => Self::Public,
            "InvalidValue" | "MissingCreationProperty" => Self::InvalidValue,
            "BadRequest" | "WebService_BadRequest" | "InvalidDataLength" => Self::BadRequest,
            "WebService_RateLimitExceeded" => Self::RateLimitExceeded,
            "NotImplemented" => Self::NotImplemented,
            "Network_Storage_BlockingOperationInProgress" => Self::BlockingOperationInProgress,
            "Network_Storage_Group_AccessControlError" => Self::AccessControlError,
            "Network_Storage_Group_MassAccessControlModification" => {
                Self::MassAccessControlModification
            }
            "AccessDenied" => Self::AccessDenied,
            "MethodNotFound" | "Service_NotFound" | "WebService_MethodNotFound" => {
                Self::NoSuchMethod
            }
            name if name.starts_with("Account_Authentication_") => Self::Unauthenticated,
            _ => match http_status {
                403 => Self::AccessDenied,
                429 => Self::RateLimitExceeded,
                _ => Self::Other(exception.to_owned()),
            },
        }
    }

    /// Whether SoftLayer says by it that it has not begun: the request was turned away. One with a
    /// name of its own says so; without one it may be anything.
    pub(crate) fn turned_away(&self) -> bool {
        match self {
            Self::Public => false,
            Self::Other(exception) => exception.starts_with(PREFIX),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_told_apart() {
        for (exception, status, code) in [
            ("SoftLayer_Exception_ObjectNotFound", 404, Code::ObjectNotFound),
            ("SoftLayer_Exception_Public", 500, Code::Public),
            ("SoftLayer_Exception", 500, Code::Other("SoftLayer_Exception".into())),
            ("SoftLayer_Exception_WebService_RateLimitExceeded", 500, Code::RateLimitExceeded),
            ("SoftLayer_Exception_NotImplemented", 500, Code::NotImplemented),
            (
                "SoftLayer_Exception_Account_Authentication_AccessTokenValidation",
                500,
                Code::Unauthenticated,
            ),
            ("", 401, Code::Unauthenticated),
            ("SoftLayer_Exception_Public", 401, Code::Unauthenticated),
            ("", 429, Code::RateLimitExceeded),
        ] {
            assert_eq!(Code::of(exception, status), code, "{exception} {status}");
        }
    }
}
