import type { EventId } from './envelope.ts';

/** What a reader of a log or of a control sees: enough to judge order and completeness. */
export type Seen = Readonly<{ position: bigint; id: EventId }>;

export type LogTraffic = Readonly<{
  /**
   * Each called in turn until the time is over; resolves to the ids that are certainly committed, none when
   * rolled back.
   */
  writers: readonly (() => Promise<readonly EventId[]>)[];
  /** Each polled with the last position it has seen. */
  readers: readonly ((after: bigint) => Promise<readonly Seen[]>)[];
  /** True once the writers shall stop. */
  isOver: () => boolean;
  /** Pause of a reader that found nothing. */
  pause: () => Promise<void>;
}>;

export type TrafficReport = Readonly<{
  committed: number;
  /** Committed events that a reader has not seen although it read to the end: summed over the readers. */
  missed: number;
  /** Steps of a reader from one position to another that is not the next. */
  gaps: number;
  /** Steps of a reader to the same or an earlier position. */
  inversions: number;
}>;

/**
 * Readers follow a log while writers append to it; afterwards all that was committed must have been seen, in
 * order.
 */
export const runTraffic = async ({ writers, readers, isOver, pause }: LogTraffic): Promise<TrafficReport> => {
  const committed = new Set<EventId>();
  let isWritten = false;
  const write = async (writer: LogTraffic['writers'][number]): Promise<void> => {
    while (!isOver()) for (const id of await writer()) committed.add(id);
  };
  const follow = async (reader: LogTraffic['readers'][number]): Promise<Followed> => {
    const seen = new Set<EventId>();
    let [last, gaps, inversions] = [0n, 0, 0];
    for (;;) {
      // Asked before the poll: what was written before it was asked must be in the poll's answer or in an
      // earlier one.
      const isLastRound = isWritten;
      const events = await reader(last);
      for (const { position, id } of events) {
        if (position <= last) inversions += 1;
        else if (position !== last + 1n) gaps += 1;
        last = position;
        seen.add(id);
      }
      if (events.length > 0) continue;
      if (isLastRound) return { seen, gaps, inversions };
      await pause();
    }
  };
  const following = Promise.all(readers.map(follow));
  await Promise.all(writers.map(write));
  isWritten = true;
  const followed = await following;
  const sum = (count: (one: Followed) => number): number =>
    followed.reduce((total, one) => total + count(one), 0);
  return {
    committed: committed.size,
    missed: sum(({ seen }) => [...committed].filter((id) => !seen.has(id)).length),
    gaps: sum(({ gaps }) => gaps),
    inversions: sum(({ inversions }) => inversions),
  };
};

type Followed = Readonly<{ seen: ReadonlySet<EventId>; gaps: number; inversions: number }>;
