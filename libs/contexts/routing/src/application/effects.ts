import type { EffectHandler, Intent } from '@plinth/eventing';
import type { VenueOrder } from '@plinth/market';
import type { VenueBook } from '../domain/books.ts';
import { bundleObjection } from '../domain/bundle-plan.ts';
import { bookProblem } from '../domain/books.ts';
import { LIMITS } from '../domain/limits.ts';
import type { OrderCommand } from '../domain/order.ts';
import { orderDecider } from '../domain/order.ts';
import { ANSWER_DUE_MS } from '../domain/retry.ts';
import { planRoute } from '../domain/route-plan.ts';
import { venueDecider } from '../domain/venue.ts';
import type { VenueCommand } from '../domain/venue.ts';
import { BookReads, type BookRead } from './book-reads.ts';
import type { RoutingConfig } from './config.ts';
import { callVenue } from './venue-call.ts';
import type { BundleInput, CancelInput, ProbeInput, QueryInput, SplitInput, SubmitInput } from './work.ts';

export const orderIntent = (orderId: string, command: OrderCommand): Intent<OrderCommand> => ({
  stream: `order-${orderId}`,
  decider: orderDecider,
  command,
});

export const venueIntent = (venueId: string, command: VenueCommand): Intent<VenueCommand> => ({
  stream: `venue-${venueId}`,
  decider: venueDecider,
  command,
});

const shortened = (text: string): string => text.slice(0, LIMITS.reasonCharsMax);

/** Calls to venues. Each ends in intents that say what the venue said, and never more than that. */
export const routingEffects = (config: RoutingConfig): Readonly<Record<string, EffectHandler>> => ({
  ...splitting(new BookReads(config)),

  'drop-bundle': async ({ legs }: BundleInput) =>
    Promise.resolve(legs.map(({ split: leg }) => unroutedIntent(leg, 'another leg of the order is closed'))),

  /**
   * A child that may have been sent long ago is asked about first: its price is no longer the one that was
   * meant.
   */
  submit: async (input: SubmitInput, { now, signal }) =>
    now - input.sentAtMs > ANSWER_DUE_MS
      ? query(
          { ...input, childId: input.child.childId, venueId: input.child.venueId, attempt: 1 },
          config,
          signal,
        )
      : submit(input, config, signal),

  query: async (input: QueryInput, { signal }) => query(input, config, signal),

  /** How it ended is told by the venue's reports; without an answer the watch asks again. */
  cancel: async (input: CancelInput, { signal }) => {
    const adapter = config.adapters.get(input.venueId);
    if (adapter !== undefined)
      await callVenue(config, signal, (until) => adapter.cancel(input.childId, until));
    return [];
  },

  probe: async ({ venueId, after }: ProbeInput, { signal }) => {
    const adapter = config.adapters.get(venueId);
    if (adapter === undefined) return [];
    const outcome = await callVenue(config, signal, (until) => adapter.reports(after, 1, until));
    if (outcome.status !== 'reports') return [];
    const reason = 'it answers again';
    return [venueIntent(venueId, { kind: 'set-state', venueId, state: 'up', reason, isAutomatic: true })];
  },
});

const query = async (
  { orderId, childId, venueId, attempt }: QueryInput,
  config: RoutingConfig,
  signal: AbortSignal,
): Promise<readonly Intent[]> => {
  const adapter = config.adapters.get(venueId);
  const outcome =
    adapter === undefined
      ? ({ status: 'unknown' } as const)
      : await callVenue(config, signal, (until) => adapter.query(childId, until));
  const closed = (reason: string): readonly Intent[] => [
    orderIntent(orderId, { kind: 'close-child', childId, cause: 'rejected', reason: shortened(reason) }),
  ];
  switch (outcome.status) {
    case 'found': {
      const { status, reason, venueOrderId } = outcome.order;
      return status === 'rejected'
        ? closed(reason)
        : [orderIntent(orderId, { kind: 'acknowledge', childId, venueOrderId })];
    }
    case 'not-found':
      return closed('the venue never had it');
    case 'unavailable':
    case 'unknown':
      return [orderIntent(orderId, { kind: 'mark-unknown', childId, attempt })];
  }
};

const submit = async (
  input: SubmitInput,
  config: RoutingConfig,
  signal: AbortSignal,
): Promise<readonly Intent[]> => {
  const { orderId, child } = input;
  const { childId, venueId } = child;
  const adapter = config.adapters.get(venueId);
  const outcome =
    adapter === undefined
      ? ({ status: 'unavailable', message: 'no adapter' } as const)
      : await callVenue(config, signal, (until) => adapter.submit(venueOrder(input), until));
  const unknown = orderIntent(orderId, { kind: 'mark-unknown', childId, attempt: 1 });
  switch (outcome.status) {
    case 'accepted':
      return [orderIntent(orderId, { kind: 'acknowledge', childId, venueOrderId: outcome.venueOrderId })];
    case 'rejected': {
      // An earlier order stands under this id: what became of it is asked, not assumed.
      if (outcome.reason === 'id-reused') return [unknown];
      const reason = shortened(`${outcome.reason}: ${outcome.message}`);
      return [orderIntent(orderId, { kind: 'close-child', childId, cause: 'rejected', reason })];
    }
    case 'unavailable': {
      const reason = shortened(outcome.message);
      return [orderIntent(orderId, { kind: 'close-child', childId, cause: 'unavailable', reason })];
    }
    case 'unknown':
      return [unknown];
  }
};

const venueOrder = ({ child, instrumentId, side }: SubmitInput): VenueOrder => ({
  clientOrderId: child.childId,
  instrumentId,
  side,
  quantity: child.quantity,
  type: 'limit',
  limitPrice: child.limitPrice,
  timeInForce: child.timeInForce === 'gtc' ? 'gtc' : 'ioc',
});

type Planned = Readonly<{ route: ReturnType<typeof planRoute>; venues: readonly Intent[] }>;

const splitting = (books: BookReads): Readonly<Record<string, EffectHandler>> => ({
  split: async (input: SplitInput, { signal }) => split(input, books, signal),
  'split-bundle': async (input: BundleInput, { signal }) => splitBundle(input, books, signal),
});

/** Reads all books at once, splits, and says what to send where. */
const split = async (
  input: SplitInput,
  books: BookReads,
  signal: AbortSignal,
): Promise<readonly Intent[]> => {
  const { route, venues } = await planned(input, books, signal);
  return [...venues, orderIntent(input.orderId, route)];
};

/** All legs are planned before any is sent: all or none. */
const splitBundle = async (
  input: BundleInput,
  books: BookReads,
  signal: AbortSignal,
): Promise<readonly Intent[]> => {
  const legs = await Promise.all(
    input.legs.map(async (leg) => ({ ...leg, ...(await planned(leg.split, books, signal)) })),
  );
  const objection = bundleObjection(input, legs);
  return [
    ...legs.flatMap(({ venues }) => venues),
    ...legs.map(({ split: leg, route }) =>
      objection === undefined ? orderIntent(leg.orderId, route) : unroutedIntent(leg, objection),
    ),
  ];
};

const unroutedIntent = ({ orderId, attempt }: SplitInput, reason: string): Intent =>
  orderIntent(orderId, {
    ...{ kind: 'route', attempt, children: [], bestSingleVenueCost: '', reason: shortened(reason) },
  });

/** A venue that gives no book is taken down. */
const planned = async (input: SplitInput, reads: BookReads, signal: AbortSignal): Promise<Planned> => {
  const { instrumentId, venues } = input;
  const outcomes = await Promise.all(venues.map((terms) => reads.read(terms.venueId, instrumentId, signal)));
  const intents: Intent[] = [];
  const books: VenueBook[] = [];
  const left: string[] = [];
  for (const [n, terms] of venues.entries()) {
    const { venueId } = terms;
    const outcome = outcomes[n] as BookRead;
    if (outcome.status === 'book') {
      const problem = bookProblem(outcome.book);
      if (problem === undefined) books.push({ terms, book: outcome.book });
      else left.push(`${venueId}: ${problem}`);
      continue;
    }
    left.push(`${venueId}: ${outcome.status}`);
    if (outcome.status === 'not-found') continue;
    const reason = `gave no book in ${LIMITS.bookReadsMax} attempts`;
    intents.push(
      venueIntent(venueId, { kind: 'set-state', venueId, state: 'down', reason, isAutomatic: true }),
    );
  }
  return { route: planRoute(input, books, left), venues: intents };
};
