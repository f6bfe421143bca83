import { nameOf, type Manifest } from './manifests.ts';
import { POD_POLICIES } from './pod-policies.ts';
import type { Policy } from './policy.ts';
import { referencePolicy } from './references.ts';
import { selects, workloadsOf } from './workload.ts';

const ofKind = (manifests: readonly Manifest[], kind: string): readonly Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind);

type NetworkPolicySpec = Readonly<{
  podSelector?: Readonly<Record<string, unknown>>;
  policyTypes?: readonly string[];
  ingress?: readonly unknown[];
  egress?: readonly Readonly<{
    to?: readonly Readonly<{ ipBlock?: Readonly<{ cidr: string; except?: readonly string[] }> }>[];
    ports?: readonly unknown[];
  }>[];
}>;

const networkPolicies = (manifests: readonly Manifest[]) =>
  ofKind(manifests, 'NetworkPolicy').map((manifest) => {
    const spec: NetworkPolicySpec = manifest['spec'] ?? {};
    return { manifest, spec };
  });

/** Refuses everything, both ways, to every pod. */
const deniesAll = ({
  podSelector,
  policyTypes = [],
  ingress = [],
  egress = [],
}: NetworkPolicySpec): boolean =>
  Object.keys(podSelector ?? {}).length === 0 &&
  ['Ingress', 'Egress'].every((type) => policyTypes.includes(type)) &&
  ingress.length + egress.length === 0;

const namespacesOf = (manifests: readonly Manifest[]): readonly string[] => [
  ...new Set(workloadsOf(manifests).map(({ manifest }) => manifest.metadata.namespace ?? 'default')),
];

/** Where a machine of a cloud keeps what it knows of itself, credentials included. */
const OWN_MACHINE = '169.254.0.0/16';

const CLUSTER_POLICIES: readonly Policy[] = [
  {
    name: 'restricted-namespace',
    check: (manifests) =>
      namespacesOf(manifests).flatMap((namespace) => {
        const found = ofKind(manifests, 'Namespace').find(({ metadata }) => metadata.name === namespace);
        const level = found?.metadata.labels?.['pod-security.kubernetes.io/enforce'];
        return level === 'restricted' ? [] : [`Namespace ${namespace}: does not enforce restricted pods`];
      }),
  },
  {
    name: 'default-deny',
    check: (manifests) =>
      namespacesOf(manifests).flatMap((namespace) =>
        networkPolicies(manifests).some(
          ({ manifest, spec }) => manifest.metadata.namespace === namespace && deniesAll(spec),
        )
          ? []
          : [`Namespace ${namespace}: no NetworkPolicy denies all traffic both ways`],
      ),
  },
  {
    name: 'narrow-network',
    check: (manifests) =>
      networkPolicies(manifests).flatMap(({ manifest, spec }) =>
        (spec.egress ?? []).flatMap(({ to = [], ports = [] }) => [
          ...(to.length === 0 ? [`${nameOf(manifest)}: lets traffic out to anywhere`] : []),
          ...(ports.length === 0 ? [`${nameOf(manifest)}: lets traffic out to any port`] : []),
          ...to
            .filter(({ ipBlock }) => ipBlock?.cidr === '0.0.0.0/0' && !ipBlock.except?.includes(OWN_MACHINE))
            .map(() => `${nameOf(manifest)}: reaches the machine’s own metadata: except ${OWN_MACHINE}`),
        ]),
      ),
  },
  {
    name: 'survives-a-drain',
    check: (manifests) =>
      workloadsOf(manifests)
        .filter(({ replicas, isJob }) => replicas > 1 && !isJob)
        .flatMap(({ name, labels, pod }) => [
          ...(ofKind(manifests, 'PodDisruptionBudget').some(({ spec }) =>
            selects((spec as Readonly<{ selector?: object }>).selector, labels),
          )
            ? []
            : [`${name}: no PodDisruptionBudget`]),
          ...((pod.topologySpreadConstraints ?? []).length > 0
            ? []
            : [`${name}: no topologySpreadConstraints`]),
        ]),
  },
  referencePolicy,
];

export const POLICIES: readonly Policy[] = [...POD_POLICIES, ...CLUSTER_POLICIES];

/** `policy: what breaks it`, for all policies. */
export const breaches = (manifests: readonly Manifest[]): readonly string[] =>
  POLICIES.flatMap(({ name, check }) => check(manifests).map((problem) => `${name}: ${problem}`));
