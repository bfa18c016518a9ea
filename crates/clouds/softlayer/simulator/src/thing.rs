//! References to what the cloud holds, and the way from one to the next.

use crate::kind::Kind;
use crate::noun;
use crate::state::Cloud;
use serde_json::Value;

/// A property's content.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A value, or an object that is written out: what has no life of its own.
    Value(Value),
    /// An object, or none.
    One(Option<Thing>),
    /// A list.
    Many(Vec<Thing>),
}

impl<T: Into<Value>> From<T> for Node {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

impl Node {
    /// What is behind a property of this object.
    pub fn follow(&self, cloud: &Cloud, name: &str) -> Node {
        match self {
            Self::One(Some(thing)) => thing.read(cloud, name),
            Self::Value(Value::Object(fields)) => {
                Self::Value(fields.get(name).cloned().unwrap_or_default())
            }
            _ => Self::Value(Value::Null),
        }
    }

    /// The value of a property; null for what is no value.
    pub fn value(&self, cloud: &Cloud, name: &str) -> Value {
        match self.follow(cloud, name) {
            Self::Value(value) => value,
            // Whether there is one is all that a filter can ask of an object.
            Self::One(Some(_)) => Value::Bool(true),
            Self::One(None) | Self::Many(_) => Value::Null,
        }
    }

    /// Each object of it.
    pub fn into_rows(self) -> Vec<Node> {
        match self {
            Self::Many(things) => things.into_iter().map(Thing::row).collect(),
            Self::One(Some(thing)) => vec![thing.row()],
            Self::One(None) | Self::Value(Value::Null) => Vec::new(),
            Self::Value(Value::Array(values)) => values.into_iter().map(Self::Value).collect(),
            Self::Value(value) => vec![Self::Value(value)],
        }
    }
}

macro_rules! things {
    ($($(#[$doc:meta])* $name:ident $table:ident $noun:ident;)*) => {
        /// Something that the cloud holds, by its id.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Thing {
            $($(#[$doc])* $name(u64),)*
        }

        impl Thing {
            /// What it is.
            pub fn kind(self) -> &'static Kind {
                match self {
                    $(Self::$name(_) => &noun::$noun::KIND,)*
                }
            }

            /// Its id.
            pub fn id(self) -> u64 {
                match self {
                    $(Self::$name(id) => id,)*
                }
            }

            /// What is behind one of its properties; null once it is gone.
            pub fn read(self, cloud: &Cloud, name: &str) -> Node {
                match self {
                    $(Self::$name(id) => cloud.$table.get(&id).map_or(
                        Node::Value(Value::Null),
                        |it| noun::$noun::read(cloud, it, name),
                    ),)*
                }
            }
        }
    };
}

things! {
    /// The account.
    Account accounts account;
    /// A user.
    User users user;
    /// A data centre.
    Location locations location;
    /// A VLAN.
    Vlan vlans vlan;
    /// A subnet.
    Subnet subnets subnet;
    /// An address of a subnet.
    Address addresses address;
    /// A virtual guest.
    Guest guests guest;
    /// A network component of a machine.
    Nic nics nic;
    /// An image.
    Image images image;
    /// An SSH key.
    SshKey ssh_keys ssh_key;
    /// A tag.
    Tag tags tag;
    /// A hardware server.
    Server servers hardware;
    /// A volume, or a snapshot.
    Volume volumes storage;
    /// The name and password with which a machine mounts volumes.
    AllowedHost allowed_hosts allowed_host;
    /// An order.
    Order orders order;
    /// An item of an order.
    OrderItem order_items order_item;
    /// Something that is paid for.
    BillingItem billing_items billing;
    /// A package.
    Package packages package;
    /// An item of a package.
    Item items item;
    /// A price.
    Price prices price;
    /// A global address.
    GlobalAddress global_addresses global_address;
    /// A placement group.
    PlacementGroup placement_groups placement_group;
    /// A dedicated host.
    DedicatedHost dedicated_hosts dedicated_host;
    /// A security group.
    SecurityGroup security_groups security_group;
}

/// A machine of either kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Machine {
    /// A virtual guest.
    Guest(u64),
    /// A hardware server.
    Hardware(u64),
}

impl Thing {
    /// The row of a list.
    pub fn row(self) -> Node {
        Node::One(Some(self))
    }
}
