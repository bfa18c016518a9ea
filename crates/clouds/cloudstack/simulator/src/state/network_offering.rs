//! Network offerings.

use super::{Cloud, Entity};
use crate::world::{NetworkKind, NetworkOfferingSpec, World};
use jiff::Timestamp;

/// A network offering.
#[derive(Debug, Clone)]
pub struct NetworkOffering {
    /// Its id.
    pub id: String,
    /// What the world says of it.
    pub spec: NetworkOfferingSpec,
    /// Whether CloudStack came with it.
    pub builtin: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// Who can provide services without an appliance or a plug-in beside the zone's own routers.
const OWN_PROVIDERS: &[&str] =
    &["VirtualRouter", "VpcVirtualRouter", "InternalLbVm", "ConfigDrive", "SecurityGroupProvider"];

impl Entity for NetworkOffering {
    fn id(&self) -> &str {
        &self.id
    }
}

impl NetworkOffering {
    /// Whether networks of it have this service (`UserData`, `SourceNat` …).
    pub fn offers(&self, service: &str) -> bool {
        self.spec.services.contains_key(service)
    }

    /// What its networks are.
    pub fn kind(&self) -> NetworkKind {
        match self.spec.kind.as_str() {
            "Shared" => NetworkKind::Shared,
            "L2" => NetworkKind::L2,
            _ => NetworkKind::Isolated,
        }
    }

    /// Whether a zone can have such networks: with or without security groups.
    pub fn is_for_zone(&self, security_groups: bool) -> bool {
        let mut providers = self.spec.services.values().flat_map(|list| list.split(','));
        providers.all(|provider| OWN_PROVIDERS.contains(&provider))
            && (security_groups || !self.offers("SecurityGroup"))
    }

    /// Whether its networks are tiers of VPCs.
    pub fn is_for_vpc(&self) -> bool {
        self.spec.has("forvpc")
    }
}

impl Cloud {
    pub(super) fn add_network_offerings(&mut self, world: &World) {
        let created = self.now();
        let more = world.network_offerings.iter().cloned().map(|spec| (spec, false));
        let kubernetes = world.settings.cloud_kubernetes_service_enabled;
        let builtin = NetworkOfferingSpec::builtin()
            .into_iter()
            .filter(|spec| kubernetes || !spec.name.contains("Kubernetes"))
            .map(|spec| (spec, true));
        for (spec, builtin) in builtin.chain(more) {
            let id = self.id_or_new(spec.id.as_ref());
            self.routing.offerings.insert(NetworkOffering { id, spec, builtin, created });
        }
    }

    /// The network offering of this name.
    pub fn network_offering(&self, name: &str) -> Option<&NetworkOffering> {
        self.routing.offerings.iter().find(|offering| offering.spec.name == name)
    }

    /// Who gives a network this service: `VirtualRouter`, `ConfigDrive` …
    pub fn network_provider(&self, network: &str, service: &str) -> Option<&str> {
        let network = self.networks.ever(network)?;
        let offering = self.network_offering(&network.offering)?;
        offering.spec.services.get(service).map(String::as_str)
    }

    /// Whether a network has this service.
    pub fn network_offers(&self, network: &str, service: &str) -> bool {
        let network = self.networks.ever(network);
        let offering = network.and_then(|network| self.network_offering(&network.offering));
        offering.is_some_and(|offering| offering.offers(service))
    }
}
