import { GatewayClient, openKeyFile, verifierOf, type ClientKey } from '@plinth/gateway';
import { freePort, identityAt, Parts, SERVICES, VENUES, type Part } from '@plinth/gateway/cluster';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@plinth/runtime';
import { keepCertificates } from '@plinth/runtime/certificates';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');

const OUTPUT_MAX = 67_108_864;

/**
 * Every process of several cells on this machine, built and started as compose or Kubernetes would run them,
 * each with a certificate of its own: through Kafka when brokers are given, else from the tables.
 */
export class CellsCluster {
  readonly #directory = mkdtempSync(join(tmpdir(), 'plinth-cluster-'));
  readonly #parts = new Parts();
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
      ...identityAt(this.certificates('operator')),
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

  /** Starts a process. */
  run(name: string): Part {
    const [app = name, cell = this.#cells[0]] = name.split('@');
    const port = this.#ports.get(name) ?? 0;
    const settings = { ...this.#environments.get(cell), PLINTH_PORT: String(port) };
    const env = { ...process.env, ...settings, ...identityAt(this.certificates(app)) };
    return this.#parts.run(name, port, join(ROOT, 'dist', app, 'main.js'), env);
  }

  /** The process of that name that was started last. */
  part(name: string): Part {
    return this.#parts.part(name);
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
    await this.#parts.stop();
    this.#parts.forget();
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
