// The sample company of `keyward demo`, as far as the tests need to know it.

/** Signs in. */
export const LEAD = { name: "lead.lena", password: "Start-Pass-123!", shown: "Lena Lead" };

/** A search that finds exactly one person, who can be reset. */
export const ONE = { search: "alice able", name: "Alice Able" };

/** A search that finds several. */
export const SEVERAL = { search: "chris", least: 2 };

export const LOCKED = { search: "lou.locked", name: "Lou Locked" };
export const DISABLED = { search: "dora.disabled", name: "Dora Disabled" };
export const PROTECTED = { search: "adam.admin", name: "Adam Admin" };
