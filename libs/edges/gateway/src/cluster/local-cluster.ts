import { startEmbeddedPostgres, type EmbeddedPostgres, type Environment } from '@plinth/runtime';
import { keepCertificates } from '@plinth/runtime/certificates';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GatewayClient } from '../client/gateway-client.ts';
import { openKeyFile, verifierOf, type ClientKey } from '../client/key-file.ts';
import { startBalancer, type Balancer } from './balancer.ts';
import { freePort, identityAt, Parts, type Part } from './parts.ts';

export const SERVICES = ['accounts', 'pricing', 'interest', 'risk', 'liquidation', 'routing'] as const;
export const VENUES = ['alpha', 'bravo', 'charlie', 'delta'] as const;

const OUTPUT_MAX = 67_108_864;

export type ClusterTerms = Readonly<{
  /** The checkout whose apps are built and run. */
  root: string;
  /** What every process inherits. */
  inherited: Environment;
  /** More settings of every process, or other ones. */
  environment?: Readonly<Record<string, string>>;
  /** Keys that the gateway takes for operators' beside the cluster's own. */
  operators?: readonly ClientKey[];
  /** Keys that may close the gate and nothing else. */
  guards?: readonly ClientKey[];
  /** Every process shows its figures at a port of its own: `metricsPort`. */
  isMeasured?: boolean;
  /** When it aborts nothing is waited for any more, and `stop` kills. */
  signal?: AbortSignal;
  /** Told every line that a process writes. */
  onLine?: (line: string) => void;
}>;

export type ClusterOptions = Readonly<{
  /** Processes of each service, behind one address. */
  replicas?: number;
  /** These services and nothing else: no market, no gateway. */
  only?: readonly string[];
}>;

/**
 * Every process of a cluster on this machine, built and started as compose or Kubernetes would run them, each
 * with a certificate of its own: through Kafka when brokers are given, else from the table.
 */
export class Cluster {
  readonly #root: string;
  readonly #inherited: Environment;
  readonly #more: Readonly<Record<string, string>>;
  readonly #operators: readonly ClientKey[];
  readonly #guards: readonly ClientKey[];
  readonly #signal: AbortSignal;
  readonly #directory = mkdtempSync(join(tmpdir(), 'plinth-cluster-'));
  readonly #parts: Parts;
  readonly #ports = new Map<string, number>();
  readonly #isMeasured: boolean;
  readonly #metricsPorts = new Map<string, number>();
  readonly #balancers = new Map<string, Balancer>();
  #postgres: EmbeddedPostgres | undefined;
  #environment: Record<string, string> = {};
  #kafka: Readonly<Record<string, string>> = {};
  #key: ClientKey | undefined;
  #client: GatewayClient | undefined;

  constructor({
    root,
    inherited,
    environment = {},
    operators = [],
    guards = [],
    isMeasured = false,
    signal,
    onLine,
  }: ClusterTerms) {
    this.#root = root;
    this.#signal = signal ?? new AbortController().signal;
    this.#parts = new Parts(this.#signal, onLine);
    this.#inherited = inherited;
    this.#more = environment;
    this.#operators = operators;
    this.#guards = guards;
    this.#isMeasured = isMeasured;
  }

  async start(brokers: string | undefined, { replicas = 1, only }: ClusterOptions = {}): Promise<void> {
    chmodSync(this.#directory, 0o755);
    await promisify(execFile)(process.execPath, ['tools/build.ts'], {
      ...{ cwd: this.#root, signal: this.#signal },
    });
    this.#postgres = await startEmbeddedPostgres({ directory: this.#directory });
    for (const name of [...SERVICES, 'exchange', 'relay', 'gateway']) {
      this.#ports.set(name, await freePort());
      if (this.#isMeasured) this.#metricsPorts.set(name, await freePort());
    }
    this.#key = openKeyFile(join(this.#directory, 'operator.key.json'), 'operator.test');
    const publicOf = (key: ClientKey) => ({
      keyId: key.keyId,
      publicKey: verifierOf(key).toString('base64'),
    });
    const operators = [this.#key, ...this.#operators].map(publicOf);
    const guards = this.#guards.map((key) => ({ ...publicOf(key), scopes: ['guard'] }));
    writeFileSync(join(this.#directory, 'operators.json'), JSON.stringify([...operators, ...guards]));
    if (replicas > 1) {
      for (const name of SERVICES) {
        const balancer = await startBalancer();
        this.#balancers.set(name, balancer);
        this.#ports.set(name, balancer.port);
      }
    }
    const at = (name: string): string => this.address(name);
    const file = (name: string): string => join(this.#directory, name);
    await this.renewCertificates();
    if (brokers !== undefined)
      this.#kafka = { PLINTH_KAFKA_BROKERS: brokers, PLINTH_KAFKA_PREFIX: `test-${randomUUID()}` };
    this.#environment = {
      PLINTH_LOG_LEVEL: 'info',
      // Processes are started again and again here; one that is the first to fill it takes a second to end.
      NODE_COMPILE_CACHE: join(this.#root, '.plinth', 'cache', 'compiled'),
      PLINTH_DATABASE_URL: this.#postgres.ownerUrl,
      PLINTH_SERVICES: SERVICES.map((name) => `${name}=${at(name)}`).join(','),
      PLINTH_VENUES: VENUES.map((name) => `${name}=${at('exchange')}`).join(','),
      PLINTH_MARKET_DATA: file('market'),
      PLINTH_GATEWAY_PORT: String(this.#ports.get('gateway')),
      PLINTH_GATEWAY_TLS_KEY: file('tls/edge/tls.key'),
      PLINTH_GATEWAY_TLS_CERT: file('tls/edge/tls.crt'),
      PLINTH_OPERATOR_KEYS: file('operators.json'),
      PLINTH_SEALING_KEY: file('sealing.key'),
      PLINTH_HEAD_KEY: file('head.pem'),
      PLINTH_WITNESS: file('witness.ndjson'),
      ...this.#kafka,
      ...this.#more,
    };
    this.#signal.throwIfAborted();
    if (brokers !== undefined) this.run('relay');
    for (const name of only ?? [...SERVICES, 'exchange', 'gateway']) {
      if (!this.#balancers.has(name)) this.run(name);
      else for (let n = 0; n < replicas; n += 1) await this.runReplica(name);
    }
    this.#client = this.clientAt(Date.now);
  }

  /** A client of the gateway whose clock says this. */
  clientAt(now: () => number, key = this.key): GatewayClient {
    const ca = readFileSync(join(this.#directory, 'tls', 'ca.crt'));
    return new GatewayClient({ address: this.address('gateway'), key, ca, timeoutMs: 10_000, now });
  }

  /** A client of the gateway with another key. */
  clientOf(key: ClientKey): GatewayClient {
    return this.clientAt(Date.now, key);
  }

  /** Directory of a process's certificate; `edge` is what the gateway shows to clients. */
  certificates(name: string): string {
    return join(this.#directory, 'tls', name);
  }

  /** New keys and certificates for everybody, by the same authority, while they run. */
  async renewCertificates(): Promise<void> {
    const directory = join(this.#directory, 'tls');
    await keepCertificates({ directory, hosts: [], days: 1, nowMs: Date.now(), isForced: true });
  }

  get client(): GatewayClient {
    if (this.#client === undefined) throw new Error('Expected a started cluster');
    return this.#client;
  }

  address(name: string): string {
    return `127.0.0.1:${this.#ports.get(name)}`;
  }

  /** The command line as a client of the gateway, as its bundle: what it wrote. */
  plinth(...given: readonly string[]): Promise<string> {
    const key = join(this.#directory, 'operator.key.json');
    const ca = join(this.#directory, 'tls', 'ca.crt');
    return this.#bundle([...given, '--gateway', this.address('gateway'), '--key', key, '--ca', ca]);
  }

  /** The command line over the cluster's log, with the key of its heads. */
  audit(...given: readonly string[]): Promise<string> {
    const key = join(this.#directory, 'head.pem');
    return this.#bundle(['audit', ...given, '--database', this.databaseUrl, '--key', key]);
  }

  /** The command line over the cluster's log, and the code that it ended with. */
  async replayCheck(): Promise<string> {
    return this.#bundle([
      'replay',
      '--check',
      '--from-snapshot',
      '--database',
      this.databaseUrl,
      '-o',
      'json',
    ]);
  }

  /** Asks every process to stop and waits for it: what they know by then is kept. */
  stopProcesses(): Promise<void> {
    return this.#parts.stop();
  }

  async #bundle(args: readonly string[]): Promise<string> {
    const main = join(this.#root, 'dist', 'plinth', 'main.js');
    const env = {
      ...this.#inherited,
      ...identityAt(this.certificates('operator')),
      ...this.#kafka,
      PLINTH_HOME: this.#directory,
    };
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], {
      ...{ env, maxBuffer: OUTPUT_MAX },
    });
    return stdout;
  }

  /** The command line over the database alone, without a gateway. */
  async offline(...given: readonly string[]): Promise<string> {
    const main = join(this.#root, 'dist', 'plinth', 'main.js');
    const env = { ...this.#inherited, PLINTH_HOME: this.#directory };
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...given], {
      ...{ env, maxBuffer: OUTPUT_MAX },
    });
    return stdout;
  }

  /** Cuts connections to a service, as a bad wire would; says how many. */
  cut(name: string, count: number): number {
    return this.#balancers.get(name)?.cut(count) ?? 0;
  }

  freePort(): Promise<number> {
    return freePort();
  }

  get databaseUrl(): string {
    return this.#environment['PLINTH_DATABASE_URL'] ?? '';
  }

  get directory(): string {
    return this.#directory;
  }

  /** First part of the topics' names. */
  get topicPrefix(): string {
    return this.#environment['PLINTH_KAFKA_PREFIX'] ?? '';
  }

  get key(): ClientKey {
    if (this.#key === undefined) throw new Error('Expected a started cluster');
    return this.#key;
  }

  get running(): readonly Part[] {
    return this.#parts.all.filter((part) => part.isRunning());
  }

  /** Where a process that is measured shows its figures; another replica of it shows none. */
  metricsPort(name: string): number | undefined {
    return this.#metricsPorts.get(name);
  }

  #measuring(name: string, port: number): Record<string, string> {
    const metricsPort = this.#metricsPorts.get(name);
    if (metricsPort === undefined || port !== this.#ports.get(name)) return {};
    return { PLINTH_METRICS_PORT: String(metricsPort) };
  }

  /** Starts a process; another replica of a service when a port is given. */
  run(name: string, port = this.#ports.get(name) ?? 0, more: Readonly<Record<string, string>> = {}): Part {
    const env = {
      ...{ ...this.#inherited, ...this.#environment, ...identityAt(this.certificates(name)) },
      ...{ PLINTH_PORT: String(port), ...this.#measuring(name, port), ...more },
    };
    const part = this.#parts.run(name, port, join(this.#root, 'dist', name, 'main.js'), env);
    const balancer = this.#balancers.get(name);
    balancer?.add(port);
    part.child.once('exit', () => balancer?.remove(port));
    return part;
  }

  async runReplica(name: string, more: Readonly<Record<string, string>> = {}): Promise<Part> {
    return this.run(name, await freePort(), more);
  }

  /** Kills a process and starts another in its place. */
  async replace(part: Part, more: Readonly<Record<string, string>> = {}): Promise<Part> {
    part.child.kill('SIGKILL');
    if (part.isRunning()) await once(part.child, 'exit');
    return this.startAgain(part, more);
  }

  /** Starts another process in the place of one that has ended. */
  async startAgain(part: Part, more: Readonly<Record<string, string>> = {}): Promise<Part> {
    return this.#balancers.has(part.name)
      ? this.runReplica(part.name, more)
      : this.run(part.name, part.port, more);
  }

  /** The process of that name that was started last. */
  part(name: string): Part {
    return this.#parts.part(name);
  }

  /** The process of the same name that was started before this one. */
  partBefore(part: Part): Part {
    const found = this.#parts.all.findLast((one) => one.name === part.name && one !== part);
    if (found === undefined) throw new Error(`Expected an earlier process ${part.name}`);
    return found;
  }

  kill(name: string): Promise<void> {
    return this.#parts.kill(name);
  }

  /** Asks until the answer is there; says what the processes said when it does not come. */
  until<T>(what: string, ask: () => Promise<T | undefined>, timeoutMs?: number): Promise<T> {
    return this.#parts.until(what, ask, timeoutMs);
  }

  async stop(): Promise<void> {
    this.#client?.close();
    await this.stopProcesses();
    for (const balancer of this.#balancers.values()) balancer.close();
    await this.#postgres?.stop();
    this.#parts.forget();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
