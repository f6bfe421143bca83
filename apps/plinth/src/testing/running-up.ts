import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtMain } from './built-main.ts';

const MAIN = await builtMain();
const READY_TIMEOUT_MS = 90_000;
const COMMAND_TIMEOUT_MS = 60_000;

type Ended = Readonly<{ code: number | null; out: string; error: string }>;

const run = async (words: readonly string[]): Promise<Ended> => {
  const child = spawn(process.execPath, [MAIN, ...words], { timeout: COMMAND_TIMEOUT_MS });
  const text = { out: '', error: '' };
  child.stdout.on('data', (part: Buffer) => (text.out += part.toString()));
  child.stderr.on('data', (part: Buffer) => (text.error += part.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...text };
};

/** `plinth up` as a process of its own over a directory of its own, and the command line beside it. */
export class RunningUp {
  readonly #directory: string;
  readonly #child: ChildProcess;
  readonly #gateway: string;

  private constructor(directory: string, child: ChildProcess, gateway: string) {
    this.#directory = directory;
    this.#child = child;
    this.#gateway = gateway;
  }

  static async start(): Promise<RunningUp> {
    const directory = mkdtempSync(join(tmpdir(), 'plinth-up-'));
    const words = ['up', '--data', directory, '--port', '0', '--log-level', 'warn'];
    const child = spawn(process.execPath, [MAIN, ...words]);
    let told = '';
    const listening = new Promise<string>((resolve, reject) => {
      const hear = (part: Buffer): void => {
        told += part.toString();
        const [, gateway] = /gateway (\S+:\d+)/.exec(told) ?? [];
        if (gateway !== undefined) resolve(gateway);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('close', (code) => reject(new Error(`Expected a broker, ended with ${code}: ${told}`)));
      AbortSignal.timeout(READY_TIMEOUT_MS).onabort = () => reject(new Error(`Expected a broker: ${told}`));
    });
    try {
      return new RunningUp(directory, child, await listening);
    } catch (error) {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** What a command answers as JSON; it must end with 0 and say nothing beside. */
  async plinth<T>(...words: readonly string[]): Promise<T> {
    const key = join(this.#directory, 'operator.key.json');
    const ended = await run([...words, '--gateway', this.#gateway, '--key', key, '--output', 'json']);
    if (ended.code !== 0) throw new Error(`${words.join(' ')}: ended with ${ended.code}: ${ended.error}`);
    return JSON.parse(ended.out) as T;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGINT');
      await once(this.#child, 'close');
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
