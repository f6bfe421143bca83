import { GatewayClient, openKeyFile, verifierOf, type ClientKey } from '@plinth/gateway';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@plinth/runtime';
import { keepCertificates } from '@plinth/runtime/certificates';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');

export const SERVICES = ['accounts', 'pricing', 'interest', 'risk', 'liquidation', 'routing'] as const;
const VENUES = ['alpha', 'bravo', 'charlie', 'delta'] as const;

const STOP_MS = 15_000;
const LINES_KEPT = 200;
const OUTPUT_MAX = 67_108_864;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

/** One process of the cluster, and what it said last. */
export type Part = Readonly<{ name: string; child: ChildProcess; lines: readonly string[] }>;

/**
 * Every process of a cluster on this machine, built and started as compose or Kubernetes would run them, each
 * with a certificate of its own: through Kafka when brokers are given, else from the table.
 */
export class Cluster {
  readonly #directory = mkdtempSync(join(tmpdir(), 'plinth-cluster-'));
  readonly #parts: Part[] = [];
  readonly #ports = new Map<string, number>();
  #postgres: EmbeddedPostgres | undefined;
  #environment: Record<string, string> = {};
  #kafka: Readonly<Record<string, string>> = {};
  #key: ClientKey | undefined;
  #client: GatewayClient | undefined;

  async start(brokers: string | undefined): Promise<void> {
    chmodSync(this.#directory, 0o755);
    await promisify(execFile)(process.execPath, ['tools/build.ts'], { cwd: ROOT });
    this.#postgres = await startEmbeddedPostgres({ directory: this.#directory });
    for (const name of [...SERVICES, 'exchange', 'relay', 'gateway']) this.#ports.set(name, await freePort());
    this.#key = openKeyFile(join(this.#directory, 'operator.key.json'), 'operator.test');
    const operators = [{ keyId: this.#key.keyId, publicKey: verifierOf(this.#key).toString('base64') }];
    writeFileSync(join(this.#directory, 'operators.json'), JSON.stringify(operators));
    const at = (name: string): string => this.address(name);
    const file = (name: string): string => join(this.#directory, name);
    await this.renewCertificates();
    if (brokers !== undefined)
      this.#kafka = { PLINTH_KAFKA_BROKERS: brokers, PLINTH_KAFKA_PREFIX: `test-${randomUUID()}` };
    this.#environment = {
      PLINTH_LOG_LEVEL: 'info',
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
    };
    if (brokers !== undefined) this.run('relay');
    for (const name of [...SERVICES, 'exchange', 'gateway']) this.run(name);
    const ca = readFileSync(file('tls/ca.crt'));
    this.#client = new GatewayClient({ address: at('gateway'), key: this.#key, ca, timeoutMs: 10_000 });
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

  #identity(name: string): Record<string, string> {
    const place = this.certificates(name);
    return {
      PLINTH_TLS_KEY: join(place, 'tls.key'),
      PLINTH_TLS_CERT: join(place, 'tls.crt'),
      PLINTH_TLS_CA: join(place, 'ca.crt'),
    };
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

  async #bundle(args: readonly string[]): Promise<string> {
    const main = join(ROOT, 'dist', 'plinth', 'main.js');
    const env = {
      ...process.env,
      ...this.#identity('operator'),
      ...this.#kafka,
      PLINTH_HOME: this.#directory,
    };
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], {
      ...{ env, maxBuffer: OUTPUT_MAX },
    });
    return stdout;
  }

  get databaseUrl(): string {
    return this.#environment['PLINTH_DATABASE_URL'] ?? '';
  }

  /** Starts a process; another replica of a service when a port is given. */
  run(name: string, port = this.#ports.get(name)): Part {
    const lines: string[] = [];
    const child = spawn(process.execPath, [join(ROOT, 'dist', name, 'main.js')], {
      env: { ...process.env, ...this.#environment, ...this.#identity(name), PLINTH_PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        lines.push(...chunk.toString().trimEnd().split('\n'));
        if (lines.length > LINES_KEPT) lines.splice(0, lines.length - LINES_KEPT);
      });
    const part = { name, child, lines };
    this.#parts.push(part);
    return part;
  }

  async runReplica(name: string): Promise<Part> {
    return this.run(name, await freePort());
  }

  /** The process of that name that was started last. */
  part(name: string): Part {
    const found = this.#parts.findLast((one) => one.name === name);
    if (found === undefined) throw new Error(`Expected a process ${name}`);
    return found;
  }

  /** The process of the same name that was started before this one. */
  partBefore(part: Part): Part {
    const found = this.#parts.findLast((one) => one.name === part.name && one !== part);
    if (found === undefined) throw new Error(`Expected an earlier process ${part.name}`);
    return found;
  }

  async kill(name: string): Promise<void> {
    const { child } = this.part(name);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Asks until the answer is there; says what the processes said when it does not come. */
  async until<T>(what: string, ask: () => Promise<T | undefined>, timeoutMs = 90_000): Promise<T> {
    const end = performance.now() + timeoutMs;
    let last: unknown;
    while (performance.now() < end) {
      try {
        const answer = await ask();
        if (answer !== undefined) return answer;
        last = 'not yet';
      } catch (error) {
        last = error;
      }
      await sleep(100);
    }
    const said = this.#parts.map(({ name, lines }) => `${name}: ${lines.slice(-3).join(' | ')}`);
    throw new Error(`Expected ${what}: ${String(last)}\n${said.join('\n')}`);
  }

  async stop(): Promise<void> {
    this.#client?.close();
    for (const { child } of this.#parts) {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
    }
    await Promise.all(this.#parts.map(({ child }) => ended(child)));
    await this.#postgres?.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await once(child, 'exit');
  clearTimeout(timer);
};
