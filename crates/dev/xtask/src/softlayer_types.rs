//! Facts about SoftLayer's types, for the simulator: which properties a type has, which of them are
//! its own and which lead to other types, and what methods return. They are read from a checkout of
//! softlayer-go, whose data types and services are generated from the service's own metadata, and
//! reduced to the types that the simulator knows.

use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The types that are kept. What leads to others is kept by name only.
const TYPES: &[&str] = &[
    "Account",
    "Billing_Item",
    "Billing_Item_Hardware",
    "Billing_Item_Network_Storage",
    "Billing_Item_Virtual_Guest",
    "Billing_Order",
    "Billing_Order_Item",
    "Entity",
    "Hardware",
    "Hardware_Attribute",
    "Hardware_Attribute_Type",
    "Hardware_Router",
    "Hardware_Server",
    "Hardware_Status",
    "Hardware_Switch",
    "Location",
    "Location_Datacenter",
    "Network_Component",
    "Network_SecurityGroup",
    "Network_Service_Resource",
    "Network_Storage",
    "Network_Storage_Allowed_Host",
    "Network_Storage_Credential",
    "Network_Storage_Iscsi",
    "Network_Storage_Iscsi_OS_Type",
    "Network_Storage_Type",
    "Network_Subnet",
    "Network_Subnet_IpAddress",
    "Network_Subnet_IpAddress_Global",
    "Network_Vlan",
    "Product_Item",
    "Product_Item_Attribute",
    "Product_Item_Category",
    "Product_Item_Price",
    "Product_Item_Price_Attribute",
    "Product_Package",
    "Product_Package_Preset",
    "Product_Package_Type",
    "Provisioning_Version1_Transaction",
    "Provisioning_Version1_Transaction_Group",
    "Provisioning_Version1_Transaction_Status",
    "Security_Ssh_Key",
    "Software_Component",
    "Software_Component_OperatingSystem",
    "Software_Component_Password",
    "Software_Description",
    "Software_License",
    "Tag",
    "Tag_Reference",
    "User_Customer",
    "User_Interface",
    "Virtual_DedicatedHost",
    "Virtual_Disk_Image",
    "Virtual_Disk_Image_Type",
    "Virtual_Guest",
    "Virtual_Guest_Attribute",
    "Virtual_Guest_Attribute_Type",
    "Virtual_Guest_Block_Device",
    "Virtual_Guest_Block_Device_Template_Group",
    "Virtual_Guest_Block_Device_Template_Group_Status",
    "Virtual_Guest_Network_Component",
    "Virtual_Guest_Network_Component_IpAddress",
    "Virtual_Guest_Power_State",
    "Virtual_Guest_Status",
    "Virtual_Network_SecurityGroup_NetworkComponentBinding",
    "Virtual_PlacementGroup",
];

/// Services without a type of the same name of which methods are kept.
const SERVICES: &[&str] = &["Product_Order"];

const PREFIX: &str = "SoftLayer_";

/// Where the facts stand.
pub fn path(root: &Path) -> PathBuf {
    root.join("crates/clouds/softlayer/simulator/src/types/facts.txt")
}

/// The facts, out of a checkout of softlayer-go.
pub fn generate(source: &Path) -> Result<String> {
    let structs = structs(&go_files(&source.join("datatypes"))?);
    let methods = methods(&go_files(&source.join("services"))?);
    let mut text = String::from(
        "# Facts about SoftLayer's types, made by `cargo xtask softlayer-types`. Of a type: its base,\n\
         # then its own properties (local), those that come when they are named (value: a value; one, \n\
         # many: objects of a type; other: of a type that is not kept), and what its service's methods\n\
         # return besides.\n",
    )
    .replace("one, \n", "one,\n");
    for name in TYPES {
        let Some(known) = structs.get(*name) else { bail!("{name} is not among the data types") };
        known.write(name, methods.get(*name), &mut text);
    }
    for name in SERVICES {
        let Some(known) = methods.get(*name) else { bail!("{name} is not among the services") };
        Struct::default().write(name, Some(known), &mut text);
    }
    Ok(text)
}

/// A data type.
#[derive(Debug, Default)]
struct Struct {
    base: Option<String>,
    /// By wire name, with the Go name.
    properties: BTreeMap<String, Property>,
}

#[derive(Debug)]
struct Property {
    go_name: String,
    go_type: String,
}

/// What a method returns, by the method's Go name.
type Returns = BTreeMap<String, (String, bool)>;

impl Struct {
    fn write(&self, name: &str, methods: Option<&Returns>, text: &mut String) {
        let base = self.base.as_deref().filter(|base| TYPES.contains(base));
        let base = base.map(|base| format!(" {PREFIX}{base}")).unwrap_or_default();
        let _ = writeln!(text, "type {PREFIX}{name}{base}");
        let mut lists: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut getters = BTreeSet::new();
        for (wire, property) in &self.properties {
            let getter = format!("Get{}", property.go_name);
            let has_getter =
                methods.and_then(|it| it.get(&getter)).is_some_and(|(_, documented)| *documented);
            let (kind, shown) = property.facts(wire, has_getter);
            lists.entry(kind).or_default().push(shown);
            getters.insert(getter);
        }
        for (method, (returned, _)) in methods.into_iter().flatten() {
            if getters.contains(method) {
                continue;
            }
            let wire = lower_first(method);
            let shown = match target(returned) {
                Some((list, of)) => format!("{wire}={}{PREFIX}{of}", if list { "*" } else { "" }),
                None => continue,
            };
            lists.entry("method").or_default().push(shown);
        }
        for kind in ["local", "value", "one", "many", "other", "method"] {
            if let Some(words) = lists.get(kind) {
                wrap(kind, words, text);
            }
        }
    }
}

impl Property {
    fn facts(&self, wire: &str, has_getter: bool) -> (&'static str, String) {
        match target(&self.go_type) {
            Some((list, of)) if TYPES.contains(&of) => {
                (if list { "many" } else { "one" }, format!("{wire}={PREFIX}{of}"))
            }
            Some(_) => ("other", wire.to_owned()),
            None if has_getter || wire.ends_with("Count") => ("value", wire.to_owned()),
            None => ("local", wire.to_owned()),
        }
    }
}

/// The data type that a Go type is, or is a list of; None for values.
fn target(go_type: &str) -> Option<(bool, &str)> {
    let (list, of) = match go_type.strip_prefix("[]") {
        Some(of) => (true, of),
        None => (false, go_type.trim_start_matches('*')),
    };
    let of = of.trim_start_matches("datatypes.");
    let value = of.starts_with(|c: char| c.is_ascii_lowercase())
        || matches!(of, "Time" | "Float64" | "Void" | "Base64" | "");
    (!value).then_some((list, of))
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

fn wrap(kind: &str, words: &[String], text: &mut String) {
    const WIDTH: usize = 100;
    let mut line = kind.to_owned();
    for word in words {
        if line.len() + 1 + word.len() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = kind.to_owned();
        }
        let _ = write!(line, " {word}");
    }
    let _ = writeln!(text, "{line}");
}

fn go_files(folder: &Path) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| {
        format!("{}: is the source a checkout of softlayer-go?", folder.display())
    })?;
    for entry in entries {
        let path = entry?.path();
        let is_test = path.to_string_lossy().ends_with("_test.go");
        if path.extension().is_some_and(|it| it == "go") && !is_test {
            texts.push(std::fs::read_to_string(&path)?);
        }
    }
    Ok(texts)
}

/// `type Virtual_Guest struct { Entity … Id *int `json:"id,omitempty" … }`.
fn structs(texts: &[String]) -> BTreeMap<String, Struct> {
    let mut structs = BTreeMap::new();
    for text in texts {
        let mut open: Option<(String, Struct)> = None;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("type ") {
                let name = rest.split(' ').next().unwrap_or_default();
                open = Some((name.to_owned(), Struct::default()));
            } else if line == "}" {
                structs.extend(open.take());
            } else if let Some((_, known)) = &mut open {
                let words: Vec<&str> = line.split_whitespace().collect();
                match words.as_slice() {
                    [base] if !base.starts_with("//") => known.base = Some((*base).to_owned()),
                    [go_name, go_type, tag, ..] if tag.starts_with("`json:\"") => {
                        let wire = tag["`json:\"".len()..].split([',', '"']).next();
                        let property = Property {
                            go_name: (*go_name).to_owned(),
                            go_type: (*go_type).to_owned(),
                        };
                        known.properties.insert(wire.unwrap_or_default().to_owned(), property);
                    }
                    _ => {}
                }
            }
        }
    }
    structs
}

/// `func (r Virtual_Guest) GetId() (resp int, err error) {`, and whether the comment above says
/// `Retrieve`, as that of a property's getter does.
fn methods(texts: &[String]) -> BTreeMap<String, Returns> {
    let mut methods: BTreeMap<String, Returns> = BTreeMap::new();
    for text in texts {
        let mut comment = "";
        for line in text.lines() {
            if line.starts_with("//") {
                if comment.is_empty() {
                    comment = line;
                }
                continue;
            }
            if let Some((service, method, returned)) = signature(line) {
                let getter = comment.starts_with("// Retrieve");
                let known = methods.entry(service.to_owned()).or_default();
                known.insert(method.to_owned(), (returned.to_owned(), getter));
            }
            comment = "";
        }
    }
    methods
}

fn signature(line: &str) -> Option<(&str, &str, &str)> {
    let (service, rest) = line.strip_prefix("func (r ")?.split_once(") ")?;
    let (method, rest) = rest.split_once('(')?;
    let (_, returned) = rest.rsplit_once("(resp ")?;
    Some((service, method, returned.split(',').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A property with a getter comes when it is named; one without is the type's own.
    #[test]
    fn go_sources_are_read() {
        let types = "type Virtual_Guest struct {\n\tEntity\n\n\t// The id.\n\
             \tId *int `json:\"id,omitempty\" xmlrpc:\"id\"`\n\
             \tHourlyBillingFlag *bool `json:\"hourlyBillingFlag,omitempty\"`\n\
             \tSshKeys []Security_Ssh_Key `json:\"sshKeys,omitempty\"`\n\
             \tScale *Scale_Asset `json:\"scale,omitempty\"`\n}\n";
        let services = "// Retrieve Its billing.\n\
             func (r Virtual_Guest) GetHourlyBillingFlag() (resp bool, err error) {\n\
             func (r Virtual_Guest) CreateObject(t *datatypes.Virtual_Guest) (resp datatypes.Virtual_Guest, err error) {\n";
        let structs = structs(&[types.to_owned()]);
        let methods = methods(&[services.to_owned()]);
        let mut text = String::new();
        structs["Virtual_Guest"].write("Virtual_Guest", methods.get("Virtual_Guest"), &mut text);
        assert_eq!(
            text,
            "type SoftLayer_Virtual_Guest SoftLayer_Entity\nlocal id\nvalue hourlyBillingFlag\n\
             many sshKeys=SoftLayer_Security_Ssh_Key\nother scale\n\
             method createObject=SoftLayer_Virtual_Guest\n"
        );
    }
}
