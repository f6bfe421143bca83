import { counter, gauge, histogram } from './meter.ts';

/*
 * What every process measures of its services and of the log. Contexts declare figures of their folds
 * themselves; the edges what passes through them.
 */

/** Answers to commands; a repetition that was answered from the store counts too. */
export const countCommand = counter({
  name: 'plinth_runtime_commands_total',
  about: 'commands by service, name and outcome: accepted, or the code of the refusal',
  labels: ['service', 'name', 'outcome'],
});

/** Counted by whoever appended them, once for the whole cell. */
export const countEvents = counter({
  name: 'plinth_runtime_events_total',
  about: 'events appended by this process, by service and type',
  labels: ['service', 'type'],
});

export const countConflict = counter({
  name: 'plinth_runtime_conflicts_total',
  about: 'decisions taken anew because another writer of the stream was first',
  labels: ['service'],
});

export const countTakeover = counter({
  name: 'plinth_runtime_takeovers_total',
  about: 'times that this process became the leader of a service',
  labels: ['service'],
});

export const countFailedEffect = counter({
  name: 'plinth_runtime_failed_effects_total',
  about: 'effects whose outcome is not known and will be asked for',
  labels: ['service', 'effect'],
});

export const recordFold = histogram(
  {
    name: 'plinth_runtime_fold_duration_ms',
    about: 'folding one batch of events into every view of a service',
    labels: ['service'],
  },
  [0.1, 0.5, 1, 5, 10, 50, 100, 500, 1_000, 5_000],
);

export const recordReaction = histogram({
  name: 'plinth_runtime_reaction_duration_ms',
  about: 'one reaction that appended something',
  labels: ['service'],
});

export const recordAppend = histogram({
  name: 'plinth_log_append_duration_ms',
  about:
    'one append, waiting included, by outcome: appended, conflict …, unknown, storage-full, retry, failed',
  labels: ['outcome'],
});

const lag = gauge({
  name: 'plinth_runtime_lag_events',
  about: 'head of the log − last position that a service has folded, or a relay published',
  labels: ['service'],
});

const last = gauge({
  name: 'plinth_runtime_position_events',
  about: 'last position that a service has folded, or a relay published',
  labels: ['service'],
});

/** Reports how far a service is behind the log's head, as first-class figure. Returns the unsubscriber. */
export const observeLag = (
  service: string,
  head: () => Promise<bigint>,
  position: () => bigint,
): (() => void) => {
  // Positions first: the head is read after them, so that the difference is never below what it is.
  const behind = async (): Promise<number> => {
    const at = position();
    return Math.max(0, Number((await head()) - at));
  };
  const stops = [
    lag(async () => [[await behind(), { service }]]),
    last(() => [[Number(position()), { service }]]),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};

const linkFailing = gauge({
  name: 'plinth_runtime_link_failing_ms',
  about: 'for how long the log of another cell could not be taken over; 0 while it can',
  labels: ['link', 'from'],
});

/** Reports for how long a link to another cell has failed. Returns the unsubscriber. */
export const observeLink = (link: string, from: string, failingMs: () => number): (() => void) =>
  linkFailing(() => [[failingMs(), { link, from }]]);

export const observeLeader = gauge({
  name: 'plinth_runtime_leader',
  about: '1 on the replica that reacts for a service, 0 on those that stand by',
  labels: ['service'],
});

export const observeStopped = gauge({
  name: 'plinth_runtime_stopped',
  about: '1 when a service stands still, at an event that it cannot go on from',
  labels: ['service'],
});

export const observeEffects = gauge({
  name: 'plinth_runtime_effects_underway',
  about: 'effects that have been started and have no outcome yet',
  labels: ['service'],
});

export const observeSnapshot = gauge({
  name: 'plinth_runtime_snapshot_age_events',
  about: 'events folded since the snapshot that a start would go on from',
  labels: ['service'],
});

export const observeHead = gauge({
  name: 'plinth_log_head_events',
  about: 'position of the last event of the log',
  labels: [],
});

export const observeEpoch = gauge({
  name: 'plinth_log_epoch',
  about: 'epoch of the log: raised when a standby of the database was promoted',
  labels: [],
});

export const observeReachable = gauge({
  name: 'plinth_log_reachable',
  about: '1 when the database answered just now',
  labels: [],
});

export const observeSize = gauge({
  name: 'plinth_log_database_bytes',
  about: 'size of the database on its disk',
  labels: [],
});

export const observeQueue = gauge({
  name: 'plinth_log_waiting_appends',
  about: 'appends of this process that wait for the one under way',
  labels: [],
});
