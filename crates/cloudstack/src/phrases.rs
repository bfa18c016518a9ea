//! The phrases by which two errors of one code are told apart.

/// The id of a parameter is unknown: 431.
pub const ENTITY_DOES_NOT_EXIST: &str = "entity does not exist";
/// The text that plain users get instead of the reason of a 530, 533 or 534.
pub const MASKED: &str = "Internal error executing command";

/// What had this id is gone: 431 (`BaseCmd`/`ApiDBUtils` of 4.22; transcripts).
pub const GONE: &str = "Unable to find UUID for id";
/// The account may destroy, but not expunge: 530 of a job (`UserVmManagerImpl.destroyVm`).
pub const NO_EXPUNGE_PERMISSION: &str = "permission for expunging";
/// A reboot of a VM that is stopped: 431 of a job (`UserVmManagerImpl.rebootVirtualMachine`).
pub const NOT_RUNNING: &str = "is not running";
/// A start of a VM that runs: 431 of a job (`UserVmManagerImpl.startVirtualMachine`).
pub const ALREADY_RUNNING: &str = "already running";
/// A volume to delete with its VM is not on it: 431 of a job (`UserVmManagerImpl`).
pub const NOT_ITS_DATADISK: &str = "not DATADISK attached to the VM";
/// The address is taken, or outside of an isolated network: 530 (transcripts), 533 elsewhere.
pub const NO_GUEST_ADDRESS: &str = "Unable to acquire Guest IP address";
/// The address is taken, or outside of a shared network: 530 (transcripts), 533 elsewhere.
pub const NO_ADDRESS: &str = "Insufficient address capacity";
/// No storage pool takes the volume: 530 of a job (`VolumeOrchestrator`).
pub const NO_STORAGE: &str = "suitable primary storage";
/// The account's role does not have the command: 432 (transcripts).
pub const NO_SUCH_COMMAND: &str = "does not exist or is not available for the account";
/// Something else works on the same thing: 530 (`VirtualMachineManagerImpl`).
pub const CONCURRENT: &str = "concurrent operations";
/// CloudStack itself says that it is a matter of time: 431 and 530.
pub const TRY_AGAIN: &str = "try again later";
/// A host could not start the VM: 530 of a job (`UserVmManagerImpl`).
pub const UNABLE_TO_START: &str = "Unable to start";
