import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/**
 * When a process was started, as an opaque word: pids are given out again, the pair is not. Undefined when it
 * is gone.
 */
export const startOf = async (pid: number): Promise<string | undefined> => {
  if (!isAlive(pid)) return undefined;
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // The command stands in parentheses and may hold blanks; the start time is the 20th word after it.
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  }
  return asksPs(pid, 'lstart=');
};

/** True when the process works in this directory, as a PostgreSQL server does in its data directory. */
export const worksIn = async (pid: number, directory: string): Promise<boolean> => {
  if (process.platform === 'linux') {
    const place = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    return place === directory;
  }
  return ((await asksPs(pid, 'command=')) ?? '').includes(directory);
};

const asksPs = async (pid: number, column: string): Promise<string | undefined> => {
  const answer = await run('ps', ['-p', String(pid), '-o', column]).catch(() => undefined);
  return answer?.stdout.trim() || undefined;
};
