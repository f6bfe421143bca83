import { countWords, type Figure, type Instant } from '@plinth/eventing';
import { decimalOf, decimalToFloat, multiply, textToFloat } from '@plinth/money';
import type { RoutingViews } from './views.ts';
import type { OrderRecord } from './views/orders.ts';

/** Orders closed within this time are what a mean of costs is taken over. */
const WINDOW_MS = 900_000;

const BPS = 10_000;

type Cost = Readonly<{ shortfallBps: number; regretBps: number | undefined }>;

/** In basis points of the value at arrival: what the order cost, and that less the best single venue. */
const costOf = ({ closed, state }: OrderRecord): Cost | undefined => {
  if (closed === undefined || closed.filledQuantity === '0' || state.placed.inverse) return undefined;
  const { arrivalPrice, filledQuantity, implementationShortfall, bestSingleVenueCost } = closed;
  const units = multiply(decimalOf(filledQuantity), decimalOf(state.placed.contractSize));
  const value = decimalToFloat(multiply(units, decimalOf(arrivalPrice)));
  const shortfall = textToFloat(implementationShortfall);
  // Compared only where one venue could have taken what was filled.
  const isComparable = bestSingleVenueCost !== '' && closed.outcome === 'filled';
  return {
    shortfallBps: (shortfall / value) * BPS,
    regretBps: isComparable ? ((shortfall - textToFloat(bestSingleVenueCost)) / value) * BPS : undefined,
  };
};

const meanOf = ({ orders }: RoutingViews, now: Instant, of: (cost: Cost) => number | undefined): number => {
  let [sum, count] = [0, 0];
  for (const record of orders.closedSince(now - WINDOW_MS)) {
    const cost = costOf(record);
    const value = cost === undefined ? undefined : of(cost);
    if (value === undefined) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
};

const venueIds = ({ reference }: RoutingViews): readonly string[] => [...reference.venues.keys()];

/** What those who run a cell watch of venues and orders. */
export const routingFigures: readonly Figure<RoutingViews>[] = [
  {
    name: 'plinth_routing_venue_state',
    about: '1 for the state that a venue is in: up, reduce-only or down',
    kind: 'gauge',
    labels: ['venue', 'state'],
    read: function* ({ reference }) {
      for (const venue of reference.venues.values()) {
        for (const state of ['up', 'reduce-only', 'down'] as const) {
          yield [venue.state === state ? 1 : 0, venue.id, state];
        }
      }
    },
  },
  {
    name: 'plinth_routing_venue_failures',
    about: 'calls in a row to a venue that brought no answer',
    kind: 'gauge',
    labels: ['venue'],
    read: (views) => venueIds(views).map((id) => [views.health.of(id).failures, id] as const),
  },
  {
    name: 'plinth_routing_unknown_orders',
    about: 'orders at a venue whose outcome is not known: they are being asked for',
    kind: 'gauge',
    labels: ['venue'],
    read: (views) =>
      countWords(
        venueIds(views),
        [...views.watch.items()].filter(({ kind }) => kind === 'query').map(({ venueId }) => venueId),
      ),
  },
  {
    name: 'plinth_routing_waiting_work',
    about: 'what the router waits for, by kind: submit, query, cancel, split, probe',
    kind: 'gauge',
    labels: ['kind'],
    read: ({ watch }) =>
      countWords(
        ['submit', 'query', 'cancel', 'split', 'probe'],
        [...watch.items()].map(({ kind }) => kind),
      ),
  },
  {
    name: 'plinth_routing_open_orders',
    about: 'orders that are not closed',
    kind: 'gauge',
    labels: [],
    read: ({ orders }) => [[orders.openCount]],
  },
  {
    name: 'plinth_routing_shortfall_bps',
    about: 'mean implementation shortfall of the orders closed in the last 15 minutes; positive is a cost',
    kind: 'gauge',
    labels: [],
    read: (views, now) => [[meanOf(views, now, ({ shortfallBps }) => shortfallBps)]],
  },
  {
    name: 'plinth_routing_regret_bps',
    about: 'mean cost above that of the best single venue, same orders; negative is what the split saved',
    kind: 'gauge',
    labels: [],
    read: (views, now) => [[meanOf(views, now, ({ regretBps }) => regretBps)]],
  },
];
