import type { Envelope, EventLog } from '@plinth/eventing';
import { explainDifference, explainProfit, type Explanation, type Standing } from '@plinth/margin';
import {
  flowsOf,
  heldFlows,
  interestFlows,
  keepStanding,
  lendingIndices,
  PortfolioView,
  standingOf,
} from '@plinth/portfolio';
import { CliError, EXIT } from '../cli/exit-codes.ts';

/** A place in the log: a position, or the last event at or before a time. */
export type Place = Readonly<{ position: bigint } | { atMs: number }>;

const READ_MAX = 5_000;

const isBehind = (event: Envelope, place: Place): boolean =>
  'position' in place ? event.position > place.position : event.occurredAt > place.atMs;

/** An account at two places of the log, and what came and went between them. */
export type Span = Readonly<{
  from: bigint;
  to: bigint;
  fromMs: number;
  toMs: number;
  earlier: Standing;
  later: Standing;
  flows: Parameters<typeof explainProfit>[2];
}>;

type Log = Pick<EventLog, 'read'>;

/** Folds the log up to both places, once. */
export const spanOf = async (
  log: Log,
  accountId: string,
  from: Place,
  to: Place | undefined,
): Promise<Span> => {
  const portfolio = new PortfolioView();
  const flows: Parameters<typeof explainProfit>[2][number][] = [];
  let start: Readonly<{ standing: Standing; position: bigint; atMs: number; held: typeof flows }> | undefined;
  let indices: ReturnType<typeof lendingIndices> = new Map();
  let last = { position: 0n, atMs: 0 };
  const begin = (): void => {
    const standing = keepStanding(standingAt(portfolio, accountId, '--from'));
    const held = [...heldFlows(portfolio, accountId, -1)];
    indices = lendingIndices(portfolio, standing.content);
    start = { standing, ...last, held };
  };
  for await (const event of eventsOf(log)) {
    if (to !== undefined && isBehind(event, to)) break;
    if (start === undefined && isBehind(event, from)) begin();
    portfolio.apply(event);
    last = { position: event.position, atMs: event.occurredAt };
    if (start !== undefined) flows.push(...flowsOf(event, accountId));
  }
  if (start === undefined) begin();
  if (start === undefined || !portfolio.hasAccount(accountId))
    throw new CliError(EXIT.refused, `--account: Expected an account that is open by then, was ${accountId}`);
  const { standing, held, position, atMs } = start;
  const interest = interestFlows(standing.content, indices, lendingIndices(portfolio, standing.content));
  return {
    ...{ from: position, to: last.position, fromMs: atMs, toMs: last.atMs },
    earlier: standing,
    later: standingAt(portfolio, accountId, '--to'),
    flows: [...flows, ...held, ...heldFlows(portfolio, accountId, 1), ...interest],
  };
};

const standingAt = (portfolio: PortfolioView, accountId: string, option: string): Standing => {
  if (portfolio.isReady) return standingOf(portfolio, accountId);
  throw new CliError(EXIT.refused, `${option}: Expected a place behind the first risk parameters`);
};

async function* eventsOf(log: Log): AsyncGenerator<Envelope> {
  for (let after = 0n; ;) {
    const events = await log.read(after, READ_MAX);
    if (events.length === 0) return;
    yield* events;
    after = (events.at(-1) as Envelope).position;
  }
}

/** One line of a tree, as it is printed. */
export type PartRow = Readonly<{ depth: number; label: string; value: number }>;

const rowsOf = ({ label, value, children }: Explanation, depth = 0): readonly PartRow[] => [
  { depth, label, value },
  ...children.flatMap((child) => rowsOf(child, depth + 1)),
];

export const differenceRows = ({ earlier, later }: Span): readonly PartRow[] => {
  const { equity, initial, maintenance } = explainDifference(earlier, later);
  return [equity, initial, maintenance].flatMap((tree) => rowsOf(tree));
};

export const profitRows = ({ earlier, later, flows }: Span): readonly PartRow[] => {
  const { tree, bound } = explainProfit(earlier, later, flows);
  return [...rowsOf(tree), { depth: 0, label: 'bound of the residual', value: bound }];
};
