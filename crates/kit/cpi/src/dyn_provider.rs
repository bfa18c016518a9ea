//! Any provider behind one type: what the binary asks, whatever cloud is configured.

use crate::{Capture, Captured, Finding, Found, GcPolicy, Keep, Provider, Questions};
use bosh_cpi::{ApiVersion, Call, CpiError, ErrorKind, Method, Result};
use journal::{Journal, Recovery};
use serde_json::Value;
use std::pin::Pin;

/// Something that is being done. It stays on its thread.
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A provider as the binary knows it. Every [`Provider`] is one.
pub trait DynProvider {
    /// Finishes what dead calls left open, then does `call`.
    fn run(&self, call: Call, version: ApiVersion) -> LocalBoxFuture<'_, Result<Value>>;

    /// The journal.
    fn ledger(&self) -> LocalBoxFuture<'_, Result<&Journal>>;

    /// Undoes what dead calls left open, and insists on it.
    fn recover(&self) -> LocalBoxFuture<'_, Result<Recovery>>;

    /// Whether the config and the cloud go together.
    fn examine<'a>(&'a self, questions: &'a Questions) -> LocalBoxFuture<'a, Vec<Finding>>;

    /// What bears our name, with what becomes of it.
    fn garbage<'a>(&'a self, policy: &'a GcPolicy) -> LocalBoxFuture<'a, Result<Vec<Found>>>;

    /// Deletes a piece of garbage.
    fn delete_garbage<'a>(&'a self, found: &'a Found) -> LocalBoxFuture<'a, Result<()>>;

    /// Makes an image of a VM, after having finished what dead calls left open, and gives it to
    /// `keep`.
    fn capture<'a>(
        &'a self,
        capture: &'a Capture,
        keep: Keep<'a>,
    ) -> LocalBoxFuture<'a, Result<Captured>>;

    /// To be called once the answer was written.
    fn answer_was_written(&self) -> LocalBoxFuture<'_, ()>;

    /// To be called if nobody learns of the result: what was made is undone.
    fn answer_was_lost(&self) -> LocalBoxFuture<'_, Result<()>>;
}

/// Of `create_vm` the director repeats what is worth it, if it is of one kind.
fn of_method(method: Method, error: CpiError) -> CpiError {
    match method {
        Method::CreateVm if error.ok_to_retry => {
            CpiError { kind: ErrorKind::VmCreationFailed, ..error }
        }
        _ => error,
    }
}

impl<P: Provider> DynProvider for P {
    fn run(&self, call: Call, version: ApiVersion) -> LocalBoxFuture<'_, Result<Value>> {
        Box::pin(async move {
            let method = call.method();
            if method != Method::InfoCall {
                let opened = self.open_with(&call.cids()).await;
                opened.map_err(|error| of_method(method, error))?;
            }
            let result = call.run(self, version).await;
            self.note_account_identity().await;
            result.map_err(|error| of_method(method, error))
        })
    }

    fn ledger(&self) -> LocalBoxFuture<'_, Result<&Journal>> {
        Box::pin(Provider::ledger(self))
    }

    fn recover(&self) -> LocalBoxFuture<'_, Result<Recovery>> {
        Box::pin(Provider::recover(self))
    }

    fn examine<'a>(&'a self, questions: &'a Questions) -> LocalBoxFuture<'a, Vec<Finding>> {
        Box::pin(Provider::examine(self, questions))
    }

    fn garbage<'a>(&'a self, policy: &'a GcPolicy) -> LocalBoxFuture<'a, Result<Vec<Found>>> {
        Box::pin(Provider::garbage(self, policy))
    }

    fn delete_garbage<'a>(&'a self, found: &'a Found) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(Provider::delete_garbage(self, found))
    }

    fn capture<'a>(
        &'a self,
        capture: &'a Capture,
        keep: Keep<'a>,
    ) -> LocalBoxFuture<'a, Result<Captured>> {
        Box::pin(async move {
            self.open_with(&[capture.vm.as_str()]).await?;
            Provider::capture(self, capture, keep).await
        })
    }

    fn answer_was_written(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(Provider::answer_was_written(self))
    }

    fn answer_was_lost(&self) -> LocalBoxFuture<'_, Result<()>> {
        Box::pin(Provider::answer_was_lost(self))
    }
}
