//! What the rows of lists tell of themselves, by which it is seen whose they are.

use super::{
    AffinityGroup, FirewallRule, LoadBalancerRule, Network, Other, PublicIpAddress, SecurityGroup,
    Snapshot, SshKeyPair, Template, VirtualMachine, Volume,
};
use cloud_http::CloudResource;

/// The account or project of a row, as [`CloudResource::account`] gives it: `project/<id>`, or
/// `<id of the domain>/<name of the account>`. None where the row does not tell it.
pub fn account_of(other: &Other) -> Option<String> {
    let text = |name: &str| other.get(name)?.as_str().filter(|text| !text.is_empty());
    match text("projectid") {
        Some(project) => Some(format!("project/{project}")),
        None => Some(format!("{}/{}", text("domainid")?, text("account")?)),
    }
}

macro_rules! resources {
    ($($row:ident $kind:literal $id:ident, $name:ident $(, $method:ident = |$it:ident| $value:expr)*;)*) => {$(
        impl CloudResource for $row {
            const KIND: &'static str = $kind;

            fn id(&self) -> &str {
                text(&self.$id)
            }

            fn name(&self) -> &str {
                text(&self.$name)
            }

            fn account(&self) -> Option<String> {
                account_of(&self.other)
            }

            $(fn $method(&self) -> Option<&str> {
                let $it = self;
                $value
            })*
        }
    )*};
}

/// A field that is there, or may be.
trait Text {
    fn text(&self) -> &str;
}

impl Text for String {
    fn text(&self) -> &str {
        self
    }
}

impl Text for Option<String> {
    fn text(&self) -> &str {
        self.as_deref().unwrap_or_default()
    }
}

fn text(field: &impl Text) -> &str {
    field.text()
}

/// What old releases leave out is empty here.
fn filled(field: &str) -> Option<&str> {
    (!field.is_empty()).then_some(field)
}

resources! {
    VirtualMachine "VM" id, name, zone = |row| filled(&row.zoneid);
    Volume "volume" id, name, zone = |row| filled(&row.zoneid), subtype = |row| filled(&row.kind);
    Snapshot "snapshot" id, name;
    // A template has a row per zone.
    Template "template" id, name;
    Network "network" id, name, zone = |row| row.zoneid.as_deref();
    PublicIpAddress "public IP address" id, ipaddress;
    FirewallRule "firewall rule" id, id;
    LoadBalancerRule "load balancer rule" id, name, note = |row| row.description.as_deref();
    AffinityGroup "affinity group" id, name, note = |row| row.description.as_deref();
    SecurityGroup "security group" id, name, note = |row| row.description.as_deref();
    SshKeyPair "SSH key pair" id, name;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A row of another account must be told from our own, and one of a project from both.
    #[test]
    fn a_row_tells_its_account_or_project() {
        let account = |row| {
            let volume: Volume = serde_json::from_value(row).unwrap();
            volume.account()
        };
        let ours = json!({"id": "v", "account": "me", "domainid": "d"});
        assert_eq!(account(ours).as_deref(), Some("d/me"));
        let project = json!({"id": "v", "project": "p", "projectid": "q", "domainid": "d"});
        assert_eq!(account(project).as_deref(), Some("project/q"));
        assert_eq!(account(json!({"id": "v"})), None);
    }
}
