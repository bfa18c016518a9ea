//! References to what the cloud holds, and what is behind a property.

use serde_json::Value;

/// A property's content.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A value, or an object that is written out: what has no life of its own.
    Value(Value),
    /// An object, or none.
    One(Option<ObjectRef>),
    /// A list.
    Many(Vec<ObjectRef>),
}

impl<T: Into<Value>> From<T> for Node {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

impl Node {
    /// Each object of it.
    pub fn into_rows(self) -> Vec<Node> {
        match self {
            Self::Many(objects) => objects.into_iter().map(ObjectRef::row).collect(),
            Self::One(Some(object)) => vec![object.row()],
            Self::One(None) | Self::Value(Value::Null) => Vec::new(),
            Self::Value(Value::Array(values)) => values.into_iter().map(Self::Value).collect(),
            Self::Value(value) => vec![Self::Value(value)],
        }
    }
}

macro_rules! object_refs {
    ($($(#[$doc:meta])* $name:ident $type:literal;)*) => {
        /// Something that the cloud holds, by its id.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ObjectRef {
            $($(#[$doc])* $name(u64),)*
        }

        impl ObjectRef {
            /// The type of it.
            pub fn type_name(self) -> &'static str {
                match self {
                    $(Self::$name(_) => $type,)*
                }
            }

            /// Its id.
            pub fn id(self) -> u64 {
                match self {
                    $(Self::$name(id) => id,)*
                }
            }
        }
    };
}

object_refs! {
    /// The account.
    Account "SoftLayer_Account";
    /// A user.
    User "SoftLayer_User_Customer";
    /// A data centre.
    Location "SoftLayer_Location_Datacenter";
    /// A VLAN.
    Vlan "SoftLayer_Network_Vlan";
    /// A subnet.
    Subnet "SoftLayer_Network_Subnet";
    /// An address of a subnet.
    Address "SoftLayer_Network_Subnet_IpAddress";
    /// A virtual guest.
    Guest "SoftLayer_Virtual_Guest";
    /// A network component of a machine.
    Nic "SoftLayer_Virtual_Guest_Network_Component";
    /// An image.
    Image "SoftLayer_Virtual_Guest_Block_Device_Template_Group";
    /// An SSH key.
    SshKey "SoftLayer_Security_Ssh_Key";
    /// A tag.
    Tag "SoftLayer_Tag";
    /// A hardware server.
    Server "SoftLayer_Hardware_Server";
    /// A volume, or a snapshot.
    Volume "SoftLayer_Network_Storage_Iscsi";
    /// The name and password with which a machine mounts volumes.
    AllowedHost "SoftLayer_Network_Storage_Allowed_Host";
    /// An order.
    Order "SoftLayer_Billing_Order";
    /// An item of an order.
    OrderItem "SoftLayer_Billing_Order_Item";
    /// Something that is paid for.
    BillingItem "SoftLayer_Billing_Item";
    /// A package.
    Package "SoftLayer_Product_Package";
    /// An item of a package.
    Item "SoftLayer_Product_Item";
    /// A price.
    Price "SoftLayer_Product_Item_Price";
    /// A global address.
    GlobalAddress "SoftLayer_Network_Subnet_IpAddress_Global";
    /// A placement group.
    PlacementGroup "SoftLayer_Virtual_PlacementGroup";
    /// A dedicated host.
    DedicatedHost "SoftLayer_Virtual_DedicatedHost";
    /// A security group.
    SecurityGroup "SoftLayer_Network_SecurityGroup";
}

/// A machine of either kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Machine {
    /// A virtual guest.
    Guest(u64),
    /// A hardware server.
    Hardware(u64),
}

impl ObjectRef {
    /// The row of a list.
    pub fn row(self) -> Node {
        Node::One(Some(self))
    }
}

impl Machine {
    /// Its id.
    pub fn id(self) -> u64 {
        match self {
            Self::Guest(id) | Self::Hardware(id) => id,
        }
    }

    /// The object that it is.
    pub fn object(self) -> ObjectRef {
        match self {
            Self::Guest(id) => ObjectRef::Guest(id),
            Self::Hardware(id) => ObjectRef::Server(id),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.id())
    }
}
