import type { Policy } from './policy.ts';
import { containersOf, workloadsOf, type Container, type Workload } from './workload.ts';

const ofPods =
  (judge: (workload: Workload) => readonly string[]): Policy['check'] =>
  (manifests) =>
    workloadsOf(manifests).flatMap((workload) =>
      judge(workload).map((problem) => `${workload.name}: ${problem}`),
    );

const ofContainers = (judge: (container: Container, workload: Workload) => string | undefined) =>
  ofPods((workload) =>
    containersOf(workload).flatMap((container) => {
      const problem = judge(container, workload);
      return problem === undefined ? [] : [`${container.name} ${problem}`];
    }),
  );

const isFixed = (image: string): boolean =>
  /@sha256:[0-9a-f]{64}$/.test(image) || /:(?!latest$)[\w][\w.-]*$/.test(image);

const SECRET_NAME = /PASSWORD|SECRET|TOKEN|CREDENTIAL|_KEY$/;
const SECRET_URL = /:\/\/[^/\s:@]+:[^/\s@]+@/;

/** A path names a file; anything else under such a name is the secret itself. */
const isSecret = (name: string, value: string): boolean =>
  SECRET_URL.test(value) || (SECRET_NAME.test(name) && value !== '' && !value.startsWith('/'));

/** What every pod must keep to: Pod Security “restricted”, and what it leaves open. */
export const POD_POLICIES: readonly Policy[] = [
  {
    name: 'no-root',
    check: ofContainers(({ securityContext: own }, { pod: { securityContext: all } }) => {
      const user = own?.runAsUser ?? all?.runAsUser;
      const isUser = (own?.runAsNonRoot ?? all?.runAsNonRoot) === true && user !== 0;
      return isUser ? undefined : 'may run as root: set runAsNonRoot, and no user 0';
    }),
  },
  {
    name: 'seccomp',
    check: ofContainers(({ securityContext: own }, { pod: { securityContext: all } }) =>
      (own?.seccompProfile ?? all?.seccompProfile)?.type === 'RuntimeDefault'
        ? undefined
        : 'may make any system call: set seccompProfile RuntimeDefault',
    ),
  },
  {
    name: 'no-privilege',
    check: ofContainers(({ securityContext: own }) =>
      own?.privileged !== true && own?.allowPrivilegeEscalation === false
        ? undefined
        : 'may gain privileges: set allowPrivilegeEscalation false',
    ),
  },
  {
    name: 'no-capabilities',
    check: ofContainers(({ securityContext: own }) =>
      own?.capabilities?.drop?.includes('ALL') === true && (own.capabilities.add ?? []).length === 0
        ? undefined
        : 'keeps capabilities: drop ALL and add none',
    ),
  },
  {
    name: 'read-only-root',
    check: ofContainers(({ securityContext: own }) =>
      own?.readOnlyRootFilesystem === true ? undefined : 'can write its image: set readOnlyRootFilesystem',
    ),
  },
  {
    name: 'no-token',
    check: ofPods(({ pod }) =>
      pod.automountServiceAccountToken === false
        ? []
        : ['carries a token of the cluster: set automountServiceAccountToken false'],
    ),
  },
  {
    name: 'no-host',
    check: ofPods(({ pod }) => {
      const shares = [pod.hostNetwork, pod.hostPID, pod.hostIPC].includes(true);
      const paths = (pod.volumes ?? []).some(({ hostPath }) => hostPath !== undefined);
      const ports = pod.containers.some((one) =>
        (one.ports ?? []).some(({ hostPort }) => hostPort !== undefined),
      );
      return shares || paths || ports ? ['uses its machine’s network, processes, files or ports'] : [];
    }),
  },
  {
    name: 'bounded',
    check: ofContainers(({ resources }) => {
      const { requests = {}, limits = {} } = resources ?? {};
      const missing = [
        ...['cpu', 'memory'].filter((what) => requests[what] === undefined).map((what) => `requests.${what}`),
        ...(limits['memory'] === undefined ? ['limits.memory'] : []),
      ];
      return missing.length === 0 ? undefined : `has no bounds: set ${missing.join(', ')}`;
    }),
  },
  {
    name: 'fixed-image',
    check: ofContainers(({ image = '' }) =>
      isFixed(image)
        ? undefined
        : `runs whatever ${image || 'no image'} is today: name a version or a digest`,
    ),
  },
  {
    name: 'probed',
    check: ofPods(({ isJob, pod }) =>
      isJob
        ? []
        : pod.containers.flatMap((container) => {
            const probes = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const;
            const missing = probes.filter((probe) => container[probe] === undefined);
            return missing.length === 0 ? [] : [`${container.name} has no ${missing.join(', no ')}`];
          }),
    ),
  },
  {
    name: 'no-secret-in-the-open',
    check: (manifests) => [
      ...ofContainers(({ env = [] }) => {
        const open = env.find(({ name, value }) => value !== undefined && isSecret(name, value));
        return open === undefined ? undefined : `shows ${open.name}: refer to a Secret`;
      })(manifests),
      ...manifests
        .filter(({ kind }) => kind === 'ConfigMap')
        .flatMap(({ metadata, ...rest }) =>
          Object.entries((rest['data'] ?? {}) as Readonly<Record<string, string>>)
            .filter(([name, value]) => isSecret(name, value))
            .map(([name]) => `ConfigMap ${metadata.name}: shows ${name}: refer to a Secret`),
        ),
    ],
  },
];
