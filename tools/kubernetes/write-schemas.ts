import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../house/workspace.ts';
import { reachable, shareParts, strictSchema, type Schema } from './strict-schema.ts';

/**
 * `node tools/kubernetes/write-schemas.ts CORE CRDS…` writes k8s/schemas/schemas.json anew. Where the
 * directories come from: k8s/schemas/README.md.
 */

/** What the manifests may use of Kubernetes itself, by the names of the schema files. */
const CORE = [
  ['v1', 'Namespace', 'ConfigMap', 'Secret', 'Service', 'ServiceAccount', 'PersistentVolumeClaim', 'Pod'],
  ['apps/v1', 'Deployment', 'StatefulSet', 'DaemonSet'],
  ['batch/v1', 'Job', 'CronJob'],
  ['policy/v1', 'PodDisruptionBudget'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['networking.k8s.io/v1', 'NetworkPolicy', 'Ingress'],
  ['rbac.authorization.k8s.io/v1', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
  ['scheduling.k8s.io/v1', 'PriorityClass'],
] as const;

const CUSTOM = new Set(
  [
    'Kafka, KafkaNodePool, KafkaUser, KafkaTopic',
    'Cluster, ScheduledBackup',
    'ScaledObject, TriggerAuthentication',
    'ServiceMonitor, PodMonitor, PrometheusRule',
    'Certificate, Issuer, ClusterIssuer',
    'ExternalSecret, SecretStore',
  ].flatMap((kinds) => kinds.split(', ')),
);

const METADATA = '#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

const readJson = (path: string): Schema => JSON.parse(readFileSync(path, 'utf8')) as Schema;

/** Descriptions are most of the text, and references name the file that everything comes from. */
const bare = (value: unknown, inProperties = false): unknown => {
  if (Array.isArray(value)) return value.map((part) => bare(part));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key]) =>
          inProperties || !(['description', '$schema', 'format'].includes(key) || key.startsWith('x-')),
      )
      .map(([key, part]) => [
        key,
        key === '$ref' && !inProperties
          ? String(part).replace(/^.*#/, '#')
          : bare(part, !inProperties && key === 'properties'),
      ]),
  );
};

const coreSchemas = (directory: string): Readonly<{ kinds: Record<string, Schema>; definitions: Schema }> => {
  const all = bare(readJson(join(directory, '_definitions.json'))['$defs'], true) as Record<string, Schema>;
  const kinds: Record<string, Schema> = {};
  for (const [version, ...names] of CORE)
    for (const name of names) {
      const group = version.includes('/') ? `${version.split('/')[0]?.split('.')[0]}-` : '';
      const file = `${name.toLowerCase()}-${group}${version.split('/').at(-1)}.json`;
      kinds[`${version} ${name}`] = bare(readJson(join(directory, file))) as Schema;
    }
  return { kinds, definitions: reachable([...Object.values(kinds), { $ref: METADATA }], all) };
};

type Definition = Readonly<{
  spec: Readonly<{
    group: string;
    names: Readonly<{ kind: string }>;
    versions: readonly Readonly<{
      name: string;
      served: boolean;
      schema: Readonly<{ openAPIV3Schema: Schema }>;
    }>[];
  }>;
}>;

const customSchemas = (path: string): Readonly<Record<string, Schema>> => {
  const { spec } = parse(readFileSync(path, 'utf8')) as Definition;
  const { kind } = spec.names;
  if (!CUSTOM.has(kind)) return {};
  const served = spec.versions.filter((version) => version.served);
  const stable = served.filter(({ name }) => /^v\d+$/.test(name));
  return Object.fromEntries(
    (stable.length > 0 ? stable : served).map(({ name, schema }) => {
      const { properties, ...rest } = strictSchema(schema.openAPIV3Schema);
      const { status: _status, ...fields } = properties as Record<string, Schema>;
      const version = `${spec.group}/${name}`;
      const own = {
        apiVersion: { type: 'string', enum: [version] },
        kind: { type: 'string', enum: [kind] },
        metadata: { $ref: METADATA },
      };
      return [`${version} ${kind}`, { ...rest, properties: { ...fields, ...own } }] as const;
    }),
  );
};

const [core, ...directories] = process.argv.slice(2);
if (core === undefined || directories.length === 0 || !existsSync(join(core, '_definitions.json'))) {
  console.error('Expected the directory of the strict schemas of Kubernetes, then those of the operators');
  process.exit(2);
}
const { kinds, definitions } = coreSchemas(core);
const files = directories.flatMap((directory) =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .map((name) => join(directory, name)),
);
const custom = shareParts(Object.assign({}, ...files.map(customSchemas)) as Record<string, Schema>);
const schemas = {
  kinds: { ...kinds, ...(custom['kinds'] as Schema) },
  $defs: { ...definitions, ...(custom['$defs'] as Schema) },
};
writeFileSync(join(ROOT, 'k8s/schemas/schemas.json'), `${JSON.stringify(schemas, null, 1)}\n`);
