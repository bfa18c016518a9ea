//! The table of API calls: name, effect, and what they answer.

use crate::answer::{self, Answer};
use crate::api::*;
use bytes::Bytes;
use cloud_http::Effect;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An API call. Its fields are the parameters under their wire names.
pub trait Command: Serialize {
    /// The `command` parameter.
    const NAME: &'static str;
    /// What it does to the cloud.
    const EFFECT: Effect;
    /// What the answer's single top-level value holds.
    type Answer: DeserializeOwned;
}

/// An API call that starts a job.
pub trait JobCommand: Command<Answer = Started> {
    /// What stands in `jobresult` when it went well.
    type Result: DeserializeOwned;
}

/// An API call that lists, and so comes in pages.
pub trait Paged: Command<Answer = List<Self::Item>> {
    /// A row.
    type Item: DeserializeOwned;
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct CommandInfo {
    /// The `command` parameter.
    pub name: &'static str,
    /// What it does to the cloud.
    pub effect: Effect,
    /// Whether it starts a job.
    pub job: bool,
    /// Reads an answer of it and forgets it: to try recorded answers.
    pub read: fn(&http::Response<Bytes>) -> Answer<()>,
    /// Reads the result of its job and forgets it.
    pub read_result: fn(&Value) -> serde_json::Result<()>,
}

impl CommandInfo {
    /// The row of the command of that name.
    pub fn named(name: &str) -> Option<&'static CommandInfo> {
        COMMANDS.iter().find(|row| row.name == name)
    }
}

fn read_result<C: JobCommand>(result: &Value) -> serde_json::Result<()> {
    C::Result::deserialize(result).map(drop)
}

macro_rules! commands {
    ($($name:literal $struct:ident $effect:ident $kind:ident $type:ty;)*) => {
        $(
            impl Command for $struct {
                const NAME: &'static str = $name;
                const EFFECT: Effect = Effect::$effect;
                type Answer = commands!(@answer $kind $type);
            }
            commands!(@job $kind $struct $type);
            commands!(@list $kind $struct $type);
        )*

        /// Every API call that this crate can make.
        pub const COMMANDS: &[CommandInfo] = &[$(CommandInfo {
            name: $name,
            effect: Effect::$effect,
            job: commands!(@is_job $kind),
            read: |answer| answer::read::<<$struct as Command>::Answer>(answer).forget(),
            read_result: |_result| commands!(@result $kind $struct _result),
        }),*];
    };
    (@answer list $type:ty) => { List<$type> };
    (@answer object $type:ty) => { Object<$type> };
    (@answer plain $type:ty) => { $type };
    (@answer job $type:ty) => { Started };
    (@answer act $type:ty) => { Started };
    // The result of a `job` stands under a key of its own, that of an `act` does not.
    (@job job $struct:ident $type:ty) => {
        impl JobCommand for $struct { type Result = Object<$type>; }
    };
    (@job act $struct:ident $type:ty) => {
        impl JobCommand for $struct { type Result = $type; }
    };
    (@job $kind:ident $struct:ident $type:ty) => {};
    (@list list $struct:ident $type:ty) => {
        impl Paged for $struct { type Item = $type; }
    };
    (@list $kind:ident $struct:ident $type:ty) => {};
    (@result job $struct:ident $result:ident) => { read_result::<$struct>($result) };
    (@result act $struct:ident $result:ident) => { read_result::<$struct>($result) };
    (@result $kind:ident $struct:ident $result:ident) => { Ok(()) };
    (@is_job job) => { true };
    (@is_job act) => { true };
    (@is_job $kind:ident) => { false };
}

commands! {
    "listCapabilities"        ListCapabilities        Read    object Capabilities;
    "listZones"               ListZones               Read    list   Zone;
    "listServiceOfferings"    ListServiceOfferings    Read    list   ServiceOffering;
    "listDiskOfferings"       ListDiskOfferings       Read    list   DiskOffering;
    "listTemplates"           ListTemplates           Read    list   Template;
    "deleteTemplate"          DeleteTemplate          Delete  act    Success;
    "listNetworks"            ListNetworks            Read    list   Network;
    "queryAsyncJobResult"     QueryAsyncJobResult     Read    plain  AsyncJob;

    "listVirtualMachines"     ListVirtualMachines     Read    list   VirtualMachine;
    "deployVirtualMachine"    DeployVirtualMachine    Create  job    VirtualMachine;
    "startVirtualMachine"     StartVirtualMachine     Change  job    VirtualMachine;
    "stopVirtualMachine"      StopVirtualMachine      Change  job    VirtualMachine;
    "rebootVirtualMachine"    RebootVirtualMachine    Change  job    VirtualMachine;
    "updateVirtualMachine"    UpdateVirtualMachine    Change  object VirtualMachine;
    "destroyVirtualMachine"   DestroyVirtualMachine   Delete  job    VirtualMachine;
    "expungeVirtualMachine"   ExpungeVirtualMachine   Delete  act    Success;

    "listVolumes"             ListVolumes             Read    list   Volume;
    "createVolume"            CreateVolume            Create  job    Volume;
    "attachVolume"            AttachVolume            Change  job    Volume;
    "detachVolume"            DetachVolume            Change  job    Volume;
    "resizeVolume"            ResizeVolume            Change  job    Volume;
    "deleteVolume"            DeleteVolume            Delete  plain  Success;

    "listSnapshots"           ListSnapshots           Read    list   Snapshot;
    "createSnapshot"          CreateSnapshot          Create  job    Snapshot;
    "deleteSnapshot"          DeleteSnapshot          Delete  act    Success;

    "createTags"              CreateTags              Create  act    Success;
    "deleteTags"              DeleteTags              Delete  act    Success;
}
