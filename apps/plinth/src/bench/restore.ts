import { AccountsService, DEFAULT_ACCOUNTS_CONFIG } from '@plinth/accounts';
import type { Clock } from '@plinth/eventing';
import { RiskService } from '@plinth/risk';
import { makeLogger, PostgresSnapshots, ServiceHost, type PostgresLog } from '@plinth/runtime';

const CLOCK: Clock = { now: () => 0 };

export type KeptSnapshots = Readonly<{
  /** Starts both services from their snapshots. Returns the events that they begin behind. */
  restore: () => Promise<number>;
  /** How long folding waited while they were written, milliseconds for both. */
  pauseMs: number;
  /** As stored, compressed. */
  bytes: number;
}>;

const hostsOf = (log: PostgresLog): readonly ServiceHost[] => {
  const snapshots = { store: new PostgresSnapshots(log), logger: makeLogger('bench', 'warn') };
  return [AccountsService({ ...DEFAULT_ACCOUNTS_CONFIG, cell: 'main' }), RiskService({ cell: 'main' })].map(
    (definition) => new ServiceHost(definition, { log, clock: CLOCK, snapshots }),
  );
};

/** Snapshots of the accounts and risk services at the end of a log. */
export const keepSnapshots = async (log: PostgresLog, readMax: number): Promise<KeptSnapshots> => {
  const hosts = hostsOf(log);
  const { position: head } = await log.head();
  for (let last = 0n; last < head;) {
    const events = await log.read(last, readMax);
    for (const event of events) for (const host of hosts) host.fold(event);
    last = events.at(-1)?.position ?? head;
  }
  let pauseMs = 0;
  for (const host of hosts) {
    const started = performance.now();
    await host.keepSnapshot();
    pauseMs += performance.now() - started;
    await host.snapshotStored();
  }
  const heads = await new PostgresSnapshots(log).list();
  const bytes = heads.reduce((sum, one) => sum + one.bytes, 0);
  const restore = async (): Promise<number> => {
    const started = hostsOf(log);
    for (const host of started) await host.restore(head);
    const begun = started.filter(({ last }) => last === head);
    if (begun.length < started.length) throw new Error('Expected every service to begin from its snapshot');
    return Number(head);
  };
  return { restore, pauseMs, bytes };
};
