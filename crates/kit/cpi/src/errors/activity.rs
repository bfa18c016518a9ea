//! What was being done when something went wrong.

use bosh_cpi::Method;

macro_rules! activities {
    ($($name:ident $variant:ident;)*) => {
        /// What was being done when something went wrong: a method of the contract, or a part of
        /// one that fails alike in several.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Activity {
            /// Finding what names stand for.
            Lookup,
            /// Finding the VM that the caller names.
            FindVm,
            /// Finding the disk that the caller names.
            FindDisk,
            /// Finding the stemcell that the caller names.
            FindStemcell,
            /// Removing what a failed call has made.
            Undo,
            $(#[doc = concat!("`", stringify!($name), "`.")] $variant,)*
        }

        impl From<Method> for Activity {
            fn from(method: Method) -> Self {
                match method {
                    $(Method::$variant => Self::$variant,)*
                }
            }
        }
    };
}

bosh_cpi::for_each_method!(activities);
