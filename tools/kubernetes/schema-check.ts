import { Ajv, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../house/workspace.ts';
import { nameOf, type Manifest } from './manifests.ts';
import type { Schema } from './strict-schema.ts';

type Schemas = Readonly<{ kinds: Readonly<Record<string, Schema>>; $defs: Schema }>;

/** Operators write patterns as Go has them: `(?i)` stands in the pattern and not beside it. */
const goPattern = Object.assign(
  (pattern: string, flags: string): RegExp =>
    new RegExp(pattern.replace('(?i)', ''), pattern.includes('(?i)') ? `${flags}i` : flags),
  { code: 'goPattern' },
);

/** Says what is wrong with a manifest, one line each; unknown fields and unknown kinds are wrong. */
export const schemaCheck = (): ((manifest: Manifest) => readonly string[]) => {
  const text = readFileSync(join(ROOT, 'k8s/schemas/schemas.json'), 'utf8');
  const { kinds, $defs } = JSON.parse(text) as Schemas;
  const ajv = new Ajv({
    ...{ allErrors: true, allowUnionTypes: true, strict: false, validateFormats: false },
    code: { regExp: goPattern },
  });
  const compiled = new Map<string, ValidateFunction>();
  const validatorOf = (key: string): ValidateFunction | undefined => {
    const schema = kinds[key];
    if (schema === undefined) return undefined;
    const validate = compiled.get(key) ?? ajv.compile({ ...schema, $defs });
    compiled.set(key, validate);
    return validate;
  };
  return (manifest) => {
    const key = `${manifest.apiVersion} ${manifest.kind}`;
    const validate = validatorOf(key);
    if (validate === undefined) return [`${nameOf(manifest)}: no schema of ${key} in k8s/schemas`];
    if (validate(manifest)) return [];
    return (validate.errors ?? []).map(({ instancePath, message = '', params }) => {
      const { additionalProperty: field } = params as Readonly<{ additionalProperty?: string }>;
      const more = field === undefined ? '' : `: ${field}`;
      return `${nameOf(manifest)} ${instancePath || '/'} ${message}${more}`;
    });
  };
};
