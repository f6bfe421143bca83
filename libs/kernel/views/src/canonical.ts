/**
 * Canonical text of a flat list of fields, for state hashes: a JSON array of strings, so that nothing is
 * ambiguous.
 */
export const fields = (...values: readonly (string | number | bigint | boolean | undefined)[]): string =>
  JSON.stringify(values.map((value) => (value === undefined ? null : String(value))));
