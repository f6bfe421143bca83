import type { Book } from './book.ts';
import { refuse } from './checks.ts';
import * as at from './figures.ts';
import type { HypotheticalOrder } from './fills.ts';
import { LIMITS } from './limits.ts';
import type { MarginKernel } from './margin-kernel.ts';
import { isRiskReducing } from './risk-reducing.ts';
import { aside } from './what-if.ts';

export type OpenOrdersMargin = Readonly<{
  /** Smallest equity − IM over what may fill, and the figures there. */
  initialSlack: number;
  equity: number;
  initialMargin: number;
  /** The fills that are worst; empty when it is worst that none fills. */
  worst: readonly HypotheticalOrder[];
}>;

type Side = 'bids' | 'asks';
const sideOf = (order: HypotheticalOrder): Side => (order.quantity > 0 ? 'bids' : 'asks');

/** Whether a fill gains when the underlying rises: buying a put is selling. */
const pushOf = (kernel: MarginKernel, order: HypotheticalOrder): 'up' | 'down' => {
  const { instruments, instrumentEntries } = kernel.model.catalogue;
  const { spec } = instrumentEntries[instruments.indexOf(order.instrument)]!;
  const isPut = spec.kind === 'option' && spec.right === 'put';
  return order.quantity > 0 === isPut ? 'down' : 'up';
};

/**
 * Judges resting orders on the worse side: nothing fills, all bids fill, all asks fill, all that gain when
 * prices rise fill, all that gain when they fall, and for each underlying the side that is worse for it
 * alone, all together. `quantity` is what remains, positive for a bid.
 */
export const marginWithOpenOrders = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  orders: readonly HypotheticalOrder[],
): OpenOrdersMargin => {
  if (orders.length > LIMITS.openOrders)
    refuse('orders', `Expected at most ${LIMITS.openOrders} open orders, was ${orders.length}`);
  kernel.model.refresh();
  const judge = (fills: readonly HypotheticalOrder[]): OpenOrdersMargin => {
    const changed = aside(kernel, book, account, { orders: fills });
    const figures = changed.kernel.value(changed.book, changed.account);
    const equity = figures[at.EQUITY]!;
    const initialMargin = figures[at.INITIAL]!;
    return { initialSlack: equity - initialMargin, equity, initialMargin, worst: fills };
  };
  const worse = (a: OpenOrdersMargin, b: OpenOrdersMargin): OpenOrdersMargin =>
    b.initialSlack < a.initialSlack ? b : a;
  const none = judge([]);
  if (orders.length === 0) return none;
  const { catalogue } = kernel.model;
  const byUnderlying = new Map<number, HypotheticalOrder[]>();
  for (const order of orders) {
    const u = catalogue.instrumentEntries[catalogue.instruments.indexOf(order.instrument)]!.underlying;
    byUnderlying.set(u, [...(byUnderlying.get(u) ?? []), order]);
  }
  const sides = (list: readonly HypotheticalOrder[]): OpenOrdersMargin[] =>
    [
      ...(['bids', 'asks'] as const).map((side) => list.filter((order) => sideOf(order) === side)),
      ...(list.some((order) => (pushOf(kernel, order) === 'up') !== (sideOf(order) === 'bids'))
        ? (['up', 'down'] as const).map((push) => list.filter((order) => pushOf(kernel, order) === push))
        : []),
    ]
      .filter((fills) => fills.length > 0)
      .map(judge);
  const whole = sides(orders);
  if (byUnderlying.size === 1) return whole.reduce(worse, none);
  const mixed = [...byUnderlying.values()].flatMap((list) => sides(list).reduce(worse, none).worst);
  return [...whole, judge(mixed)].reduce(worse, none);
};

export type OrderVerdict =
  | Readonly<{ allowed: true; reason: 'covered' | 'risk-reducing'; initialSlack: number }>
  | Readonly<{ allowed: false; reason: 'initial-margin'; initialSlack: number }>;

/**
 * Whether margin lets an order be placed beside those that rest. A risk-reducing order always may, in any
 * state (finance §6.9); any other needs equity of at least IM on the worse side of everything that may then
 * fill.
 */
export const judgeOrder = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  resting: readonly HypotheticalOrder[],
  order: HypotheticalOrder,
): OrderVerdict => {
  const { initialSlack } = marginWithOpenOrders(kernel, book, account, [...resting, order]);
  if (initialSlack >= 0) return { allowed: true, reason: 'covered', initialSlack };
  if (isRiskReducing(kernel, book, account, [...sameSide(kernel, resting, order), order]))
    return { allowed: true, reason: 'risk-reducing', initialSlack };
  return { allowed: false, reason: 'initial-margin', initialSlack };
};

/** Resting orders that push the same way: two orders may each reduce and together overshoot. */
const sameSide = (
  kernel: MarginKernel,
  resting: readonly HypotheticalOrder[],
  order: HypotheticalOrder,
): readonly HypotheticalOrder[] => {
  const { instruments, instrumentEntries } = kernel.model.catalogue;
  const underlyingOf = (o: HypotheticalOrder): number =>
    instrumentEntries[instruments.indexOf(o.instrument)]!.underlying;
  return resting.filter(
    (o) => underlyingOf(o) === underlyingOf(order) && pushOf(kernel, o) === pushOf(kernel, order),
  );
};
