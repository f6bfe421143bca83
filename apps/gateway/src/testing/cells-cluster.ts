import { GatewayClient, openKeyFile, verifierOf, type ClientKey } from '@plinth/gateway';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@plinth/runtime';
import { keepCertificates } from '@plinth/runtime/certificates';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');

const SERVICES = ['accounts', 'pricing', 'interest', 'risk', 'liquidation', 'routing'] as const;
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
type Part = Readonly<{ name: string; child: ChildProcess; lines: readonly string[] }>;

/**
 * Every process of several cells on this machine, built and started as compose or Kubernetes would run them,
 * each with a certificate of its own: through Kafka when brokers are given, else from the tables.
 */
export class CellsCluster {
  readonly #directory = mkdtempSync(join(tmpdir(), 'plinth-cluster-'));
  readonly #parts: Part[] = [];
  readonly #ports = new Map<string, number>();
  readonly #cells: readonly [string, ...string[]];
  readonly #postgres: EmbeddedPostgres[] = [];
  /** By cell. */
  readonly #environments = new Map<string, Record<string, string>>();
  #key: ClientKey | undefined;
  #client: GatewayClient | undefined;

  /** The home cell first. Processes of another cell are called `accounts@south`. */
  constructor(cells: readonly [string, ...string[]]) {
    this.#cells = cells;
  }

  async start(brokers: string | undefined): Promise<void> {
    chmodSync(this.#directory, 0o755);
    await promisify(execFile)(process.execPath, ['tools/build.ts'], { cwd: ROOT });
    this.#key = openKeyFile(join(this.#directory, 'operator.key.json'), 'operator.test');
    const operators = [{ keyId: this.#key.keyId, publicKey: verifierOf(this.#key).toString('base64') }];
    writeFileSync(join(this.#directory, 'operators.json'), JSON.stringify(operators));
    await this.renewCertificates();
    this.#ports.set('gateway', await freePort());
    const kafkaPrefix = `test-${randomUUID()}`;
    for (const cell of this.#cells) await this.#prepare(cell, brokers, `${kafkaPrefix}.${cell}`);
    if (this.#cells.length > 1) this.#writeCells();
    for (const cell of this.#cells) {
      const names = [...SERVICES, 'exchange', ...(brokers === undefined ? [] : ['relay'])];
      for (const name of names) this.run(this.#named(name, cell));
    }
    this.run('gateway');
    const ca = readFileSync(this.#file('tls/ca.crt'));
    this.#client = this.clientOf(this.#key, ca);
  }

  /** A client of the gateway with another key. */
  clientOf(key: ClientKey, ca = readFileSync(this.#file('tls/ca.crt'))): GatewayClient {
    return new GatewayClient({ address: this.address('gateway'), key, ca, timeoutMs: 10_000 });
  }

  /** A cell of its own: a database, ports, topics. */
  async #prepare(cell: string, brokers: string | undefined, prefix: string): Promise<void> {
    const directory = cell === this.#cells[0] ? this.#directory : this.#file(cell);
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o755);
    const postgres = await startEmbeddedPostgres({ directory });
    this.#postgres.push(postgres);
    for (const name of [...SERVICES, 'exchange', 'relay'])
      this.#ports.set(this.#named(name, cell), await freePort());
    const at = (name: string): string => this.address(this.#named(name, cell));
    this.#environments.set(cell, {
      PLINTH_LOG_LEVEL: 'info',
      PLINTH_CELL: cell,
      PLINTH_DESTINATION_DELAY_MS: '0',
      PLINTH_DATABASE_URL: postgres.ownerUrl,
      PLINTH_SERVICES: SERVICES.map((name) => `${name}=${at(name)}`).join(','),
      PLINTH_VENUES: VENUES.map((name) => `${name}=${at('exchange')}`).join(','),
      PLINTH_MARKET_DATA: join(directory, 'market'),
      PLINTH_GATEWAY_PORT: String(this.#ports.get('gateway')),
      PLINTH_GATEWAY_TLS_KEY: this.#file('tls/edge/tls.key'),
      PLINTH_GATEWAY_TLS_CERT: this.#file('tls/edge/tls.crt'),
      PLINTH_OPERATOR_KEYS: this.#file('operators.json'),
      PLINTH_SEALING_KEY: this.#file('sealing.key'),
      PLINTH_HEAD_KEY: this.#file('head.pem'),
      PLINTH_WITNESS: this.#file('witness.ndjson'),
      PLINTH_KAFKA_PREFIX: prefix,
      ...(brokers === undefined ? {} : { PLINTH_KAFKA_BROKERS: brokers }),
    });
  }

  /** The file that tells every process of the other cells. */
  #writeCells(): void {
    const cells = [...this.#environments].map(([cell, own]) => ({
      ...{ cell, database: own['PLINTH_DATABASE_URL'], services: own['PLINTH_SERVICES'] },
      kafkaPrefix: own['PLINTH_KAFKA_PREFIX'],
    }));
    writeFileSync(this.#file('cells.json'), JSON.stringify({ home: this.#cells[0], cells }));
    for (const own of this.#environments.values()) own['PLINTH_CELLS'] = this.#file('cells.json');
  }

  #named(name: string, cell: string): string {
    return cell === this.#cells[0] ? name : `${name}@${cell}`;
  }

  #file(name: string): string {
    return join(this.#directory, name);
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

  async #bundle(args: readonly string[]): Promise<string> {
    const main = join(ROOT, 'dist', 'plinth', 'main.js');
    const env = {
      ...process.env,
      ...this.#identity('operator'),
      ...kafkaOf(this.#environments.get(this.#cells[0])),
      PLINTH_HOME: this.#directory,
    };
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], {
      ...{ env, maxBuffer: OUTPUT_MAX },
    });
    return stdout;
  }

  /** What the auditor says of all logs together, as JSON. */
  auditCells(): Promise<string> {
    return this.#bundle(['audit', 'cells', '--cells', this.#file('cells.json'), '--output', 'json']);
  }

  databaseOf(cell: string): string {
    return this.#environments.get(cell)?.['PLINTH_DATABASE_URL'] ?? '';
  }

  /** Starts a process; another replica of a service when a port is given. */
  run(name: string, port = this.#ports.get(name)): Part {
    const lines: string[] = [];
    const [app = name, cell = this.#cells[0]] = name.split('@');
    const settings = { ...this.#environments.get(cell), ...this.#identity(app), PLINTH_PORT: String(port) };
    const child = spawn(process.execPath, [join(ROOT, 'dist', app, 'main.js')], {
      env: { ...process.env, ...settings },
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

  /** The process of that name that was started last. */
  part(name: string): Part {
    const found = this.#parts.findLast((one) => one.name === name);
    if (found === undefined) throw new Error(`Expected a process ${name}`);
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
    for (const postgres of this.#postgres) await postgres.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Of the settings of a cell, how Kafka is reached. */
const kafkaOf = (settings: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).filter(
      ([name]) => name.startsWith('PLINTH_KAFKA_') && 'PLINTH_KAFKA_BROKERS' in settings,
    ),
  );

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await once(child, 'exit');
  clearTimeout(timer);
};
