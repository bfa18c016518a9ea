//! Virtual machines.

mod deploy;
mod destroy;
mod list;
pub mod nic;
mod plan;
mod power;
mod update;
pub mod view;

use crate::engine::Command;

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::job("deployVirtualMachine", "user.vm.DeployVMCmd", deploy::deploy)
        .by_admin()
        .on("VirtualMachine"),
    Command::sync("listVirtualMachines", list::list),
    Command::sync("updateVirtualMachine", update::update),
    Command::job("startVirtualMachine", "user.vm.StartVMCmd", power::start)
        .by_admin()
        .on("VirtualMachine"),
    Command::job("stopVirtualMachine", "user.vm.StopVMCmd", power::stop)
        .by_admin()
        .on("VirtualMachine"),
    Command::job("rebootVirtualMachine", "user.vm.RebootVMCmd", power::reboot)
        .by_admin()
        .on("VirtualMachine"),
    Command::job("destroyVirtualMachine", "user.vm.DestroyVMCmd", destroy::destroy)
        .by_admin()
        .on("VirtualMachine"),
    Command::job("expungeVirtualMachine", "admin.vm.ExpungeVMCmd", destroy::expunge)
        .on("VirtualMachine"),
    Command::sync("recoverVirtualMachine", destroy::recover),
    Command::job("addNicToVirtualMachine", "user.vm.AddNicToVMCmd", nic::add)
        .by_admin()
        .on("VirtualMachine"),
    Command::job("removeNicFromVirtualMachine", "user.vm.RemoveNicFromVMCmd", nic::remove)
        .by_admin(),
    Command::sync("listNics", nic::list),
    Command::job("addIpToNic", "user.vm.AddIpToVmNicCmd", nic::add_address),
    Command::job("removeIpFromNic", "user.vm.RemoveIpFromVmNicCmd", nic::remove_address),
    Command::job("updateVmNicIp", "user.vm.UpdateVmNicIpCmd", nic::update_address),
    Command::sync("getVirtualMachineUserData", update::get_user_data),
    Command::sync("resetUserDataForVirtualMachine", update::reset_user_data),
    Command::job("resetSSHKeyForVirtualMachine", "user.vm.ResetVMSSHKeyCmd", update::reset_ssh_key)
        .by_admin()
        .on("VirtualMachine")
        .keyed("resetSSHKeyforvirtualmachineresponse"),
    Command::job("scaleVirtualMachine", "user.vm.ScaleVMCmd", update::scale)
        .by_admin()
        .on("VirtualMachine"),
];
