import { describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtMain } from '../testing/built-main.ts';

const MAIN = await builtMain();
const KILLS = 20;
const LIVES_MAX = 60;

const directory = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'plinth-demo-'));
  chmodSync(made, 0o755);
  return made;
};

/** A life of the program: the same command every time. */
const start = (data: string): ChildProcess =>
  spawn(
    process.execPath,
    [MAIN, 'demo', '--accounts', '20', '--ticks', '80', '--data', data, '--output', 'json'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );

type Ended = Readonly<{ code: number | null; out: string; err: string }>;

const ended = async (child: ChildProcess): Promise<Ended> => {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
};

/** Grows while the run goes on: what the venues have written down. */
const journals = (data: string): number => {
  try {
    const files = readdirSync(data).filter((name) => name.endsWith('.journal'));
    return files.reduce((sum, name) => sum + statSync(join(data, name)).size, 0);
  } catch {
    return 0;
  }
};

/**
 * Kills the child at a random moment after it has taken up its work. False when it came to its end before.
 */
const killWhileWorking = async (child: ChildProcess, data: string, end: Promise<Ended>): Promise<boolean> => {
  const before = journals(data);
  let isOver = false;
  void end.then(() => (isOver = true));
  while (!isOver && journals(data) === before) await sleep(10);
  await sleep(Math.random() * 500);
  if (isOver) return false;
  child.kill('SIGKILL');
  await end;
  return true;
};

const finish = ({ code, out, err }: Ended): { root: string; rest: unknown } => {
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const figures = JSON.parse(out) as { proof: { root: string }; refusals: unknown };
  const { refusals: _, ...rest } = figures;
  return { root: figures.proof.root, rest };
};

describe('the demo', () => {
  it(`ends with the log of an undisturbed run after ${KILLS} kills at random moments`, async () => {
    const [calm, hit] = [directory(), directory()];
    const undisturbed = finish(await ended(start(calm)));
    let kills = 0;
    let last: Ended | undefined;
    for (let life = 0; last === undefined && life < LIVES_MAX; life += 1) {
      const child = start(hit);
      const end = ended(child);
      if (kills < KILLS && (await killWhileWorking(child, hit, end))) kills += 1;
      else last = await end;
    }
    expect(kills).toBe(KILLS);
    expect(last).toBeDefined();
    // What the driver was refused is told once, in the life in which it was asked; all else is the log's.
    expect(finish(last as Ended)).toEqual(undisturbed);
    // A life that was killed after it had recorded its hashes leaves them twice.
    const hashes = (data: string): readonly string[] => [
      ...new Set(readFileSync(join(data, 'state-hashes.ndjson'), 'utf8').split('\n')),
    ];
    expect(hashes(hit)).toEqual(hashes(calm));
    for (const data of [calm, hit]) rmSync(data, { recursive: true, force: true });
  }, 600_000);
});
