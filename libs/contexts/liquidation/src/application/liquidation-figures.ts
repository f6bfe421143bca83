import { countWords, type Figure } from '@plinth/eventing';
import { decimalToFloat, textToFloat, type Decimal } from '@plinth/money';
import type { LiquidationViews } from './views.ts';
import type { FundLine } from './views/fund.ts';

const inUsd = function* (
  { fund, portfolio }: LiquidationViews,
  of: (line: FundLine) => number,
): Iterable<readonly [number, string]> {
  for (const [asset, line] of fund.lines()) {
    yield [of(line) * (portfolio.marks.ofAsset(asset)?.price ?? 0), asset];
  }
};

const sumOf =
  (part: (line: FundLine) => Decimal) =>
  (views: LiquidationViews): Iterable<readonly [number, string]> =>
    inUsd(views, (line) => decimalToFloat(part(line)));

/** What those who run a cell watch of liquidations and of the insurance fund. */
export const liquidationFigures: readonly Figure<LiquidationViews>[] = [
  {
    name: 'plinth_liquidation_running',
    about: 'liquidations that have not ended, by what they are at',
    kind: 'gauge',
    labels: ['phase'],
    read: ({ liquidations }) =>
      countWords(
        ['planning', 'reducing', 'settling', 'paused'],
        [...liquidations.running()].map(({ phase, pausedFor }) =>
          pausedFor !== '' ? 'paused' : phase === 'completed' ? 'settling' : phase,
        ),
      ),
  },
  {
    name: 'plinth_liquidation_oldest_ms',
    about: 'age of the liquidation that has run longest',
    kind: 'gauge',
    labels: [],
    read: ({ liquidations }, now) => {
      let oldest = now;
      for (const { startedAtMs } of liquidations.running()) oldest = Math.min(oldest, startedAtMs);
      return [[now - oldest]];
    },
  },
  {
    name: 'plinth_liquidation_shortfalls_total',
    about: 'shortfalls that the insurance fund was asked for',
    kind: 'counter',
    labels: [],
    read: ({ fund }) => [[fund.shortfalls]],
  },
  {
    name: 'plinth_liquidation_fund_usd',
    about: 'insurance fund at the present marks, by asset',
    kind: 'gauge',
    labels: ['asset'],
    read: (views) => inUsd(views, ({ balance }) => textToFloat(balance)),
  },
  {
    name: 'plinth_liquidation_fund_paid_usd',
    about: 'what the fund has paid, net of what came back, at the present marks, by asset',
    kind: 'gauge',
    labels: ['asset'],
    read: sumOf(({ paidOut }) => paidOut),
  },
  {
    name: 'plinth_liquidation_uncovered_amount',
    about: 'shortfalls that the fund could not cover, of all time, by asset and in it: bad debt',
    kind: 'gauge',
    labels: ['asset'],
    read: ({ fund }) =>
      [...fund.lines()].map(([asset, { uncovered }]) => [decimalToFloat(uncovered), asset] as const),
  },
];
