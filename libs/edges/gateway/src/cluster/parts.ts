import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_MS = 15_000;
const LINES_KEPT = 200;
const LOOK_MS = 100;

/** One process of the cluster, and what it said last. */
export type Part = Readonly<{
  name: string;
  port: number;
  child: ChildProcess;
  lines: readonly string[];
  isRunning: () => boolean;
  /** It has said that it serves. */
  isUp: () => boolean;
  isLeading: () => boolean;
}>;

/** A port that nobody has, for now. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

/** Where the certificate lies that a process shows, as its settings. */
export const identityAt = (directory: string): Readonly<Record<string, string>> => ({
  PLINTH_TLS_KEY: join(directory, 'tls.key'),
  PLINTH_TLS_CERT: join(directory, 'tls.crt'),
  PLINTH_TLS_CA: join(directory, 'ca.crt'),
});

/** The processes of clusters on this machine. When the signal aborts nothing is waited for any more. */
export class Parts {
  readonly #all: Part[] = [];
  readonly #signal: AbortSignal;
  readonly #onLine: (line: string) => void;

  constructor(
    signal: AbortSignal = new AbortController().signal,
    onLine: (line: string) => void = () => undefined,
  ) {
    this.#signal = signal;
    this.#onLine = onLine;
    // A program that is ended in the middle leaves no process behind.
    process.on('exit', this.#killAll);
  }

  get all(): readonly Part[] {
    return this.#all;
  }

  run(name: string, port: number, main: string, env: Readonly<Record<string, string | undefined>>): Part {
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const part = watch(name, port, child, this.#onLine);
    this.#all.push(part);
    return part;
  }

  /** The process of that name that was started last. */
  part(name: string): Part {
    const found = this.#all.findLast((one) => one.name === name);
    if (found === undefined) throw new Error(`Expected a process ${name}`);
    return found;
  }

  async kill(name: string): Promise<void> {
    const { child, isRunning } = this.part(name);
    if (!isRunning()) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Asks until the answer is there; says what the processes said when it does not come. */
  async until<T>(what: string, ask: () => Promise<T | undefined>, timeoutMs = 90_000): Promise<T> {
    const end = performance.now() + timeoutMs;
    let last: unknown;
    while (performance.now() < end) {
      this.#signal.throwIfAborted();
      try {
        const answer = await this.#orAborted(ask());
        if (answer !== undefined) return answer;
        last = 'not yet';
      } catch (error) {
        last = error;
      }
      await sleep(LOOK_MS, undefined, { signal: this.#signal }).catch(() => undefined);
    }
    this.#signal.throwIfAborted();
    const said = this.#all.map(({ name, lines }) => `${name}: ${lines.slice(-3).join(' | ')}`);
    throw new Error(`Expected ${what}: ${String(last)}\n${said.join('\n')}`);
  }

  /** What comes first: the answer, or the end of all waiting. */
  #orAborted<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const over = (): void => reject(this.#signal.reason as Error);
    this.#signal.addEventListener('abort', over, { once: true });
    return Promise.race([work, promise]).finally(() => this.#signal.removeEventListener('abort', over));
  }

  /** Asks every process to stop and waits for it: what they know by then is kept. */
  async stop(): Promise<void> {
    if (this.#signal.aborted) this.#killAll();
    for (const { child } of this.#all) {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
    }
    await Promise.all(this.#all.map(({ child }) => ended(child)));
  }

  /** Nothing of it is left; after `stop`. */
  forget(): void {
    process.off('exit', this.#killAll);
  }

  readonly #killAll = (): void => {
    for (const { child } of this.#all) child.kill('SIGKILL');
  };
}

/** Follows what a process says: its last lines, whether it serves, whether it leads. */
const watch = (name: string, port: number, child: ChildProcess, onLine: (line: string) => void): Part => {
  const lines: string[] = [];
  let [isUp, isLeading] = [false, false];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface(stream).on('line', (line) => {
      onLine(line);
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      if (/"msg":"(serving|relaying)"/.test(line)) isUp = true;
      if (line.includes('"msg":"leading"')) isLeading = true;
      if (line.includes('"msg":"standing by"')) isLeading = false;
    });
  }
  return {
    ...{ name, port, child, lines },
    isRunning: () => child.exitCode === null && child.signalCode === null,
    isUp: () => isUp,
    isLeading: () => isLeading,
  };
};

/** Resolves once it has ended; kills what does not by itself. */
const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await once(child, 'exit');
  clearTimeout(timer);
};
