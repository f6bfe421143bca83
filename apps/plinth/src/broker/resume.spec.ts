import { afterAll, describe, expect, it } from '@jest/globals';
import { MemoryLog } from '@plinth/eventing';
import { MemorySnapshots } from '@plinth/eventing/testing';
import { canonicalEvent, leafHash, makeLogger, MerkleTree, type SnapshotPorts } from '@plinth/runtime';
import {
  CRASH,
  drawPopulation,
  MadeMarket,
  prepareRun,
  stretched,
  type ScenarioRun,
} from '@plinth/simulation';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokerServices, CELL } from './services.ts';
import { hashesOf } from './state-hashes.ts';

const TICKS = 60;
const ACCOUNTS = 24;
const SEED = 3;
const KEPT_AT = 50;
const CUT_AT = 58;

const directories: string[] = [];

/** A broker over a log, its venues' journals in a directory that outlives it. */
class Life {
  readonly lines: string[] = [];
  readonly run: ScenarioRun;
  readonly #stop = new AbortController();

  constructor(log: MemoryLog, store: MemorySnapshots, directory: string) {
    const feed = new MadeMarket(stretched(CRASH, TICKS), SEED);
    const logger = makeLogger('spec', 'info', { write: (line) => this.lines.push(line) });
    const snapshots: SnapshotPorts = { store, logger };
    this.run = prepareRun({
      ...{ feed, accounts: drawPopulation(feed, ACCOUNTS, SEED), seed: SEED, log, directory, snapshots },
      services: (adapters) => brokerServices({ cell: CELL, adapters, minRoundMs: 0 }),
    });
  }

  /** Plays to the end, or until after a step; keeps snapshots after another one. */
  async play(keptAt?: number, cutAt?: number): Promise<void> {
    await this.run.driver.run(this.#stop.signal, async ({ step }) => {
      if (step === keptAt) await this.run.cell.stop();
      if (step === cutAt) this.#stop.abort();
    });
    this.run.close();
  }
}

const directory = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'plinth-resume-'));
  directories.push(made);
  return made;
};

const endOf = async ({ run }: Life, log: MemoryLog): Promise<unknown> => {
  const tree = new MerkleTree();
  for (const event of await log.readStored(0n, 10_000)) tree.append(leafHash(canonicalEvent(event)));
  return { root: tree.root().toString('hex'), hashes: hashesOf(run.cell.hosts) };
};

describe('a run that was cut and taken up from snapshots', () => {
  afterAll(() => directories.forEach((made) => rmSync(made, { recursive: true, force: true })));

  it('ends with the log and the hashes of an undisturbed one', async () => {
    const calmLog = new MemoryLog();
    const calm = new Life(calmLog, new MemorySnapshots(), directory());
    await calm.play();
    const undisturbed = await endOf(calm, calmLog);

    const [log, store, data] = [new MemoryLog(), new MemorySnapshots(), directory()];
    await new Life(log, store, data).play(KEPT_AT, CUT_AT);
    expect(store.kept.length).toBe(calm.run.cell.hosts.length);
    const second = new Life(log, store, data);
    await second.play();
    const restored = second.lines.filter((line) => line.includes('restored from a snapshot'));
    expect(restored).toHaveLength(calm.run.cell.hosts.length);
    expect(await endOf(second, log)).toEqual(undisturbed);
  }, 240_000);
});
