import { nameOf, type Manifest } from './manifests.ts';

/** The fields of a pod that policies look at. */
export type Container = Readonly<{
  name: string;
  image?: string;
  env?: readonly Readonly<{ name: string; value?: string; valueFrom?: Reference }>[];
  envFrom?: readonly Reference[];
  ports?: readonly Readonly<{ name?: string; containerPort: number; hostPort?: number }>[];
  resources?: Readonly<{
    requests?: Readonly<Record<string, string>>;
    limits?: Readonly<Record<string, string>>;
  }>;
  securityContext?: SecurityContext;
  startupProbe?: unknown;
  readinessProbe?: unknown;
  livenessProbe?: unknown;
  volumeMounts?: readonly Readonly<{ name: string; mountPath: string; readOnly?: boolean }>[];
}>;

type SecurityContext = Readonly<{
  runAsNonRoot?: boolean;
  runAsUser?: number;
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  readOnlyRootFilesystem?: boolean;
  capabilities?: Readonly<{ drop?: readonly string[]; add?: readonly string[] }>;
  seccompProfile?: Readonly<{ type: string }>;
}>;

/** To a ConfigMap or a Secret. */
export type Reference = Readonly<{
  configMapRef?: Readonly<{ name: string; optional?: boolean }>;
  secretRef?: Readonly<{ name: string; optional?: boolean }>;
  configMapKeyRef?: Readonly<{ name: string; optional?: boolean }>;
  secretKeyRef?: Readonly<{ name: string; optional?: boolean }>;
}>;

export type Volume = Readonly<{
  name: string;
  hostPath?: unknown;
  secret?: Readonly<{ secretName: string; optional?: boolean }>;
  configMap?: Readonly<{ name: string; optional?: boolean }>;
  persistentVolumeClaim?: Readonly<{ claimName: string }>;
}>;

export type PodSpec = Readonly<{
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  securityContext?: SecurityContext;
  initContainers?: readonly Container[];
  containers: readonly Container[];
  volumes?: readonly Volume[];
  topologySpreadConstraints?: readonly unknown[];
}>;

type Template = Readonly<{
  metadata?: Readonly<{ labels?: Readonly<Record<string, string>> }>;
  spec: PodSpec;
}>;

/** What runs pods, whatever kind describes it. */
export type Workload = Readonly<{
  manifest: Manifest;
  name: string;
  /** Ends by itself: nobody waits for it to be ready. */
  isJob: boolean;
  replicas: number;
  labels: Readonly<Record<string, string>>;
  pod: PodSpec;
}>;

type Spec = Readonly<{
  replicas?: number;
  template?: Template;
  jobTemplate?: Readonly<{ spec: Readonly<{ template: Template }> }>;
}>;

const RUNS_TO_ITS_END = new Set(['Job', 'CronJob']);

/** The pods that the manifests describe; those that operators make of their own resources are theirs. */
export const workloadsOf = (manifests: readonly Manifest[]): readonly Workload[] =>
  manifests.flatMap((manifest) => {
    const spec = manifest['spec'] as Spec | undefined;
    const template =
      manifest.kind === 'Pod'
        ? { metadata: manifest.metadata, spec: spec as unknown as PodSpec }
        : (spec?.jobTemplate?.spec.template ?? spec?.template);
    if (!Array.isArray(template?.spec?.containers)) return [];
    const isJob = RUNS_TO_ITS_END.has(manifest.kind);
    const labels = template.metadata?.labels ?? {};
    const replicas = spec?.replicas ?? 1;
    return [{ manifest, name: nameOf(manifest), isJob, replicas, labels, pod: template.spec }];
  });

export const containersOf = ({ pod }: Workload): readonly Container[] => [
  ...(pod.initContainers ?? []),
  ...pod.containers,
];

type Selector = Readonly<{ matchLabels?: Readonly<Record<string, string>> }>;

/** Whether a selector takes a pod with these labels; one that is empty takes every pod. */
export const selects = (selector: Selector | undefined, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector?.matchLabels ?? {}).every(([label, value]) => labels[label] === value);
