//! Security groups.

use super::rule::Traffic;
use super::{Cloud, Entity};

/// The group that every account has, and that a VM without groups gets.
pub const DEFAULT: &str = "default";

/// A security group.
#[derive(Debug, Clone)]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its name, unique in its account.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The account that owns it.
    pub owner: String,
    /// What comes in.
    pub ingress: Vec<SecurityRule>,
    /// What goes out.
    pub egress: Vec<SecurityRule>,
}

/// A rule of a security group.
#[derive(Debug, Clone)]
pub struct SecurityRule {
    /// Its id.
    pub id: String,
    /// What it lets through.
    pub traffic: Traffic,
    /// From or to where.
    pub peer: Peer,
}

/// The other side of a security rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// A range.
    Cidr(String),
    /// The VMs of a security group, by id.
    Group(String),
}

impl Entity for SecurityGroup {
    fn id(&self) -> &str {
        &self.id
    }
}

impl SecurityGroup {
    /// Every rule, coming in and going out.
    pub fn rules(&self) -> impl Iterator<Item = &SecurityRule> {
        self.ingress.iter().chain(&self.egress)
    }

    /// Whether a rule of it lets the VMs of this group through.
    pub fn lets(&self, group: &str) -> bool {
        self.rules().any(|rule| matches!(&rule.peer, Peer::Group(id) if id == group))
    }
}

impl Cloud {
    /// Makes a security group and returns its id.
    pub fn add_security_group(
        &mut self,
        owner: &str,
        name: &str,
        description: Option<&str>,
    ) -> String {
        let id = self.new_id();
        self.security_groups.insert(SecurityGroup {
            id: id.clone(),
            name: name.to_owned(),
            description: description.map(str::to_owned),
            owner: owner.to_owned(),
            ingress: Vec::new(),
            egress: Vec::new(),
        });
        id
    }

    /// The security group of this name.
    pub fn security_group_named(&self, owner: &str, name: &str) -> Option<&SecurityGroup> {
        self.security_groups.iter().find(|group| group.owner == owner && group.name == name)
    }

    /// The default security group of an account, made when it is first asked for.
    pub fn default_security_group(&mut self, owner: &str) -> String {
        match self.security_group_named(owner, DEFAULT) {
            Some(group) => group.id.clone(),
            None => self.add_security_group(owner, DEFAULT, Some("Default Security Group")),
        }
    }
}
