//! The table of methods: names, arguments, and what each answers. Dispatch, `--help` and the
//! reference pages are made from it.

use crate::answer::{ApiVersion, DiskHint, Info, IntoResult, NetworkCreated, VmCreated};
use crate::argument::{Argument, Arguments};
use crate::{
    CloudProperties, CpiError, DiskCid, MiB, NetworkCid, Networks, Request, Result, SnapshotCid,
    StemcellCid, VmCid,
};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// A JSON hash.
pub type Hash = Map<String, Value>;

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct MethodSpec {
    /// The name on the wire.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Its positional arguments.
    pub arguments: &'static [ArgumentSpec],
}

/// One positional argument.
#[derive(Debug, Clone, Copy)]
pub struct ArgumentSpec {
    /// Its name in the contract.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// Whether it must be there and not null.
    pub required: bool,
}

/// The row of a method, or None for a name that no director sends.
pub fn find(name: &str) -> Option<&'static MethodSpec> {
    METHODS.iter().find(|method| method.name == name)
}

/// The typed arguments of one method.
pub trait Invocation {
    /// The method.
    const METHOD: Method;
    /// What it answers.
    type Answer: IntoResult;
}

// `$d` is a dollar sign: the macros that this one makes have parameters of their own.
macro_rules! methods {
    ($d:tt $(
        #[doc = $summary:literal]
        $name:ident $variant:ident ($(#[doc = $arg_doc:literal] $arg:ident: $type:ty),* $(,)?)
            -> $answer:ty;
    )*) => {
        $(
            #[doc = concat!("The arguments of `", stringify!($name), "`.")]
            #[derive(Clone)]
            pub struct $variant {
                $(#[doc = $arg_doc] pub $arg: $type,)*
            }

            impl $variant {
                const SPECS: &'static [ArgumentSpec] = &[$(ArgumentSpec {
                    name: stringify!($arg),
                    summary: $arg_doc.trim_ascii(),
                    required: <$type as Argument>::REQUIRED,
                }),*];

                #[allow(unused_variables, unused_mut)] // some methods take no argument
                fn read(mut arguments: Arguments) -> Result<Self> {
                    Ok(Self { $($arg: arguments.next()?),* })
                }
            }

            impl Invocation for $variant {
                const METHOD: Method = Method::$variant;
                type Answer = $answer;
            }
        )*

        /// A method of the contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Method {
            $(#[doc = $summary] $variant,)*
        }

        impl Method {
            /// Its name on the wire.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name),)*
                }
            }
        }

        /// For a provider that does not have a method: `use bosh_cpi::method::absent::ping;` in
        /// its `methods` answers `NotImplemented` for [`dispatch!`](crate::dispatch).
        pub mod absent {
            $(
                #[doc = concat!("`", stringify!($name), "`, which is not there.")]
                pub mod $name {
                    use crate::method::{Invocation, $variant};

                    /// Answers `NotImplemented`.
                    pub async fn run<C>(
                        _: &C,
                        _: $variant,
                    ) -> crate::Result<<$variant as Invocation>::Answer> {
                        Err(crate::CpiError::not_implemented(stringify!($name)))
                    }
                }
            )*
        }

        /// Implements [`Cpi`] for a provider by the methods' files: `create_vm` is
        /// `methods::create_vm::run(&provider, call)`, a [`CreateVm`] in, its answer out. Every
        /// method needs one; [`absent`](crate::method::absent) has them for those that a cloud
        /// does not have.
        ///
        /// ```ignore
        /// bosh_cpi::dispatch!(CloudStack, crate::methods);
        /// ```
        #[macro_export]
        macro_rules! dispatch {
            ($d provider:ty, $d($d methods:ident)::+) => {
                $d crate::dispatch!(@impl $d provider, [$d($d methods)::+]);
            };
            (@impl $d provider:ty, $d methods:tt) => {
                impl $d crate::Cpi for $d provider {
                    $($d crate::dispatch!(@method $d methods $name $variant);)*
                }
            };
            (@method [$d($d methods:ident)::+] $d name:ident $d variant:ident) => {
                async fn $d name(
                    &self,
                    call: $d crate::method::$d variant,
                ) -> $d crate::Result<
                    <$d crate::method::$d variant as $d crate::method::Invocation>::Answer,
                > {
                    $d($d methods)::+::$d name::run(self, call).await
                }
            };
        }

        /// Hands all methods to a macro, as `create_vm CreateVm;`, so that more can be made of
        /// the table.
        #[macro_export]
        macro_rules! for_each_method {
            ($d callback:ident) => {
                $d callback! { $($name $variant;)* }
            };
        }

        /// Every method, in the order of the contract.
        pub const METHODS: &[MethodSpec] = &[$(MethodSpec {
            name: stringify!($name),
            summary: $summary.trim_ascii(),
            arguments: $variant::SPECS,
        }),*];

        /// A request whose arguments are typed.
        #[derive(Clone)]
        pub enum Call {
            $(#[doc = $summary] $variant($variant),)*
        }

        impl Call {
            /// Types the arguments. The error names the argument (`arguments[1]`).
            pub fn decode(request: &Request) -> Result<Call> {
                let method = find(&request.method)
                    .ok_or_else(|| CpiError::not_implemented(&request.method))?;
                check_count(method, request.arguments.len())?;
                let arguments = Arguments::new(request.arguments.clone());
                match request.method.as_str() {
                    $(stringify!($name) => $variant::read(arguments).map(Call::$variant),)*
                    other => Err(CpiError::not_implemented(other)),
                }
                .map_err(|e| e.while_doing(method.name))
            }

            /// The method.
            pub fn method(&self) -> Method {
                match self {
                    $(Call::$variant(_) => Method::$variant,)*
                }
            }

            /// The CIDs that the caller names, and so knows.
            #[allow(unused_mut, unused_variables)] // some methods take no argument
            pub fn cids(&self) -> Vec<&str> {
                let mut cids = Vec::new();
                match self {
                    $(Call::$variant(call) => { $(cids.extend(call.$arg.cids());)* })*
                }
                cids
            }

            /// Lets `cpi` do it, and shapes the result for the caller's version.
            pub async fn run<C: Cpi>(self, cpi: &C, version: ApiVersion) -> Result<Value> {
                match self {
                    $(Call::$variant(arguments) => {
                        Ok(cpi.$name(arguments).await?.into_result(version))
                    })*
                }
            }
        }

        /// What a cloud's provider implements: one method each, `NotImplemented` unless it does.
        #[allow(async_fn_in_trait)] // one current-thread runtime, so no `Send` is wanted
        pub trait Cpi {
            $(
                #[doc = $summary]
                async fn $name(&self, arguments: $variant) -> Result<$answer> {
                    let _ = arguments;
                    Err(CpiError::not_implemented(stringify!($name)))
                }
            )*
        }
    };
}

/// Its name on the wire.
impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Its name on the wire.
impl AsRef<str> for Method {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

/// Shows the method only: arguments may hold secrets (`env`).
impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Call").field(&self.method().name()).finish()
    }
}

fn check_count(method: &MethodSpec, given: usize) -> Result<()> {
    let most = method.arguments.len();
    let least = method.arguments.iter().rposition(|spec| spec.required).map_or(0, |last| last + 1);
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let names: Vec<_> = method.arguments.iter().map(|spec| spec.name).collect();
    let names = names.join(", ");
    let wanted = match (least, most) {
        (_, 0) => "none".to_owned(),
        _ if least == most => format!("{most} ({names})"),
        _ => format!("{least} to {most} ({names})"),
    };
    let name = method.name;
    Err(CpiError::cpi(format!("arguments: '{name}' takes {wanted}, got {given}")))
}

methods! { $
    /// Tells which API version and stemcell formats this CPI speaks. Asks no cloud.
    info InfoCall() -> Info;

    /// Makes a stemcell in the cloud, or takes one that is there (a light stemcell).
    create_stemcell CreateStemcell(
        /// The image file; empty for a light stemcell.
        image_path: PathBuf,
        /// `cloud_properties` of stemcell.MF.
        cloud_properties: CloudProperties,
        /// Since version 3: `{"tags": {…}}`.
        env: Hash,
    ) -> StemcellCid;

    /// Deletes a stemcell; one that is gone is no fault.
    delete_stemcell DeleteStemcell(
        /// The stemcell.
        stemcell_cid: StemcellCid,
    ) -> ();

    /// Makes a VM whose agent finds its settings.
    create_vm CreateVm(
        /// The agent's id, unique per VM.
        agent_id: String,
        /// The stemcell to boot.
        stemcell_cid: StemcellCid,
        /// vm_type, vm_extensions and AZ, merged by the director.
        cloud_properties: CloudProperties,
        /// Networks by name.
        networks: Networks,
        /// Persistent disks that will be attached: a hint for placement.
        disk_cids: Vec<DiskCid>,
        /// The environment for the agent, passed through.
        env: Hash,
    ) -> VmCreated;

    /// Deletes a VM and its ephemeral disk; persistent disks stay.
    delete_vm DeleteVm(
        /// The VM.
        vm_cid: VmCid,
    ) -> ();

    /// Tells whether a VM is there.
    has_vm HasVm(
        /// The VM.
        vm_cid: VmCid,
    ) -> bool;

    /// Reboots a VM; starts one that is stopped.
    reboot_vm RebootVm(
        /// The VM.
        vm_cid: VmCid,
    ) -> ();

    /// Tags a VM, and names it as its instance is named.
    set_vm_metadata SetVmMetadata(
        /// The VM.
        vm_cid: VmCid,
        /// Tags; values may be of any type.
        metadata: Hash,
    ) -> ();

    /// Makes a persistent disk.
    create_disk CreateDisk(
        /// Its size in MiB.
        size: MiB,
        /// `cloud_properties` of the disk_type.
        cloud_properties: CloudProperties,
        /// The VM it will be attached to: a hint for placement.
        vm_cid: Option<VmCid>,
    ) -> DiskCid;

    /// Deletes a persistent disk; one that is gone is no fault.
    delete_disk DeleteDisk(
        /// The disk.
        disk_cid: DiskCid,
    ) -> ();

    /// Tells whether a disk is there.
    has_disk HasDisk(
        /// The disk.
        disk_cid: DiskCid,
    ) -> bool;

    /// Attaches a disk and tells the agent where to find it.
    attach_disk AttachDisk(
        /// The VM.
        vm_cid: VmCid,
        /// The disk.
        disk_cid: DiskCid,
    ) -> DiskHint;

    /// Detaches a disk.
    detach_disk DetachDisk(
        /// The VM.
        vm_cid: VmCid,
        /// The disk.
        disk_cid: DiskCid,
    ) -> ();

    /// Tags a disk.
    set_disk_metadata SetDiskMetadata(
        /// The disk.
        disk_cid: DiskCid,
        /// Tags; values may be of any type.
        metadata: Hash,
    ) -> ();

    /// Lets a disk grow.
    resize_disk ResizeDisk(
        /// The disk.
        disk_cid: DiskCid,
        /// The new size in MiB.
        size: MiB,
    ) -> ();

    /// Changes a disk's size and properties, in place or as a new disk.
    update_disk UpdateDisk(
        /// The disk.
        disk_cid: DiskCid,
        /// The new size in MiB.
        size: MiB,
        /// The new `cloud_properties`.
        cloud_properties: CloudProperties,
    ) -> Option<DiskCid>;

    /// Lists the persistent disks attached to a VM.
    get_disks GetDisks(
        /// The VM.
        vm_cid: VmCid,
    ) -> Vec<DiskCid>;

    /// Takes a snapshot of a disk.
    snapshot_disk SnapshotDisk(
        /// The disk.
        disk_cid: DiskCid,
        /// Tags; values may be of any type.
        metadata: Hash,
    ) -> SnapshotCid;

    /// Deletes a snapshot; one that is gone is no fault.
    delete_snapshot DeleteSnapshot(
        /// The snapshot.
        snapshot_cid: SnapshotCid,
    ) -> ();

    /// Finds cloud_properties for `vm_resources`: cpu, ram and ephemeral_disk_size in MiB.
    calculate_vm_cloud_properties CalculateVmCloudProperties(
        /// What the VM needs.
        requirements: Hash,
    ) -> Hash;

    /// Makes a network that BOSH manages.
    create_network CreateNetwork(
        /// `type`, `cloud_properties`, `range`, `gateway`, `netmask_bits`.
        definition: Hash,
    ) -> NetworkCreated;

    /// Deletes a network that BOSH manages.
    delete_network DeleteNetwork(
        /// The network.
        network_cid: NetworkCid,
    ) -> ();

    /// Removed from the director; never implemented here.
    configure_networks ConfigureNetworks(
        /// The VM.
        vm_cid: VmCid,
        /// Networks by name.
        networks: Hash,
    ) -> ();

    /// Never called by the director; never implemented here.
    ping Ping() -> ();

    /// The VM on which the CPI runs; never implemented here.
    current_vm_id CurrentVmId() -> VmCid;
}
