import { AssertionError, exactDecimal, formatDecimal, isDecimal } from '@plinth/money';

/** Characters after which a piece of a state's text is given out. */
const PIECE_CHARS = 65_536;

/**
 * The text of plain state, lossless, order included: JSON with tags for what JSON has not. Plain is what is
 * made of strings, numbers, booleans, bigints, decimals, bytes, null, undefined, arrays, objects, maps and
 * sets; any other iterable is written as the array of its items. It comes in pieces, so that a large state
 * can be written with pauses between them.
 */
export function* stateText(state: unknown): Generator<string, void, undefined> {
  let piece = '';
  for (const text of pieces(state)) {
    piece += text;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** The inverse of `stateText`. */
export const stateOf = (text: string): unknown => revived(JSON.parse(text));

/** The state of a whole fold or decider in one piece. */
export const wholeStateText = (state: unknown): string => [...stateText(state)].join('');

/** Takes over the entries of a map, or the members of a set, in their order. */
export function refill<K, V>(into: Map<K, V>, from: ReadonlyMap<K, V>): void;
export function refill<V>(into: Set<V>, from: ReadonlySet<V>): void;
export function refill(
  into: Map<unknown, unknown> | Set<unknown>,
  from: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>,
): void {
  into.clear();
  if (into instanceof Map)
    for (const [key, value] of from as ReadonlyMap<unknown, unknown>) into.set(key, value);
  else for (const value of (from as ReadonlySet<unknown>).values()) into.add(value);
}

/** Goes into objects and maps of maps; what stands in one entry of a map or a list is written at once. */
function* pieces(value: unknown): Generator<string, void, undefined> {
  if (value instanceof Map) {
    yield '{"$m":[';
    let separator = '';
    for (const [key, item] of value as ReadonlyMap<unknown, unknown>) {
      yield `${separator}${encoded(key)},`;
      if (item instanceof Map) yield* pieces(item);
      else yield encoded(item);
      separator = ',';
    }
    yield ']}';
  } else if (isPlainObject(value)) {
    yield '{';
    let separator = '';
    for (const key of Object.keys(value)) {
      yield `${separator}${keyText(key)}:`;
      yield* pieces(value[key]);
      separator = ',';
    }
    yield '}';
  } else if (isList(value)) {
    const isSet = value instanceof Set;
    yield isSet ? '{"$s":[' : '[';
    let separator = '';
    for (const item of value) {
      yield separator + encoded(item);
      separator = ',';
    }
    yield isSet ? ']}' : ']';
  } else yield encoded(value);
}

const encoded = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (Number.isFinite(value) && !Object.is(value, -0)) return String(value);
      return `{"$f":"${Object.is(value, -0) ? '-0' : String(value)}"}`;
    case 'bigint':
      return `{"$n":"${value}"}`;
    case 'undefined':
      return '{"$u":0}';
    case 'object':
      return value === null ? 'null' : encodedObject(value);
    case 'function':
    case 'symbol':
      throw new AssertionError(`Expected plain state, was a ${typeof value}`);
  }
};

const encodedObject = (value: object): string => {
  if (isPlainObject(value)) {
    let text = '';
    for (const key of Object.keys(value))
      text += `${text === '' ? '' : ','}${keyText(key)}:${encoded(value[key])}`;
    return `{${text}}`;
  }
  if (isDecimal(value)) return `{"$d":"${formatDecimal(value)}"}`;
  if (value instanceof Uint8Array) return `{"$b":"${Buffer.from(value).toString('base64')}"}`;
  if (value instanceof Map) return `{"$m":[${[...value].flat(1).map(encoded).join()}]}`;
  if (value instanceof Set) return `{"$s":[${[...value].map(encoded).join()}]}`;
  if (isList(value)) return `[${Array.from(value, encoded).join()}]`;
  throw new AssertionError(`Expected plain state, was of class ${value.constructor.name}`);
};

/** Keys with a dollar sign are the tags'. */
const keyText = (key: string): string => {
  if (key.startsWith('$')) throw new AssertionError(`Expected a key without a dollar sign, was ${key}`);
  return JSON.stringify(key);
};

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

const isList = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value && !(value instanceof Uint8Array);

const revived = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      const item: unknown = value[i];
      if (typeof item === 'object') value[i] = revived(item);
    }
    return value;
  }
  const object = value as Record<string, unknown>;
  for (const key in object) {
    if (key.startsWith('$')) return tagged(key, object[key]);
    const item = object[key];
    if (typeof item === 'object') object[key] = revived(item);
  }
  return object;
};

const tagged = (tag: string, value: unknown): unknown => {
  switch (tag) {
    case '$n':
      return BigInt(value as string);
    case '$d':
      return exactDecimal(value as string);
    case '$u':
      return undefined;
    case '$m':
      return mapOf(value as unknown[]);
    case '$s':
      return new Set(revived(value) as unknown[]);
    case '$b':
      return Buffer.from(value as string, 'base64');
    case '$f':
      return NUMBERS[value as keyof typeof NUMBERS];
    default:
      throw new AssertionError(`Expected a known tag, was ${tag}`);
  }
};

const NUMBERS = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 } as const;

const mapOf = (items: unknown[]): ReadonlyMap<unknown, unknown> => {
  const map = new Map<unknown, unknown>();
  for (let i = 0; i + 1 < items.length; i += 2) map.set(revived(items[i]), revived(items[i + 1]));
  return map;
};
