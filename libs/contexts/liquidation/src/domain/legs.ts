import type { Side } from '@plinth/market';

export type LegKind = 'close' | 'sell' | 'buy-back';

/** Something that a liquidation may do: close a derivative, sell collateral, buy back what was borrowed. */
export type LegTerms = Readonly<{
  kind: LegKind;
  instrumentId: string;
  /** Where it must trade; empty when the router may choose (spot). */
  venueId: string;
  /** A venue for the margin of a leg that may trade anywhere. */
  marginVenueId: string;
  side: Side;
  underlying: string;
  /** One lot in 1e-18 units of the instrument, and in units. */
  lot: bigint;
  lotSize: number;
  /** Lots that there are to trade, and fewest that a venue takes. */
  totalLots: number;
  minLots: number;
  /** Most lots of one step: bounded participation. */
  stepLots: number;
  /** Units of the underlying per lot in 1e-36, so that legs are matched exactly. */
  lotUnderlying: bigint;
  /** Mark in the quote asset, and USD of one unit at the mark. */
  mark: number;
  unitUsd: number;
  /** Units of the quote asset for one USD. */
  quotePerUsd: number;
  /** The venue's and the house's, parts per million of the notional at the mark. */
  takerFeePpm: number;
  /** Expected cost of trading a notional (USD) at once, as a fraction of it, fees not included. */
  impact: (notionalUsd: number) => number;
}>;

/** Lots of a leg together with what they are expected to trade at. Money in USD unless said otherwise. */
export type PricedLeg = Readonly<{
  terms: LegTerms;
  lots: number;
  quantity: number;
  /** Expected price in the quote asset, and the venue's fee in the quote asset. */
  price: number;
  fee: number;
  cost: number;
  notional: number;
}>;

const PPM = 1_000_000;

/** What trading `lots` is expected to cost: price impact from the mark, and the taker fee. */
export const priceLeg = (terms: LegTerms, lots: number): PricedLeg => {
  const quantity = lots * terms.lotSize;
  const notional = quantity * terms.unitUsd;
  const impact = terms.impact(notional);
  const sign = terms.side === 'buy' ? 1 : -1;
  const price = terms.mark * (1 + sign * impact);
  const feeRate = terms.takerFeePpm / PPM;
  return {
    terms,
    lots,
    quantity,
    price,
    fee: feeRate * notional * terms.quotePerUsd,
    cost: notional * (impact + feeRate),
    notional,
  };
};

/** Legs that are only taken together, in steps from 1 to `steps`. `lotsAt` gives the lots of each of them. */
export type Bundle = Readonly<{
  name: string;
  legs: readonly number[];
  steps: number;
  lotsAt: (step: number) => readonly number[];
}>;
