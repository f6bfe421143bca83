import { makeLogger, PostgresSnapshots } from '@plinth/runtime';
import type { MarketFeed, PlannedAccount, ScenarioRun } from '@plinth/simulation';
import { prepareRun } from '@plinth/simulation';
import { startProgress } from '../cli/progress.ts';
import { LiveLine } from './live-line.ts';
import { openLog, type OpenLog } from './open-log.ts';
import { markFinished, openRunDirectory, type RunIdentity } from './run-directory.ts';
import { brokerServices, CELL } from './services.ts';
import { compareHashes, hashesOf, recordHashes, type CheckedHash } from './state-hashes.ts';
import { observer } from '@plinth/simulation';

export type PlayOptions = Readonly<{
  feed: MarketFeed;
  accounts: readonly PlannedAccount[];
  seed: number;
  directory: string;
  databaseUrl?: string;
  /** Policy of liquidations. */
  policy: string;
  identity: RunIdentity;
  /** Milliseconds of real time per tick at the least; 0: as fast as it goes. */
  paceMs: number;
  signal: AbortSignal;
}>;

export type Played = Readonly<{
  open: OpenLog;
  run: ScenarioRun;
  resumed: boolean;
  elapsedMs: number;
  rebuild: readonly CheckedHash[];
}>;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Plays a feed and a book through a whole broker in one process, then folds the log into fresh views and
 * compares them. A directory with a run that was cut is taken up where it stood.
 */
export const play = async (options: PlayOptions): Promise<Played> => {
  const { feed, accounts, seed, directory, identity, signal } = options;
  const { resumed } = openRunDirectory(directory, identity);
  const open = await openLog(directory, options.databaseUrl);
  try {
    const services = (adapters: Parameters<typeof brokerServices>[0]['adapters']) =>
      brokerServices({ cell: CELL, adapters, minRoundMs: 0, policy: options.policy });
    const logger = makeLogger('plinth', 'warn');
    const snapshots = { store: new PostgresSnapshots(open.log), logger };
    const run = prepareRun({ feed, accounts, seed, log: open.log, services, directory, snapshots });
    const started = performance.now();
    await drive(run, options);
    await run.cell.stop();
    signal.throwIfAborted();
    const elapsedMs = performance.now() - started;
    recordHashes(directory, run.cell.hosts);
    const rebuild = await compareHashes(
      open.log,
      [...services(run.venues), observer],
      hashesOf(run.cell.hosts),
    );
    markFinished(directory, identity);
    return { open, run, resumed, elapsedMs, rebuild };
  } catch (error) {
    await open.close();
    throw error;
  }
};

const drive = async (run: ScenarioRun, { feed, paceMs, signal }: PlayOptions): Promise<void> => {
  const progress = startProgress(feed.name, run.driver.steps);
  const line = new LiveLine();
  let due = performance.now();
  try {
    await run.driver.run(signal, async (at) => {
      progress.update(at.step, line.text(at, run.views));
      due += paceMs;
      if (paceMs > 0 && at.tick >= 0) await pause(Math.max(0, due - performance.now()));
    });
  } finally {
    progress.stop();
  }
};
