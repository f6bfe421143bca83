import { spawn } from 'node:child_process';
import { ROOT } from '../house/workspace.ts';

/** What a program said. `code` is undefined when it was stopped because its time was up. */
export type Ended = Readonly<{ code: number | undefined; stdout: string; stderr: string }>;

type Options = Readonly<{ timeoutMs: number; onError?: (text: string) => void }>;

const OUTPUT_CHARACTERS = 4_000_000;

/** Runs a script of Node to its end, from the root of the workspace, with nothing on its standard input. */
export const runNode = (args: readonly string[], options: Options): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', NX_DAEMON: 'false' },
    });
    const said = { stdout: '', stderr: '' };
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, options.timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (said.stdout.length < OUTPUT_CHARACTERS) said.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (said.stderr.length < OUTPUT_CHARACTERS) said.stderr += text;
      options.onError?.(text);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ...said, code: isLate ? undefined : (code ?? 1) });
    });
  });
