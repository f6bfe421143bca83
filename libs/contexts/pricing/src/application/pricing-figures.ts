import { countWords, type Figure } from '@plinth/eventing';
import type { MarkState } from '@plinth/market';
import type { PricingViews } from './pricing-views.ts';

/** A source is late when it has said nothing for so long. */
const LATE_MS = 60_000;

const STATES: readonly MarkState[] = ['live', 'degraded', 'halted'];

/** What those who run a cell watch of its prices. */
export const pricingFigures: readonly Figure<PricingViews>[] = [
  {
    name: 'plinth_pricing_marks',
    about: 'instruments by the state of their mark; what is settled is left out',
    kind: 'gauge',
    labels: ['state'],
    read: ({ marks, settlements }) =>
      countWords(
        STATES,
        [...listedMarks(marks, settlements)].map(({ state }) => state as MarkState),
      ),
  },
  {
    name: 'plinth_pricing_guarded_marks',
    about: 'marks that a guard holds: no new credit is given on them, and no account is liquidated by them',
    kind: 'gauge',
    labels: [],
    read: ({ marks, settlements }) => [
      [[...listedMarks(marks, settlements)].filter(({ guarded }) => guarded).length],
    ],
  },
  {
    name: 'plinth_pricing_round_age_ms',
    about: 'time since the last round of marks; 0 before the first',
    kind: 'gauge',
    labels: [],
    read: ({ marks }, now) => [[marks.round === 0 ? 0 : now - marks.at]],
  },
  {
    name: 'plinth_pricing_rounds_total',
    about: 'rounds of marks',
    kind: 'counter',
    labels: [],
    read: ({ marks }) => [[marks.round]],
  },
  {
    name: 'plinth_pricing_oldest_live_mark_ms',
    about: 'age of the oldest mark that is live',
    kind: 'gauge',
    labels: [],
    read: ({ quotes }, now) => {
      let oldest = now;
      for (const { mark, atMs } of quotes.origins())
        if (mark.state === 'live' && atMs < oldest) oldest = atMs;
      return [[now - oldest]];
    },
  },
  {
    name: 'plinth_pricing_stablecoin_price_usd',
    about: 'index price of every stablecoin',
    kind: 'gauge',
    labels: ['asset'],
    read: function* ({ reference, marks }) {
      for (const { symbol, kind } of reference.assets.values()) {
        const price = kind === 'stablecoin' ? marks.ofAsset(symbol)?.price : undefined;
        if (price !== undefined) yield [price, symbol];
      }
    },
  },
  {
    name: 'plinth_pricing_sources',
    about: 'price sources by whether they have said anything in the last minute',
    kind: 'gauge',
    labels: ['news'],
    read: ({ quotes }, now) =>
      countWords(
        ['fresh', 'late'],
        [...quotes.sources()].map(({ lastSourceTimeMs }) =>
          now - lastSourceTimeMs > LATE_MS ? 'late' : 'fresh',
        ),
      ),
  },
  {
    name: 'plinth_pricing_excluded_quotes_total',
    about: 'quotes that no mark was made of, because they were late, alone or far from the others',
    kind: 'counter',
    labels: [],
    read: ({ quotes }) => [[[...quotes.sources()].reduce((sum, { excluded }) => sum + excluded, 0)]],
  },
];

const listedMarks = function* (
  marks: PricingViews['marks'],
  settlements: PricingViews['settlements'],
): Iterable<Readonly<{ state: string; guarded: boolean }>> {
  for (const mark of marks.all()) if (settlements.settled(mark.instrumentId) === undefined) yield mark;
};
