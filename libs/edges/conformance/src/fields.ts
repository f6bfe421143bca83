/** An object of a case file, before anybody has looked into it. */
export type Fields = Readonly<Record<string, unknown>>;

/** A case that cannot be judged: names the key, what was expected and what was found. */
export class CaseError extends Error {
  override readonly name = 'CaseError';
}

export const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => {
  if (value === undefined) return 'missing';
  if (typeof value === 'bigint') return value.toString();
  const text = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'bigint' ? inner.toString() : inner,
  );
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
};

const wrong = (key: string, expected: string, value: unknown): never => {
  throw new CaseError(`${key}: Expected ${expected}, was ${shown(value)}`);
};

/** Reads a number. A missing or null key has the fallback; without one it is refused. */
export const numberAt = (fields: Fields, key: string, fallback?: number): number => {
  const value = fields[key] ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value)) return Number(value);
  return wrong(key, 'a finite number', value);
};

/** Reads an exact integer, written as a number or as text. */
export const integerAt = (fields: Fields, key: string, fallback?: bigint): bigint => {
  const value = fields[key] ?? fallback;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  return wrong(key, 'an integer', value);
};

export const textAt = (fields: Fields, key: string, fallback?: string): string => {
  const value = fields[key] ?? fallback;
  return typeof value === 'string' ? value : wrong(key, 'text', value);
};

/** Reads a yes or no; 1 and 0 say the same. */
export const flagAt = (fields: Fields, key: string, fallback?: boolean): boolean => {
  const value = fields[key] ?? fallback;
  if (typeof value === 'boolean') return value;
  return value === 0 || value === 1 ? value === 1 : wrong(key, 'true or false', value);
};

export const fieldsAt = (fields: Fields, key: string, fallback?: Fields): Fields => {
  const value = fields[key] ?? fallback;
  return isRecord(value) ? value : wrong(key, 'an object', value);
};

export const listAt = (fields: Fields, key: string, fallback?: readonly unknown[]): readonly unknown[] => {
  const value = fields[key] ?? fallback;
  return Array.isArray(value) ? (value as readonly unknown[]) : wrong(key, 'a list', value);
};

/** A list of objects. */
export const recordsAt = (fields: Fields, key: string, fallback?: readonly Fields[]): readonly Fields[] =>
  listAt(fields, key, fallback).map((item, i) =>
    isRecord(item) ? item : wrong(`${key}[${i}]`, 'an object', item),
  );

/** A list of numbers. */
export const numbersAt = (fields: Fields, key: string, fallback?: readonly number[]): readonly number[] =>
  listAt(fields, key, fallback).map((_, i, list) => numberAt({ [`${key}[${i}]`]: list[i] }, `${key}[${i}]`));
