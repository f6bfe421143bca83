import type { Manifest } from './manifests.ts';
import type { Policy } from './policy.ts';
import { containersOf, workloadsOf, type Reference, type Workload } from './workload.ts';

type Named = Readonly<{ secretName?: string; target?: Readonly<{ name?: string }> }>;

/** Secrets that a resource, or the operator that looks after it, makes. */
const secretsMadeBy = ({ kind, metadata, ...rest }: Manifest): readonly string[] => {
  const spec = (rest['spec'] ?? {}) as Named;
  switch (kind) {
    case 'Secret':
    case 'KafkaUser':
      return [metadata.name];
    case 'Certificate':
      return [spec.secretName ?? ''];
    case 'ExternalSecret':
      return [spec.target?.name ?? metadata.name];
    case 'Kafka':
      return [`${metadata.name}-cluster-ca-cert`];
    case 'Cluster':
      return ['app', 'ca'].map((end) => `${metadata.name}-${end}`);
    default:
      return [];
  }
};

/** Secrets that whoever sets a cluster up has to make himself; the namespace says which. */
const madeByHand = ({ metadata }: Manifest): readonly string[] =>
  metadata.annotations?.['plinth.io/secrets-made-by-hand']?.split(',') ?? [];

const provided = (manifests: readonly Manifest[]): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const manifest of manifests) {
    const { kind, metadata } = manifest;
    names.add(`${kind} ${metadata.name}`);
    for (const secret of [...secretsMadeBy(manifest), ...madeByHand(manifest)]) names.add(`Secret ${secret}`);
    const claims = (manifest['spec'] as Readonly<{ volumeClaimTemplates?: readonly Manifest[] }> | undefined)
      ?.volumeClaimTemplates;
    for (const claim of claims ?? []) names.add(`volume ${kind} ${metadata.name} ${claim.metadata.name}`);
  }
  return names;
};

const wantedBy = (reference: Reference | undefined): readonly string[] => {
  const [map, secret] = [
    reference?.configMapRef ?? reference?.configMapKeyRef,
    reference?.secretRef ?? reference?.secretKeyRef,
  ];
  return [
    ...(map === undefined || map.optional === true ? [] : [`ConfigMap ${map.name}`]),
    ...(secret === undefined || secret.optional === true ? [] : [`Secret ${secret.name}`]),
  ];
};

const wanted = (workload: Workload): readonly string[] => {
  const { pod } = workload;
  const containers = containersOf(workload);
  return [
    ...containers.flatMap(({ env = [] }) => env.flatMap(({ valueFrom }) => wantedBy(valueFrom))),
    ...containers.flatMap(({ envFrom = [] }) => envFrom.flatMap(wantedBy)),
    ...(pod.volumes ?? []).flatMap(({ secret, configMap, persistentVolumeClaim: claim }) => [
      ...(secret === undefined || secret.optional === true ? [] : [`Secret ${secret.secretName}`]),
      ...(configMap === undefined || configMap.optional === true ? [] : [`ConfigMap ${configMap.name}`]),
      ...(claim === undefined ? [] : [`PersistentVolumeClaim ${claim.claimName}`]),
    ]),
    ...(pod.serviceAccountName === undefined ? [] : [`ServiceAccount ${pod.serviceAccountName}`]),
  ];
};

/** Mounts of a volume that the pod does not have. */
const unmounted = (workload: Workload, names: ReadonlySet<string>): readonly string[] => {
  const { pod, manifest } = workload;
  const volumes = new Set((pod.volumes ?? []).map(({ name }) => name));
  return containersOf(workload)
    .flatMap(({ volumeMounts = [] }) => volumeMounts)
    .filter(({ name }) => !volumes.has(name))
    .filter(({ name }) => !names.has(`volume ${manifest.kind} ${manifest.metadata.name} ${name}`))
    .map(({ name }) => `volume ${name}`);
};

type Scaling = Readonly<{ scaleTargetRef?: Readonly<{ kind?: string; name: string }> }>;

/** A name that is written in one manifest and is nowhere else: found here rather than at a pod that waits. */
export const referencePolicy: Policy = {
  name: 'known-references',
  check: (manifests) => {
    const names = provided(manifests);
    const targets = manifests.flatMap(({ kind, metadata, ...rest }) => {
      const target = (rest['spec'] as Scaling | undefined)?.scaleTargetRef;
      if (target === undefined || names.has(`${target.kind ?? 'Deployment'} ${target.name}`)) return [];
      return [`${kind} ${metadata.name}: nothing here is the ${target.kind ?? 'Deployment'} ${target.name}`];
    });
    const pods = workloadsOf(manifests).flatMap((workload) =>
      [...wanted(workload).filter((name) => !names.has(name)), ...unmounted(workload, names)].map(
        (name) => `${workload.name}: nothing here makes the ${name}`,
      ),
    );
    return [...new Set([...targets, ...pods])];
  },
};
