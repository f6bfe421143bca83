import type { RequirementPart } from '../margin-model.ts';
import type { ConfidentPrice, UnderlyingMarket } from '../market.ts';
import type { OptionHolding } from '../portfolio.ts';
import type { ExpiryValues } from './expiries.ts';
import type { CollateralValue } from './model.ts';
import type { Contingencies, DerivePmrm2Parameters } from './parameters.ts';

/** Charges on notionals, positive; `initial` come on top of `maintenance`. */
export type Charges = Readonly<{
  maintenance: Readonly<{ perpetual: number; option: number; collateral: number }>;
  initial: Readonly<{ perpetual: number; option: number; collateral: number; oracle: number }>;
  parts: readonly RequirementPart[];
}>;

/** What an expiry loses at the price shocks of the basis, as a share that grows with its time; at most 0. */
export const basisCharge = (
  { markToMarket, basisUp, basisDown, years }: ExpiryValues,
  { basis }: DerivePmrm2Parameters,
): number =>
  Math.min(basisUp - markToMarket, basisDown - markToMarket, 0) * (basis.add + basis.perYear * years);

type Book = Readonly<{
  /** Sum of the sizes, long or short. */
  perpetualSize: number;
  perpetual: ConfidentPrice | undefined;
  underlying: UnderlyingMarket;
  expiries: readonly ExpiryValues[];
  collateral: readonly CollateralValue[];
}>;

export const chargesOf = (book: Book, terms: Contingencies): Charges => {
  const { perpetualSize, perpetual, underlying, expiries, collateral } = book;
  const { price: spot, confidence: spotConfidence } = underlying.spot;
  const perpetuals = perpetualSize * spot;
  const confidence = Math.min(spotConfidence, perpetual?.confidence ?? 1);
  let shorts = 0;
  let oracle = oracleCharge(confidence, perpetuals, terms);
  for (const { options, market } of expiries) {
    shorts += nakedShorts(options) * spot;
    const lowest = Math.min(
      confidence,
      market.forwardConfidence,
      market.rateConfidence,
      market.volatilityConfidence,
    );
    let size = 0;
    for (const option of options) size += Math.abs(option.size);
    oracle += oracleCharge(lowest, size * spot, terms);
  }
  let [haircut, initialHaircut] = [0, 0];
  for (const { value, confidence: trust, terms: own } of collateral) {
    haircut += value * own.maintenanceHaircut;
    initialHaircut += value * own.initialHaircut;
    oracle += oracleCharge(trust, value, terms);
  }
  return withParts(
    {
      perpetual: perpetuals * terms.perpetualMaintenance,
      option: shorts * terms.optionMaintenance,
      collateral: haircut,
    },
    {
      perpetual: perpetuals * terms.perpetualInitial,
      option: shorts * terms.optionInitial,
      collateral: initialHaircut,
      oracle,
    },
  );
};

const withParts = (maintenance: Charges['maintenance'], initial: Charges['initial']): Charges => {
  const both = (name: keyof Charges['maintenance']): RequirementPart => ({
    name,
    maintenance: maintenance[name],
    initial: maintenance[name] + initial[name],
  });
  return {
    maintenance,
    initial,
    parts: [
      both('perpetual'),
      both('option'),
      both('collateral'),
      { name: 'oracle', maintenance: 0, initial: initial.oracle },
    ],
  };
};

/** Only an oracle that is less sure than the threshold costs anything. */
const oracleCharge = (
  confidence: number,
  notional: number,
  { confidenceThreshold, confidenceFactor }: Contingencies,
): number => (confidence < confidenceThreshold ? (1 - confidence) * confidenceFactor * notional : 0);

/**
 * Short options that nothing covers, in units: at each strike of an expiry, a long call covers a short put
 * and a long put a short call.
 */
const nakedShorts = (options: readonly OptionHolding[]): number => {
  const strikes = new Map<number, { call: number; put: number }>();
  for (const { strike, isCall, size } of options) {
    const held = strikes.get(strike) ?? { call: 0, put: 0 };
    held[isCall ? 'call' : 'put'] += size;
    strikes.set(strike, held);
  }
  let naked = 0;
  for (const { call, put } of strikes.values()) {
    const short = Math.max(0, -call) + Math.max(0, -put);
    const long = Math.max(0, call) + Math.max(0, put);
    naked += call * put < 0 ? Math.max(0, short - long) : short;
  }
  return naked;
};
