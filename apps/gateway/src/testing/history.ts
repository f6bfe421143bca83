import { ACCEPTED, LedgerModel, type LedgerCommand } from './ledger-model.ts';

/** One command as its sender saw it, and its place in the log. */
export type Entry = Readonly<{
  requestId: string;
  command: LedgerCommand;
  /** When it was sent first and when an answer came, of one clock. */
  sentMs: number;
  answeredMs: number;
  /** `accepted`, or the code of the refusal. */
  outcome: string;
  /** Of its last event; of a refusal, the last event that it rests on. */
  position: bigint;
}>;

export type Violation = Readonly<{
  rule: 'response' | 'place' | 'real time';
  entry: Entry;
  expected: string;
}>;

/**
 * Whether a history is strictly serializable, with the log's positions as the witness: in that order a pure
 * model must give every response, and who was answered before another one was sent must stand before him. The
 * order is given, so the check needs no search.
 */
export const violationsOf = (history: readonly Entry[]): readonly Violation[] => [
  ...responses(history),
  ...realTime(history),
];

const isAccepted = ({ outcome }: Entry): boolean => outcome === ACCEPTED;

/** At one position the command whose event it is stands before those that were refused after it. */
const byPosition = (a: Entry, b: Entry): number =>
  a.position === b.position
    ? Number(isAccepted(b)) - Number(isAccepted(a))
    : a.position < b.position
      ? -1
      : 1;

const responses = (history: readonly Entry[]): readonly Violation[] => {
  const model = new LedgerModel();
  const found: Violation[] = [];
  let last = 0n;
  for (const entry of [...history].sort(byPosition)) {
    const expected = model.apply(entry.command);
    if (expected !== entry.outcome) found.push({ rule: 'response', entry, expected });
    if (!isAccepted(entry)) continue;
    if (entry.position <= last) found.push({ rule: 'place', entry, expected: `after ${last}` });
    last = entry.position;
  }
  return found;
};

const realTime = (history: readonly Entry[]): readonly Violation[] => {
  const sent = [...history].sort((a, b) => a.sentMs - b.sentMs);
  const answered = [...history].sort((a, b) => a.answeredMs - b.answeredMs);
  const found: Violation[] = [];
  let [reached, next] = [0n, 0];
  for (const entry of sent) {
    for (; (answered[next]?.answeredMs ?? Infinity) < entry.sentMs; next += 1) {
      const { position = 0n } = answered[next] ?? {};
      if (position > reached) reached = position;
    }
    const isBehind = isAccepted(entry) ? entry.position <= reached : entry.position < reached;
    if (isBehind) found.push({ rule: 'real time', entry, expected: `after ${reached}` });
  }
  return found;
};
