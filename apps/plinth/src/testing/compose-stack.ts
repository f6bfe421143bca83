import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');

const OUTPUT_MAX = 67_108_864;
/** A busy machine: an engine that is there answers late rather than not at all. */
const ANSWER_MS = 60_000;
const STOP_S = '15';
/** From nothing an engine and its images take minutes. */
const ENGINE_MS = 600_000;

const run = async (
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> => {
  const ended = await promisify(execFile)(program, args, { cwd: ROOT, env, maxBuffer: OUTPUT_MAX });
  return ended.stdout;
};

const answers = (...command: readonly string[]): boolean => {
  const [program = '', ...args] = command;
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: ANSWER_MS, env: process.env });
    return true;
  } catch {
    return false;
  }
};

/** How compose is called here: the plugin of Docker, or the program that was there before it. */
const composeCommand = (): readonly string[] | undefined =>
  [['docker', 'compose'], ['docker-compose']].find((command) => answers(...command, 'version'));

/**
 * An engine that is being started beside the tests says in the file PLINTH_DOCKER_EXPORTS how it is reached,
 * as lines `export NAME=value`: that is waited for and taken over. Any other line says why there is none.
 */
const awaitEngine = async (): Promise<string | undefined> => {
  const path = process.env['PLINTH_DOCKER_EXPORTS'];
  if (path === undefined) return undefined;
  const end = performance.now() + ENGINE_MS;
  while (!existsSync(path)) {
    if (performance.now() > end) return 'Docker has not started in time';
    await sleep(1_000);
  }
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const isExport = (line: string): boolean => line.startsWith('export ');
  if (!lines.every(isExport)) return lines.join(' ').replace(/^# /, '');
  for (const [, name = '', value] of lines.join(' ').matchAll(/(\w+)=(\S+)/g)) process.env[name] = value;
  return undefined;
};

/** Why no stack can be brought up here; undefined when one can. */
export const whyNoCompose = async (): Promise<string | undefined> => {
  const why = await awaitEngine();
  if (why !== undefined) return why;
  if (!answers('docker', 'info')) return 'no Docker answers';
  return composeCommand() === undefined ? 'no docker compose' : undefined;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

export type Container = Readonly<{
  id: string;
  service: string;
  state: string;
  /** Undefined for one that nobody asks for its health. */
  health: string | undefined;
  exitCode: number;
  address: string;
}>;

type Inspected = Readonly<{
  Id: string;
  Config: Readonly<{ Labels: Readonly<Record<string, string>> }>;
  State: Readonly<{ Status: string; ExitCode: number; Health?: Readonly<{ Status: string }> }>;
  NetworkSettings: Readonly<{ Networks: Readonly<Record<string, Readonly<{ IPAddress: string }>>> }>;
}>;

/** The stack of docker-compose.yml under a name and on ports of its own, so that it disturbs no other. */
export class ComposeStack {
  readonly #project = `plinth-test-${process.pid}`;
  readonly #files: readonly string[];
  readonly #compose = composeCommand() ?? ['docker', 'compose'];
  #environment: NodeJS.ProcessEnv = process.env;

  /** With files beside docker-compose.yml, by their paths from the root. */
  constructor(files: readonly string[] = []) {
    this.#files = ['docker-compose.yml', ...files].flatMap((file) => ['-f', join(ROOT, file)]);
  }

  /** Builds every image and waits until all that run are healthy and all else has ended well. */
  async start(timeoutMs: number): Promise<void> {
    this.#environment = {
      ...process.env,
      PLINTH_POSTGRES_PORT: String(await freePort()),
      PLINTH_MARKET_PORT: String(await freePort()),
      PLINTH_GATEWAY_PORT: String(await freePort()),
    };
    await this.compose('build');
    await this.compose('up', '-d');
    await this.untilHealthy(timeoutMs);
  }

  compose(...args: readonly string[]): Promise<string> {
    const [program = '', ...words] = this.#compose;
    return run(program, [...words, ...this.#files, '-p', this.#project, ...args], this.#environment);
  }

  port(of: 'POSTGRES' | 'MARKET' | 'GATEWAY'): number {
    return Number(this.#environment[`PLINTH_${of}_PORT`]);
  }

  async containers(): Promise<readonly Container[]> {
    const label = `label=com.docker.compose.project=${this.#project}`;
    const ids = (await run('docker', ['ps', '-aq', '--no-trunc', '--filter', label]))
      .split('\n')
      .filter(Boolean);
    if (ids.length === 0) return [];
    const found = JSON.parse(await run('docker', ['inspect', ...ids])) as readonly Inspected[];
    return found.map(({ Id, Config, State, NetworkSettings }) => ({
      id: Id,
      service: Config.Labels['com.docker.compose.service'] ?? '',
      state: State.Status,
      health: State.Health?.Status,
      exitCode: State.ExitCode,
      address: Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '',
    }));
  }

  /** Says which container is not as it should be, and its last lines, when it does not come. */
  async untilHealthy(timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const late = (await this.containers()).filter((one) => !isFine(one));
      if (late.length === 0) return;
      if (performance.now() > end)
        throw new Error(`Expected every service healthy:\n${await this.#told(late)}`);
      await sleep(500);
    }
  }

  async #told(containers: readonly Container[]): Promise<string> {
    const texts = containers.map(async ({ id, service, state, health }) => {
      const { stdout, stderr } = await promisify(execFile)('docker', ['logs', '--tail', '5', id], {
        env: process.env,
      });
      return `${service} is ${state}, ${health ?? 'not asked'}: ${stdout}${stderr}`;
    });
    return (await Promise.all(texts)).join('\n');
  }

  /** Asks for a container's health with Docker's own question, without waiting for Docker's next turn. */
  async untilAnswers({ id, service }: Container, timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      try {
        await run('docker', ['exec', id, 'node', 'dist/probe/main.js']);
        return;
      } catch (error) {
        if (performance.now() > end) throw new Error(`Expected an answer of ${service}`, { cause: error });
        await sleep(500);
      }
    }
  }

  /** As if the machine had cut its power. */
  async kill({ id }: Container): Promise<void> {
    await run('docker', ['kill', '--signal', 'KILL', id]);
  }

  /** Has one that was killed run again. */
  async revive({ id }: Container): Promise<void> {
    await run('docker', ['start', id]);
  }

  /** Stops in good order and starts again. */
  async restart({ id }: Container): Promise<void> {
    await run('docker', ['restart', '--time', STOP_S, id]);
  }

  /** The first container of a service. */
  async container(service: string): Promise<Container> {
    const found = (await this.containers()).find((one) => one.service === service);
    if (found === undefined) throw new Error(`Expected a container of ${service}`);
    return found;
  }

  /** What a program writes that is run inside a container. */
  async inside(service: string, ...command: readonly string[]): Promise<string> {
    const { id } = await this.container(service);
    return run('docker', ['exec', id, ...command]);
  }

  /** The text of a file inside a container. */
  read(service: string, path: string): Promise<string> {
    return this.inside(service, 'cat', path);
  }

  /** Takes everything down, volumes included; the images stay for the next time. */
  async stop(): Promise<void> {
    // Nothing of it is needed any more: no process has to end in good order.
    await this.compose('kill');
    await this.compose('down', '--volumes', '--remove-orphans', '--timeout', STOP_S);
  }
}

const isFine = ({ state, health, exitCode }: Container): boolean =>
  state === 'exited' ? exitCode === 0 : state === 'running' && (health ?? 'healthy') === 'healthy';
