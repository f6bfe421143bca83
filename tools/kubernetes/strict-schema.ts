import { createHash } from 'node:crypto';

/** A JSON schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Words that say nothing about whether a manifest is valid, or that only a cluster can judge. */
const LEFT_OUT = new Set(['description', 'default', 'example', 'format', 'title', 'externalDocs', '$schema']);

/**
 * The OpenAPI schema of a custom resource as a JSON schema that refuses fields it does not know: what a
 * cluster would drop in silence is a mistake of the manifest.
 */
export const strictSchema = (schema: Schema): Schema => {
  if (schema['x-kubernetes-int-or-string'] === true) return { type: ['integer', 'string'] };
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (LEFT_OUT.has(key) || key.startsWith('x-') || key === 'nullable') continue;
    out[key] = key === 'properties' ? eachOf(value as Schema) : strictValue(value);
  }
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (isObject(schema['properties']) && !isOpen && out['additionalProperties'] === undefined)
    out['additionalProperties'] = false;
  if (schema['nullable'] === true && typeof out['type'] === 'string') out['type'] = [out['type'], 'null'];
  return out;
};

/** Alternatives of one object repeat some of its fields: only the whole says which are unknown. */
const OPEN_PARTS = new Set(['anyOf', 'oneOf', 'allOf', 'not']);

const strictValue = (value: unknown): unknown => {
  if (Array.isArray(value))
    return value.map((part: unknown) => (isObject(part) ? openAlternatives(part) : part));
  return isObject(value) ? strictSchema(value) : value;
};

const openAlternatives = (schema: Schema): Schema => {
  const { additionalProperties: closed, ...rest } = strictSchema(schema);
  return closed === false || closed === undefined ? rest : { ...rest, additionalProperties: closed };
};

const eachOf = (properties: Schema): Schema =>
  Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, strictSchema(part as Schema)]));

const SMALL = 160;

/**
 * Parts that several schemas have in common stand once, under `$defs`, named by their hash: operators repeat
 * the whole of a pod wherever one may be described.
 */
export const shareParts = (schemas: Readonly<Record<string, Schema>>): Schema => {
  const counts = new Map<string, number>();
  const count = (value: unknown): void => {
    if (!isObject(value)) {
      if (Array.isArray(value)) value.forEach(count);
      return;
    }
    const text = JSON.stringify(value);
    const seen = counts.get(text) ?? 0;
    if (text.length > SMALL) counts.set(text, seen + 1);
    if (seen === 0) Object.values(value).forEach(count);
  };
  Object.values(schemas).forEach(count);
  const definitions: Record<string, Schema> = {};
  const share = (value: unknown, isSchema: boolean): unknown => {
    if (Array.isArray(value)) return value.map((part) => share(part, isSchema));
    if (!isObject(value)) return value;
    const text = JSON.stringify(value);
    const isShared = isSchema && (counts.get(text) ?? 0) > 1;
    const name = createHash('sha256').update(text).digest('hex').slice(0, 12);
    if (isShared && definitions[name] !== undefined) return { $ref: `#/$defs/${name}` };
    const copy = Object.fromEntries(
      // What stands under `properties` are names of fields, not words of the schema.
      Object.entries(value).map(([key, part]) => [
        key,
        isSchema && key === 'properties'
          ? mapValues(part as Schema, (field) => share(field, true))
          : share(part, isSchema && SCHEMA_WORDS.has(key)),
      ]),
    );
    if (!isShared) return copy;
    definitions[name] = copy;
    return { $ref: `#/$defs/${name}` };
  };
  const kinds = mapValues(schemas, (schema) => share(schema, true));
  return { kinds, $defs: definitions };
};

const SCHEMA_WORDS = new Set(['items', 'additionalProperties', ...OPEN_PARTS]);

const mapValues = <T>(record: Readonly<Record<string, unknown>>, map: (value: unknown) => T) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)] as const));

/** Definitions that can be reached from the schemas. */
export const reachable = (roots: readonly Schema[], all: Readonly<Record<string, Schema>>): Schema => {
  const found: Record<string, Schema> = {};
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isObject(value)) return;
    const name = /\$defs\/(.+)$/.exec(typeof value['$ref'] === 'string' ? value['$ref'] : '')?.[1];
    if (name !== undefined && found[name] === undefined) {
      const schema = all[name];
      if (schema === undefined) throw new Error(`Expected the definition ${name}`);
      found[name] = schema;
      visit(schema);
    }
    Object.values(value).forEach(visit);
  };
  roots.forEach(visit);
  return found;
};
