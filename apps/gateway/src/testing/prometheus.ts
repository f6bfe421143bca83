import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { createServer as createSocket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';

const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');
const DEPLOYED = join(ROOT, 'deploy', 'prometheus');
const STOP_MS = 10_000;

/** The program, of the machine or unpacked by the check; undefined where there is none. */
export const prometheusProgram = (): string | undefined => {
  try {
    execFileSync('prometheus', ['--version'], { stdio: 'ignore' });
    return 'prometheus';
  } catch {
    const own = join(ROOT, '.plinth', 'prometheus', 'usr', 'bin', 'prometheus');
    return existsSync(own) ? own : undefined;
  }
};

type Config = Readonly<{
  global: Record<string, unknown>;
  alerting: Readonly<{ alertmanagers: Record<string, unknown>[] }>;
  scrape_configs: (Record<string, unknown> &
    Readonly<{ static_configs: readonly { targets: string[] }[] }>)[];
}>;

export type FiringAlert = Readonly<{ labels: Readonly<Record<string, string>> }>;
export type RuleState = Readonly<{
  name: string;
  query: string;
  type: 'alerting' | 'recording';
  health: string;
  lastError?: string;
  state?: string;
}>;
export type Sample = Readonly<{ metric: Readonly<Record<string, string>>; value: number }>;

/**
 * A Prometheus with the configuration that is deployed. Names of containers are answered by a proxy in front
 * of it, which stands for the Alertmanager as well; waits are seconds, and nothing else differs.
 */
export class Prometheus {
  readonly #program: string;
  readonly #directory = mkdtempSync(join(tmpdir(), 'plinth-prometheus-'));
  readonly #ports: ReadonlyMap<string, number>;
  readonly #told: FiringAlert[] = [];
  readonly #proxy: Server;
  #child: ChildProcess | undefined;
  #url = '';
  #said = '';

  /** Ports of the processes' figures, by the name that the configuration has for each. */
  constructor(program: string, ports: ReadonlyMap<string, number>) {
    this.#program = program;
    this.#ports = ports;
    this.#proxy = createServer((asked, answer) => {
      const { hostname, pathname } = new URL(asked.url ?? '/', 'http://none');
      if (hostname === 'alertmanager') return void this.#hear(asked, () => answer.writeHead(200).end());
      const port = this.#ports.get(hostname);
      if (port === undefined) return void answer.writeHead(502).end();
      const onward = request({ port, path: pathname, headers: asked.headers }, (found) => {
        answer.writeHead(found.statusCode ?? 502, found.headers);
        found.pipe(answer);
      });
      onward.on('error', () => answer.writeHead(502).end());
      onward.end();
    });
  }

  #hear(asked: AsyncIterable<Buffer>, done: () => void): void {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of asked) parts.push(part);
      this.#told.push(...(JSON.parse(Buffer.concat(parts).toString()) as FiringAlert[]));
      done();
    })();
  }

  async start(): Promise<void> {
    this.#proxy.listen(0, '127.0.0.1');
    await once(this.#proxy, 'listening');
    const proxy = `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`;
    const config = parse(readFileSync(join(DEPLOYED, 'prometheus.yml'), 'utf8')) as Config;
    Object.assign(config.global, { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' });
    for (const asked of [...config.scrape_configs, ...config.alerting.alertmanagers])
      asked['proxy_url'] = proxy;
    const rules = readFileSync(join(DEPLOYED, 'alerts.yml'), 'utf8')
      .replace(/^( +for: ).*$/gm, '$12s')
      .replace(/^( +interval: ).*$/gm, '$11s');
    writeFileSync(join(this.#directory, 'prometheus.yml'), stringify(config));
    writeFileSync(join(this.#directory, 'alerts.yml'), rules);
    const address = `127.0.0.1:${await freePort()}`;
    this.#url = `http://${address}/api/v1`;
    this.#child = spawn(this.#program, [
      `--config.file=${join(this.#directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(this.#directory, 'data')}`,
      `--web.listen-address=${address}`,
    ]);
    this.#child.stderr?.on(
      'data',
      (text: Buffer) => (this.#said = `${this.#said}${text.toString()}`.slice(-4_000)),
    );
  }

  async #ask<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
    const answer = await fetch(`${this.#url}/${path}?${new URLSearchParams(query).toString()}`).catch(
      (error: unknown) =>
        Promise.reject(new Error(`Prometheus does not answer: ${this.#said}`, { cause: error })),
    );
    const told = (await answer.json()) as Readonly<{ status: string; data: T; error?: string }>;
    if (told.status !== 'success') throw new Error(`${query['query'] ?? path}: ${told.error ?? 'no answer'}`);
    return told.data;
  }

  /** Health of every target, by its job. */
  async targets(): Promise<ReadonlyMap<string, string>> {
    type Targets = { activeTargets: { labels: { job: string }; health: string }[] };
    const { activeTargets } = await this.#ask<Targets>('targets');
    return new Map(activeTargets.map(({ labels, health }) => [labels.job, health]));
  }

  async rules(): Promise<readonly RuleState[]> {
    const { groups } = await this.#ask<{ groups: { rules: RuleState[] }[] }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  /** Names of all series that were ever seen. */
  async names(): Promise<ReadonlySet<string>> {
    return new Set(await this.#ask<string[]>('label/__name__/values'));
  }

  async query(expr: string): Promise<readonly Sample[]> {
    type Answer = { result: { metric: Record<string, string>; value: [number, string] }[] };
    const { result } = await this.#ask<Answer>('query', { query: expr });
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** What it has told the Alertmanager so far, oldest first. */
  get told(): readonly FiringAlert[] {
    return this.#told;
  }

  async stop(): Promise<void> {
    if (this.#child !== undefined && this.#child.exitCode === null) {
      const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit');
      clearTimeout(timer);
    }
    this.#proxy.closeAllConnections();
    this.#proxy.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const freePort = async (): Promise<number> => {
  const server = createSocket().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};
