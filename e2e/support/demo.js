// The sample company of `keyward demo`, as far as the tests need to know it.

/** Signs in. */
export const LEAD = { name: "katharina.brandl", password: "Sample-Tea-42", shown: "Katharina Brandl" };

/** Signs in too. */
export const OTHER_LEAD = { name: "james.whitaker", password: "Sample-Tea-42" };

/** A search that finds exactly one person, who can be reset. */
export const ONE = { search: "florian eder", name: "Florian Eder" };

/** A search that finds several. */
export const SEVERAL = { search: "bauer", least: 2 };

/** A search that finds a handful, some of them in a state that shows. */
export const HANDFUL = "st";

export const LOCKED = { search: "tobias.lechner", name: "Tobias Lechner" };
export const DISABLED = { search: "levke.thomsen", name: "Levke Thomsen" };
export const PROTECTED = { search: "volker.steffens", name: "Volker Steffens" };

/** Reads the log, and helps nobody. */
export const AUDITOR = { name: "arne.christiansen", password: "Sample-Tea-42" };
