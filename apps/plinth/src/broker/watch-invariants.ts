import type { Envelope } from '@plinth/eventing';
import {
  gauge,
  LogWatch,
  observedCounter,
  observeLag,
  TailTransport,
  type PostgresLog,
} from '@plinth/runtime';
import { Auditor, forgottenOf, timesIn, type Breach } from '@plinth/simulation';
import type { GateKeeper } from './gate-keeper.ts';

const observeEvents = observedCounter({
  name: 'plinth_audit_events_total',
  about: 'events that the auditor has judged',
  labels: [],
});

const observeBreaches = observedCounter({
  name: 'plinth_audit_breaches_total',
  about: 'times that an invariant did not hold, by invariant; nothing is put right by itself',
  labels: ['invariant'],
});

const observeUnjudged = observedCounter({
  name: 'plinth_audit_unjudged_total',
  about: 'times that an invariant could not be judged: more was under way than the auditor remembers',
  labels: ['invariant'],
});

const observeKept = gauge({
  name: 'plinth_audit_kept',
  about: 'what the auditor remembers, by kind; each has a limit, at which the oldest are forgotten',
  labels: ['what'],
});

export type InvariantWatch = Readonly<{
  events: number;
  breaches: number;
  /** Times that an invariant could not be judged, because what it needed had been forgotten. */
  unjudged: number;
  /** What has been forgotten, by kind: of what is over and of streams, as a rule. */
  forgotten: string;
}>;

/**
 * Judges every event of a log from the first on, then each new one, until the signal: with arithmetic of its
 * own and within limits of memory, beside whatever writes it. A keeper, when there is one, hears of every
 * breach and closes the gate.
 */
export const watchInvariants = async (
  log: PostgresLog,
  signal: AbortSignal,
  onBreach: (breach: Breach) => void,
  keeper?: GateKeeper,
): Promise<InvariantWatch> => {
  const auditor = new Auditor();
  const counts = new Map<string, number>(auditor.invariants.map((invariant) => [invariant, 0]));
  let last = 0n;
  const watch = new LogWatch(log);
  const stops = [
    observeEvents(() => [[Number(last), {}]]),
    observeBreaches(() => [...counts].map(([invariant, count]) => [count, { invariant }] as const)),
    observeUnjudged(() => [...auditor.unjudged].map(([invariant, count]) => [count, { invariant }] as const)),
    observeKept(() => auditor.kept.map(({ what, entries }) => [entries, { what }] as const)),
    observeLag(
      'auditor',
      () => watch.head(),
      () => last,
    ),
    () => watch.stop(),
  ];
  const judge = (event: Envelope): void => {
    for (const breach of auditor.apply(event)) {
      counts.set(breach.invariant, (counts.get(breach.invariant) ?? 0) + 1);
      onBreach(breach);
      keeper?.found(breach);
    }
    keeper?.follow(event);
    last = event.position;
  };
  try {
    for await (const batch of new TailTransport(log).subscribe(0n, signal)) batch.forEach(judge);
  } finally {
    for (const stop of stops) stop();
  }
  return {
    events: Number(last),
    breaches: auditor.breaches,
    unjudged: timesIn(auditor.unjudged),
    forgotten: forgottenOf(auditor.kept),
  };
};
