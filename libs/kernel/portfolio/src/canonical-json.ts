/** JSON with sorted keys and no blanks: equal values give equal text. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

export type ShapeProblem = Readonly<{ field: string; message: string }>;

const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : typeof value;

/**
 * Where `value` is not built like `pattern`: other kinds, missing or unknown fields. Every item of a list
 * must be built like the pattern's first.
 */
export const shapeProblems = (value: unknown, pattern: unknown, field: string): readonly ShapeProblem[] => {
  const wanted = kindOf(pattern);
  if (kindOf(value) !== wanted) return [{ field, message: `Expected ${wanted}, was ${kindOf(value)}` }];
  if (Array.isArray(pattern)) {
    const items = value as readonly unknown[];
    return items.flatMap((item, n) => shapeProblems(item, pattern[0], `${field}[${n}]`));
  }
  if (wanted !== 'an object') return [];
  const given = value as Readonly<Record<string, unknown>>;
  const known = pattern as Readonly<Record<string, unknown>>;
  const path = field === '' ? '' : `${field}.`;
  return [
    ...Object.keys(given)
      .filter((key) => !Object.hasOwn(known, key))
      .map((key) => ({ field: `${path}${key}`, message: 'Expected no such field' })),
    ...Object.entries(known).flatMap(([key, inner]) =>
      Object.hasOwn(given, key)
        ? shapeProblems(given[key], inner, `${path}${key}`)
        : [{ field: `${path}${key}`, message: 'Expected a value, was absent' }],
    ),
  ];
};
