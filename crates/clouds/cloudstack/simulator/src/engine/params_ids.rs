//! The things that a call names by id, which must still be there.

use super::{Call, Refusal};
use crate::state::{Cloud, Entity, Table};
use cloudstack::phrases::{CUSTOM_ID_TAKEN, GONE};

/// The refusal of an id that once was: it names the internal number.
pub fn gone(kind: &str, number: u64) -> Refusal {
    Refusal::invalid(format!("{GONE} [{number}] of type [{kind}]"))
}

/// Refuses a chosen id that is no UUID in lower case.
pub fn check_uuid(id: &str) -> Result<(), Refusal> {
    match uuid::Uuid::try_parse(id) {
        Ok(uuid) if uuid.to_string() == id => Ok(()),
        _ => Err(Refusal::invalid(format!("UUID: {id} is not a lower-case UUID"))),
    }
}

/// The id of a live row that a call names; 431 for one that is gone or never was.
pub fn live_id<T: Entity>(
    call: &Call<'_>,
    name: &str,
    kind: &str,
    table: &Table<T>,
) -> Result<String, Refusal> {
    let id = call.params.need_id(name, table)?;
    if table.get(id).is_some() { Ok(id.to_owned()) } else { Err(gone(kind, table.number(id))) }
}

impl Cloud {
    /// The id of what a call makes in `table`: a fresh one, or the `customid` of an admin.
    pub fn id_for_new<T: Entity>(
        &mut self,
        call: &Call<'_>,
        table: impl Fn(&Self) -> &Table<T>,
    ) -> Result<String, Refusal> {
        let Some(id) = call.params.text("customid") else { return Ok(self.new_id()) };
        if !call.caller.is_admin() {
            return Err(Refusal::denied(
                "Please check your permissions, you are not allowed to \
                create/update resources with custom id",
            ));
        }
        check_uuid(id)?;
        if table(self).knows(id) {
            return Err(Refusal::invalid(format!("UUID: {id} {CUSTOM_ID_TAKEN}")));
        }
        Ok(id.to_owned())
    }

    /// The VM that a call names, which the caller may touch.
    pub fn need_vm(&self, call: &Call<'_>, name: &str) -> Result<String, Refusal> {
        let id = live_id(call, name, "VirtualMachine", &self.vms)?;
        let owner = self.vms.get(&id).map(|vm| vm.owner.as_str()).unwrap_or_default();
        self.check_owner(call.caller, owner).map(|()| id)
    }

    /// The volume that a call names, which the caller may touch.
    pub fn need_volume(&self, call: &Call<'_>, name: &str) -> Result<String, Refusal> {
        let id = live_id(call, name, "Volume", &self.volumes)?;
        let owner = self.volumes.get(&id).map(|volume| volume.owner.as_str()).unwrap_or_default();
        self.check_owner(call.caller, owner).map(|()| id)
    }
}
