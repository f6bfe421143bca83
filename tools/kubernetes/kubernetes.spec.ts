import { describe, expect, it } from '@jest/globals';
import { kubectlVersion, readManifests, renderOverlay, type Manifest } from './manifests.ts';
import { breaches, POLICIES } from './policies.ts';
import { schemaCheck } from './schema-check.ts';
import { workloadsOf, type Workload } from './workload.ts';

const check = schemaCheck();
const problemsOf = (manifests: readonly Manifest[]): readonly string[] => manifests.flatMap(check);

const hasKubectl = kubectlVersion() !== undefined;

(hasKubectl ? describe.each : describe.skip.each)([
  ['dev'],
  ['prod'],
  ['two-cells/main'],
  ['two-cells/south'],
])(`overlay %s${hasKubectl ? '' : ' (not rendered: no kubectl on PATH)'}`, (overlay) => {
  const manifests = hasKubectl ? renderOverlay(`k8s/overlays/${overlay}`) : [];

  it('has no field and no kind that a cluster does not know', () => {
    expect(manifests.length).toBeGreaterThan(50);
    expect(problemsOf(manifests)).toEqual([]);
  });

  it('keeps every policy', () => {
    expect(breaches(manifests)).toEqual([]);
  });

  it('gives every process a certificate that names it as the others expect', () => {
    const spec = (manifest: Manifest) => manifest['spec'] as Readonly<Record<string, unknown>>;
    const certificates = manifests.filter(({ kind }) => kind === 'Certificate');
    // The auditor answers nobody, and shows a key to the gateway as any caller from outside does.
    const isProcess = ({ isJob, labels }: Workload): boolean =>
      !isJob && labels['plinth.io/part'] !== 'auditor';
    const processes = workloadsOf(manifests).filter(isProcess);
    // A cell that is not the home cell has no gateway.
    expect(processes.length).toBeGreaterThanOrEqual(overlay === 'two-cells/south' ? 7 : 8);
    for (const { manifest, pod } of processes) {
      const { name } = manifest.metadata;
      const own = certificates.find(({ metadata }) => metadata.name === name);
      expect(own && spec(own)).toMatchObject({
        uris: [`spiffe://plinth/${name}`],
        dnsNames: expect.arrayContaining([name]),
        secretName: pod.volumes?.find((volume) => volume.name === 'tls')?.secret?.secretName,
      });
    }
  });

  it('shows the figures of every process at the port that Prometheus is let in to', () => {
    const processes = workloadsOf(manifests).filter(({ labels }) =>
      ['process', 'auditor'].includes(labels['plinth.io/part'] ?? ''),
    );
    expect(processes.length).toBeGreaterThanOrEqual(overlay === 'two-cells/south' ? 8 : 9);
    const shown = processes.filter(({ pod }) =>
      pod.containers.some(({ ports = [] }) =>
        ports.some(({ name, containerPort }) => name === 'metrics' && containerPort === 9464),
      ),
    );
    expect(shown.map(({ name }) => name)).toEqual(processes.map(({ name }) => name));
    const kinds = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const watched = ['PodMonitor plinth', 'PrometheusRule plinth', 'NetworkPolicy metrics-ingress'];
    // Where no operator of Prometheus is asked for, nothing is let in. One set of rules judges all cells.
    const own = overlay === 'two-cells/south' ? watched.filter((name) => !name.includes('Rule')) : watched;
    expect(kinds.filter((name) => watched.includes(name)).sort()).toEqual(
      overlay === 'dev' ? [] : [...own].sort(),
    );
  });

  it('holds no secret', () => {
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });
});

type Rule = Readonly<{
  spec: Readonly<{
    podSelector: Selector;
    ingress?: readonly Readonly<{ from: readonly Peer[] }>[];
    egress?: readonly Readonly<{ to: readonly Peer[] }>[];
  }>;
}>;
type Selector = Readonly<{
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly Readonly<{ key: string; values: readonly string[] }>[];
}>;
type Peer = Readonly<{ podSelector?: Selector; namespaceSelector?: Selector }>;

const takes = (selector: Selector | undefined, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector?.matchExpressions ?? []).every(({ key, values }) => values.includes(labels[key] ?? ''));

(hasKubectl ? describe : describe.skip)('two cells', () => {
  const [main, south] = ['main', 'south'].map((cell) =>
    hasKubectl ? renderOverlay(`k8s/overlays/two-cells/${cell}`) : [],
  ) as [readonly Manifest[], readonly Manifest[]];
  const named = (manifests: readonly Manifest[], kind: string, name: string): Manifest =>
    manifests.find((one) => one.kind === kind && one.metadata.name === name) as Manifest;

  /** Whether both sides let pods of one cell reach pods of the other. */
  const reaches = (
    [from, fromPod]: readonly [readonly Manifest[], Readonly<Record<string, string>>],
    [to, toPod]: readonly [readonly Manifest[], Readonly<Record<string, string>>],
  ): boolean => {
    const side = (own: readonly Manifest[], pod: object, other: readonly Manifest[], peerPod: object) => {
      const space = other.find(({ kind }) => kind === 'Namespace')?.metadata.labels ?? {};
      const isOut = own === from;
      return own
        .filter(({ kind }) => kind === 'NetworkPolicy')
        .map((one) => (one as unknown as Rule).spec)
        .filter(({ podSelector }) => takes(podSelector, pod as Record<string, string>))
        .flatMap(({ ingress = [], egress = [] }) =>
          isOut ? egress.flatMap((rule) => rule.to) : ingress.flatMap((rule) => rule.from ?? []),
        )
        .some(
          ({ namespaceSelector, podSelector }) =>
            namespaceSelector !== undefined &&
            podSelector !== undefined &&
            takes(namespaceSelector, space) &&
            takes(podSelector, peerPod as Record<string, string>),
        );
    };
    return side(from, fromPod, to, toPod) && side(to, toPod, from, fromPod);
  };

  const pod = (name: string) => ({ 'app.kubernetes.io/name': name, 'plinth.io/part': 'process' });
  const POSTGRES = { 'cnpg.io/cluster': 'plinth-postgres' };
  const KAFKA = { 'strimzi.io/cluster': 'plinth', 'strimzi.io/kind': 'Kafka' };

  it('share nothing but what they are meant to share', () => {
    const settings = [main, south].map((cell) => named(cell, 'ConfigMap', 'plinth')['data']);
    expect(settings).toMatchObject([
      { PLINTH_CELL: 'main', PLINTH_KAFKA_BROKERS: 'plinth-kafka-bootstrap:9093' },
      {
        ...{ PLINTH_CELL: 'south', PLINTH_KAFKA_PREFIX: 'plinth.south' },
        PLINTH_KAFKA_BROKERS: 'plinth-kafka-bootstrap.plinth.svc:9093',
      },
    ]);
    const spaces = [main, south].map((cell) => [
      ...new Set(
        cell.map(({ kind, metadata }) => (kind === 'Namespace' ? metadata.name : metadata.namespace)),
      ),
    ]);
    expect(spaces).toEqual([['plinth'], ['plinth-south']]);
    const backups = [main, south].map((cell) => JSON.stringify(named(cell, 'Cluster', 'plinth-postgres')));
    const places = backups.map((text) => /s3:[^"]*/.exec(text)?.[0]);
    expect(places).toEqual(['s3://plinth-backup/log', 's3://plinth-backup/south/log']);
    const atHome = ['Kafka', 'KafkaUser', 'PrometheusRule', 'PersistentVolumeClaim'];
    expect(south.filter(({ kind }) => atHome.includes(kind))).toEqual([]);
  });

  it('label every pod with its cell, without a change to what selects it', () => {
    for (const [cell, manifests] of Object.entries({ main, south })) {
      const labels = workloadsOf(manifests).map((one) => one.labels['plinth.io/cell']);
      expect(new Set(labels)).toEqual(new Set([cell]));
    }
    expect(named(main, 'Deployment', 'risk')).toMatchObject({
      spec: { selector: { matchLabels: { 'app.kubernetes.io/name': 'risk' } } },
    });
  });

  it('give every process the file of cells', () => {
    for (const manifests of [main, south])
      for (const { labels, pod: spec } of workloadsOf(manifests)) {
        const env = spec.containers[0]?.env ?? [];
        const found = env.find(({ name }) => name === 'PLINTH_CELLS')?.value;
        expect(found).toBe(labels['plinth.io/part'] === 'process' ? '/cells/cells.json' : undefined);
      }
  });

  it('reach what links and gateways need of each other, and nothing else', () => {
    for (const [from, to] of [
      [main, south],
      [south, main],
    ] as const) {
      for (const name of ['accounts', 'pricing'])
        expect([name, reaches([from, pod(name)], [to, POSTGRES])]).toEqual([name, true]);
      for (const name of ['risk', 'routing', 'liquidation', 'interest', 'relay'])
        expect([name, reaches([from, pod(name)], [to, POSTGRES])]).toEqual([name, false]);
      expect(reaches([from, pod('accounts')], [to, pod('accounts')])).toBe(false);
    }
    expect(reaches([main, pod('gateway')], [south, POSTGRES])).toBe(true);
    expect(reaches([main, pod('gateway')], [south, pod('risk')])).toBe(true);
    expect(reaches([south, pod('relay')], [main, KAFKA])).toBe(true);
  });
});

/** A small broker that is as it should be; every test below spoils one thing of it. */
const SOUND = `
apiVersion: v1
kind: Namespace
metadata: { name: plinth, labels: { pod-security.kubernetes.io/enforce: restricted } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: default-deny, namespace: plinth }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: venues, namespace: plinth }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [169.254.0.0/16] } }]
      ports: [{ protocol: TCP, port: 443 }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: plinth }
data: { PLINTH_TLS_KEY: /tls/tls.key }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: risk, namespace: plinth }
spec: { secretName: risk-tls, issuerRef: { name: plinth-ca } }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: risk, namespace: plinth }
spec: { maxUnavailable: 1, selector: { matchLabels: { app: risk } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: risk, namespace: plinth }
spec:
  replicas: 2
  selector: { matchLabels: { app: risk } }
  template:
    metadata: { labels: { app: risk } }
    spec:
      automountServiceAccountToken: false
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: RuntimeDefault } }
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: DoNotSchedule
          labelSelector: { matchLabels: { app: risk } }
      containers:
        - name: main
          image: plinth/risk:0.1.0
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
          envFrom: [{ configMapRef: { name: settings } }]
          env: [{ name: PLINTH_CELL, value: main }]
          resources: { requests: { cpu: 100m, memory: 1Gi }, limits: { memory: 1Gi } }
          startupProbe: { grpc: { port: 7411 } }
          readinessProbe: { grpc: { port: 7411 } }
          livenessProbe: { grpc: { port: 7411, service: plinth.alive } }
          volumeMounts: [{ name: tls, mountPath: /tls }]
      volumes: [{ name: tls, secret: { secretName: risk-tls } }]
`;

const sound = (): readonly Manifest[] => readManifests(SOUND);

/** The manifests with one piece of text replaced; says so when it is not there. */
const spoilt = (piece: string | RegExp, by: string): readonly Manifest[] => {
  const text = SOUND.replace(piece, by);
  if (text === SOUND) throw new Error(`Expected ${String(piece)} to be there`);
  return readManifests(text);
};

describe('schemas', () => {
  it('take what is sound', () => {
    expect(problemsOf(sound())).toEqual([]);
  });

  it.each([
    [
      'a field of a pod',
      'readOnlyRootFilesystem',
      'readOnlyRootFileSystem',
      '/spec/template/spec/containers/0',
    ],
    [
      'a field of a probe',
      'readinessProbe: { grpc: { port',
      'readinessProbe: { grpc: { prot',
      'readinessProbe',
    ],
    [
      'a field of a custom resource',
      'issuerRef: { name',
      'issuerRef: { nmae',
      'Certificate risk /spec/issuerRef',
    ],
    ['a type', 'replicas: 2', 'replicas: two', '/spec/replicas must be integer'],
    ['a choice', 'whenUnsatisfiable: DoNotSchedule', 'whenUnsatisfiabel: DoNotSchedule', 'whenUnsatisfiabel'],
    ['a kind', 'kind: PodDisruptionBudget', 'kind: PodDisruptionBudgets', 'no schema of policy/v1'],
    ['a version', 'apiVersion: apps/v1', 'apiVersion: apps/v2', 'no schema of apps/v2 Deployment'],
  ])('refuse a slip of the pen in %s', (_, right, wrong, told) => {
    expect(problemsOf(spoilt(right, wrong)).join('\n')).toContain(told);
  });

  it('refuse a key that stands twice', () => {
    expect(() => spoilt('replicas: 2', 'replicas: 2\n  replicas: 3')).toThrow('keys must be unique');
  });
});

/** What each policy is there to stop, and how it tells of it. */
const BAD: readonly (readonly [policy: string, piece: string | RegExp, by: string, told: string])[] = [
  ['no-root', 'runAsNonRoot: true', 'runAsNonRoot: false', 'Deployment risk: main may run as root'],
  ['no-root', 'runAsUser: 1000', 'runAsUser: 0', 'may run as root'],
  ['seccomp', 'type: RuntimeDefault', 'type: Unconfined', 'may make any system call'],
  ['no-privilege', 'allowPrivilegeEscalation: false', 'privileged: true', 'may gain privileges'],
  ['no-capabilities', 'drop: [ALL]', 'drop: [ALL], add: [NET_ADMIN]', 'keeps capabilities'],
  ['no-capabilities', 'drop: [ALL]', 'drop: [KILL]', 'keeps capabilities'],
  ['read-only-root', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', 'can write its image'],
  [
    'no-token',
    'automountServiceAccountToken: false',
    'automountServiceAccountToken: true',
    'carries a token',
  ],
  ['no-host', 'volumes: [', 'hostNetwork: true\n      volumes: [', 'uses its machine’s network'],
  ['no-host', 'volumes: [', 'volumes: [{ name: disk, hostPath: { path: / } }, ', 'files or ports'],
  ['bounded', ', limits: { memory: 1Gi }', '', 'set limits.memory'],
  ['bounded', 'cpu: 100m, ', '', 'set requests.cpu'],
  ['fixed-image', 'risk:0.1.0', 'risk:latest', 'plinth/risk:latest is today'],
  ['fixed-image', 'risk:0.1.0', 'risk', 'plinth/risk is today'],
  ['probed', / +readinessProbe.*\n/, '', 'main has no readinessProbe'],
  [
    'no-secret-in-the-open',
    '{ name: PLINTH_CELL, value: main }',
    '{ name: DB_PASSWORD, value: x }',
    'DB_PASSWORD',
  ],
  [
    'no-secret-in-the-open',
    'PLINTH_TLS_KEY: /tls/tls.key',
    'URL: postgresql://a:b@c/d',
    'ConfigMap settings',
  ],
  ['restricted-namespace', 'enforce: restricted', 'enforce: baseline', 'Namespace plinth'],
  [
    'default-deny',
    'policyTypes: [Ingress, Egress]',
    'policyTypes: [Ingress]',
    'denies all traffic both ways',
  ],
  ['narrow-network', ', except: [169.254.0.0/16]', '', 'NetworkPolicy venues: reaches the machine’s own'],
  ['narrow-network', /to: \[.*\]\n +ports/, 'ports', 'lets traffic out to anywhere'],
  [
    'survives-a-drain',
    'matchLabels: { app: risk } } }',
    'matchLabels: { app: rsik } } }',
    'no PodDisruptionBudget',
  ],
  [
    'known-references',
    'secretName: risk-tls,',
    'secretName: risk-tsl,',
    'nothing here makes the Secret risk-tls',
  ],
  ['known-references', 'name: settings } }', 'name: setting } }', 'makes the ConfigMap setting'],
  ['known-references', 'volumeMounts: [{ name: tls', 'volumeMounts: [{ name: tsl', 'makes the volume tsl'],
];

describe('policies', () => {
  it('pass what is sound', () => {
    expect(breaches(sound())).toEqual([]);
  });

  it.each(BAD)('%s stops a pod or an overlay that breaks it: %s → %s', (policy, piece, by, told) => {
    const found = breaches(spoilt(piece, by));
    expect(found.map((breach) => breach.split(':')[0])).toEqual(found.map(() => policy));
    expect(found.join('\n')).toContain(told);
  });

  it('are each shown to bite', () => {
    expect(new Set(BAD.map(([policy]) => policy))).toEqual(new Set(POLICIES.map(({ name }) => name)));
  });
});
