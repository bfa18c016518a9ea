//! The phrases by which two errors of one code are told apart.
//!
//! CloudStack has few error codes and many reasons: 431 is an unknown id, a wrong state and a
//! bad value alike. Each phrase is copied from where the doc says: a command of the recorded
//! transcripts, or a file of CloudStack 4.22 where nothing was recorded. `tests/phrases.rs`
//! compares the recorded ones. Ask with [`Refusal::says`](crate::Refusal::says).

/// 431: the id in a parameter is unknown. `listVirtualMachines` and any other command.
pub const ENTITY_DOES_NOT_EXIST: &str = "entity does not exist";
/// 431: the id in a parameter was once known: the thing is expunged. `destroyVirtualMachine`,
/// `deleteVolume`, `attachVolume`.
pub const GONE: &str = "Unable to find UUID for id";
/// 530, 533, 534 at once: plain users are not told why. `ApiServer.java`.
pub const MASKED: &str = "Internal error executing command";
/// 432: the role or the release has no such command. `updateVolume` of a plain user.
pub const NO_SUCH_COMMAND: &str = "does not exist or is not available for the account";

/// 431: the page is larger than `default.page.size`. `BaseListCmd.java`.
pub const PAGE_TOO_LARGE: &str = "max allowed page size value";
/// 530: something else works on the same thing. `VirtualMachineManagerImpl.java`.
pub const CONCURRENT: &str = "concurrent operations";
/// 431, 530: CloudStack itself says that it is a matter of time.
pub const TRY_AGAIN: &str = "try again later";

/// 431: the host name is used in that network. `deployVirtualMachine`.
pub const NAME_TAKEN: &str = "already exists in the network domain";
/// 530 or 533: the address is used, or not of that network (isolated). `deployVirtualMachine`.
pub const NO_GUEST_ADDRESS: &str = "Unable to acquire Guest IP";
/// 530 or 533: the same in a shared network. `deployVirtualMachine`.
pub const NO_ADDRESS: &str = "Insufficient address capacity";
/// 431: the MAC is used. `NetworkModelImpl.java`.
pub const MAC_TAKEN: &str = "Mac address is already taken";
/// 431: the MAC is none. `deployVirtualMachine`.
pub const MAC_INVALID: &str = "Mac address is not valid";
/// 431: no such key pair. `deployVirtualMachine`.
pub const NO_SUCH_KEY_PAIR: &str = "Not all specified keypairs exist";
/// 431: no such affinity group. `deployVirtualMachine`.
pub const NO_SUCH_AFFINITY_GROUP: &str = "Unable to find affinity group by name";
/// 431: that affinity group is there already. `createAffinityGroup`.
pub const AFFINITY_GROUP_EXISTS: &str = "Unable to create affinity group, a group with name";
/// 431: the cloud has no such kind. `AffinityGroupServiceImpl.java`.
pub const NO_SUCH_AFFINITY_TYPE: &str = "invalid affinity group type";
/// 431: no such security group. `BaseDeployVMCmd.java`.
pub const NO_SUCH_SECURITY_GROUP: &str = "Unable to find group by name";
/// 431: that security group is there already. `createSecurityGroup`.
pub const SECURITY_GROUP_EXISTS: &str = "Unable to create security group, a group with name";
/// 431: the zone has no security groups. `UserVmManagerImpl.java`.
pub const NO_SECURITY_GROUPS: &str = "Can't create vm with security groups";
/// 431: that key pair is there already. `registerSSHKeyPair`.
pub const KEY_PAIR_EXISTS: &str = "A key pair with name";
/// 431: the default network serves no user data. `deployVirtualMachine`.
pub const NO_USER_DATA_SERVICE: &str = "there is no support for UserData service";
/// 431: too much user data. `deployVirtualMachine`.
pub const USER_DATA_TOO_LONG: &str = "User data has exceeded configurable max length";
/// 431: the offering wants cores and memory. `deployVirtualMachine`.
pub const CUSTOM_SIZE_MISSING: &str = "Need to specify custom parameter values";
/// 533, job: no host takes the VM. `deployVirtualMachine`.
pub const NO_DESTINATION: &str = "No destination found for a deployment";
/// 431: the chosen id is used. `deployVirtualMachine`.
pub const CUSTOM_ID_TAKEN: &str = "already exists so can't create/update with custom id";
/// 530: the chosen job id is used. `deployVirtualMachine`.
pub const JOB_ID_TAKEN: &str = "Entity already exists";
/// 431, job: a reboot finds the VM stopped. `rebootVirtualMachine`.
pub const NOT_RUNNING: &str = "is not running, unable to reboot";
/// 431, job: a start finds the VM running. `startVirtualMachine`.
pub const ALREADY_RUNNING: &str = "is already running";
/// 530, job: this account may destroy but not expunge. `destroyVirtualMachine`.
pub const NO_EXPUNGE_PERMISSION: &str = "Account does not have permission for expunging";
/// 530, job: the same, said by the other command. `expungeVirtualMachine`.
pub const EXPUNGE_IS_FOR_ADMINS: &str = "Expunging a vm can only be done by an Admin";
/// 530, job: the VM is not destroyed yet. `expungeVirtualMachine`.
pub const NOT_DESTROYED_YET: &str = "Please destroy vm with specified vmId before expunge";

/// 530, job: a host could not start the VM. `UserVmManagerImpl.java`.
pub const UNABLE_TO_START: &str = "Unable to start";
/// 431, job: a volume to delete with its VM is not on it. `UserVmManagerImpl.java`.
pub const NOT_ITS_DATADISK: &str = "not DATADISK attached to the VM";
/// 431, job or at once: somebody protects it. `destroyVirtualMachine`, `deleteVolume`.
pub const DELETE_PROTECTED: &str = "has delete protection enabled";

/// 530, job: the network still has VMs. `deleteNetwork`.
pub const NETWORK_IN_USE: &str = "Failed to delete network";
/// 431: that network was deleted. `deleteNetwork`.
pub const NETWORK_IS_GONE: &str = "doesn't exist";
/// 431: the volume is attached. `attachVolume` (job), `deleteVolume`.
pub const VOLUME_IS_ATTACHED: &str = "Please specify a volume that is not attached to any VM";
/// 530, job: another job has just attached it. `attachVolume`.
pub const VOLUME_IS_ALREADY_ATTACHED: &str = "This volume is already attached to a VM";
/// 431: that volume was deleted. `resizeVolume`, `createSnapshot`.
pub const VOLUME_IS_GONE: &str = "Unable to find volume by id";
/// 530, job: the VM runs, and its hosts cannot move the disk. `VolumeApiServiceImpl.java`.
pub const NO_POOL_TO_MIGRATE_TO: &str = "no suitable pool(s) found for migrating";
/// 431, job: the volume is not attached. `detachVolume`.
pub const VOLUME_IS_NOT_ATTACHED: &str = "The specified volume is not attached to a VM";
/// 431, job: volume and VM are in different zones. `attachVolume`.
pub const VOLUME_IN_OTHER_ZONE: &str = "Please specify a VM that is in the same zone as the volume";
/// 530, job: no storage takes the volume. `attachVolume`.
pub const NO_STORAGE: &str = "Unable to find suitable primary storage";
/// 432 or 431, job: the volume would become smaller. `resizeVolume`.
pub const WOULD_SHRINK: &str = "would shrink the volume";
/// 431: the offering wants a size. `createVolume`, `deployVirtualMachine`.
pub const DISK_SIZE_MISSING: &str = "This disk offering requires a custom size specified";
/// 431: the size is beyond the cloud's limits. `createVolume`.
pub const DISK_SIZE_OUT_OF_RANGE: &str = "is out of allowed range";
/// 431: one of several snapshots of disks of a VM at once. `SnapshotManagerImpl.java`.
pub const SNAPSHOT_UNDER_WAY: &str = "other active snapshot tasks";
/// 431: a volume that was never attached has nothing to take a snapshot of. `createSnapshot`.
pub const VOLUME_NOT_READY: &str = "is not in Ready state but Allocated";
/// 431, job: the snapshot was deleted before. `deleteSnapshot`.
pub const SNAPSHOT_IS_GONE: &str = "is already destroyed";

/// 530, job: the key is there already. `createTags`.
pub const TAG_EXISTS: &str = "already on";
/// 431, job: a tag's value must not be empty. `createTags`.
pub const TAG_IS_EMPTY: &str = "is either null or empty";
/// 530, job: no such tag. `deleteTags`.
pub const NO_SUCH_TAG: &str = "Failed to delete tags";

/// 431, job: VMs are made from the template. `TemplateManagerImpl.java`.
pub const TEMPLATE_IN_USE: &str = "because VM instances";
/// 530: nothing takes uploads or fetches images. `getUploadParamsForTemplate`.
pub const NO_STORAGE_VM: &str = "There is no secondary storage VM";
/// 431: the URL is the cloud's own, a loopback one say. `registerTemplate`.
pub const ILLEGAL_HOST: &str = "Illegal host specified in URL";
/// 431: the host of a URL has no address. `UriUtils.java`.
pub const UNRESOLVABLE: &str = "Unable to resolve";
/// 431: nobody answers at a URL. `UriUtils.java`.
pub const URL_UNREACHABLE: &str = "Unable to establish connection with URL";
