//! The account as the machinery around it sees it: faults, the log of calls, the control API.

use crate::engine::{self, Request};
use crate::inventory::{Inventory, transactions};
use crate::lie;
use crate::services::SERVICES;
use crate::shared::Shared;
use serde::Serialize;
use simulator_kit::fault::{FaultKind, Faults, When};
use simulator_kit::lie::ListShape;
use simulator_kit::{CallLog, Reply, SimulatedCloud};

impl SimulatedCloud for Shared {
    type Request = Request;

    fn command(&self, request: &Request) -> String {
        request.name()
    }

    fn answer(&self, request: &Request) -> Reply {
        Shared::answer(self, request)
    }

    fn answer_with_broken_job(&self, request: &Request, kind: FaultKind, when: When) -> Reply {
        let mut cloud = self.cloud();
        cloud.broken = Some((kind, when));
        let reply = engine::answer(&mut cloud, SERVICES, request);
        cloud.broken = None;
        reply
    }

    fn is_list(&self, request: &Request) -> bool {
        lie::is_list(request)
    }

    fn wanted_name(&self, request: &Request) -> Option<String> {
        lie::wanted_name(request)
    }

    fn without_filters(&self, request: &Request) -> Request {
        lie::without_filters(request)
    }

    fn without_page(&self, request: &Request) -> Request {
        lie::without_page(request)
    }

    fn list_shape(&self) -> ListShape {
        lie::SHAPE
    }

    fn with_faults<T>(&self, look: impl FnOnce(&mut Faults) -> T) -> T {
        look(&mut self.cloud().faults)
    }

    fn with_calls<T>(&self, look: impl FnOnce(&mut CallLog) -> T) -> T {
        look(&mut self.cloud().calls)
    }

    fn inventory(&self) -> impl Serialize {
        Inventory::of_running(self)
    }

    fn jobs(&self) -> impl Serialize {
        let mut cloud = self.cloud();
        cloud.settle();
        transactions(&cloud)
    }

    fn agents(&self) -> impl Serialize {
        Shared::agents(self)
    }
}
