import type { LoadedCluster } from './loaded-cluster.ts';

const OFF_MS = 600_000;
/** Leaders whose clocks go ahead first and are behind then, and those that begin behind. */
const AHEAD_FIRST = ['accounts', 'risk', 'interest'] as const;
const BEHIND_FIRST = ['routing', 'liquidation', 'pricing'] as const;

export type ClockFigures = Readonly<{
  /** Events, and those among them whose own time is further from the log's than five minutes. */
  events: number;
  ahead: number;
  behind: number;
  /** Events that the log recorded before the one that stands before them. */
  recordedBack: number;
  timers: Readonly<Record<string, number>>;
  /** Commands that were refused in that time, by reason. */
  refused: Readonly<Record<string, number>>;
}>;

/**
 * The clocks of six leaders are ten minutes off, three ahead and three behind; then the other way round,
 * which is a step of twenty minutes back for three; then right. `answers` are waited for each time.
 */
export const withWrongClocks = async (on: LoadedCluster, answers: number): Promise<ClockFigures> => {
  const { position } = await on.log.head();
  const toldBefore = on.load.acknowledged;
  const leaders = await Promise.all([...AHEAD_FIRST, ...BEHIND_FIRST].map((name) => on.leaderOf(name)));
  const set = async (offsetMs: number): Promise<void> => {
    for (const leader of leaders) {
      const isFirst = (AHEAD_FIRST as readonly string[]).includes(leader.name);
      on.clocks.set(leader, isFirst ? offsetMs : -offsetMs);
    }
    await on.progress(answers);
  };
  await set(OFF_MS);
  // Interest is due every five minutes, by a clock that is ten ahead.
  await on.cluster.until(
    'interest to be accrued by its clock',
    async () => 'timer-interest' in (await timersAfter(on, position)) || undefined,
  );
  await set(-OFF_MS);
  await set(0);
  const [row] = await on.log.query<Omit<ClockFigures, 'timers' | 'refused'>>(
    `SELECT count(*)::int AS events,
       count(*) FILTER (WHERE occurred_at - at > 300000)::int AS ahead,
       count(*) FILTER (WHERE at - occurred_at > 300000)::int AS behind,
       count(*) FILTER (WHERE recorded_at < before)::int AS "recordedBack"
     FROM (SELECT position, occurred_at, extract(epoch FROM recorded_at) * 1000 AS at, recorded_at,
         lag(recorded_at) OVER (ORDER BY position) AS before FROM plinth.events) AS e
     WHERE position > $1`,
    [position.toString()],
  );
  if (row === undefined) throw new Error('Expected figures of the log');
  return {
    ...row,
    timers: await timersAfter(on, position),
    refused: refusals(on, toldBefore),
  };
};

/** How many timers have fired after this position, by their stream. */
const timersAfter = async (on: LoadedCluster, position: bigint): Promise<ClockFigures['timers']> => {
  const rows = await on.log.query<Readonly<{ stream: string; n: number }>>(
    `SELECT stream, count(*)::int AS n FROM plinth.events WHERE type = 'TimerFired' AND position > $1
     GROUP BY stream`,
    [position.toString()],
  );
  return Object.fromEntries(rows.map(({ stream, n }) => [stream, n]));
};

const refusals = (on: LoadedCluster, from: number): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { answer } of on.load.read().slice(from)) {
    if (!('refused' in answer)) continue;
    const reason = answer.refused.slice(0, answer.refused.indexOf(':'));
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
};
