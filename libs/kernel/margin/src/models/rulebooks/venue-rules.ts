import { MarginInputError } from '../../checks.ts';
import type { VenueContracts, VenueRule } from '../../venue-rule.ts';
import { tieredCost } from '../documented/charges.ts';
import type { ExpiryMarket, ModelMarket } from '../market.ts';
import { MARGIN_MODELS } from './margin-models.ts';
import type { RulebookParameters } from './parameters.ts';
import type { PeerRulebook } from './rulebook-sets.ts';
import { driftMarginShare } from '../drift/weights.ts';

/** A round price at which rulebooks that cut amounts to whole units lose less than 1e-11 of them. */
const PRICE = 1_000_000;

/**
 * A peer's rulebook as what it asks of one perpetual. All of them ask in proportion to price; in proportion
 * to size too, but for two that ask more of large positions. So one position judged in full gives the share
 * for all sizes, and what grows with the size is added in closed form.
 */
export const venueRule = (name: PeerRulebook, parameters: RulebookParameters): VenueRule => {
  const known = new Map<string, number | undefined>();
  const proportional = (underlying: string, side: 1 | -1): number | undefined => {
    const key = `${underlying} ${side}`;
    if (!known.has(key)) known.set(key, judged(name, parameters, underlying, side));
    return known.get(key);
  };
  const grown = growthOf(name, parameters);
  return {
    name,
    margins: MARGINS[name],
    maintenanceOf: (contracts) => judgedContracts(name, parameters, contracts),
    maintenanceShare: (underlying, size, price) => {
      const share = proportional(underlying, size < 0 ? -1 : 1);
      if (share === undefined) return undefined;
      return Math.min(1, Math.max(share, grown(underlying, Math.abs(size), price)));
    },
  };
};

/** Maintenance margin of one unit over its price; undefined where the rulebook refuses the underlying. */
const judged = (
  name: PeerRulebook,
  parameters: RulebookParameters,
  underlying: string,
  side: 1 | -1,
): number | undefined => {
  const price = { price: PRICE, confidence: 1 };
  const market: ModelMarket = {
    stablePrice: 1,
    assets: new Map(parameters[name].cash.map((asset) => [asset, { price: 1, confidence: 1 }])),
    underlyings: new Map([[underlying, { spot: price, perpetual: price, expiries: [] }]]),
  };
  const size = side * SAMPLE_SIZE;
  const perpetuals = [{ underlying, size, unrealisedProfit: 0, accruedFunding: 0 }];
  try {
    const book = { cash: 0, perpetuals, options: [], assets: [] };
    return MARGIN_MODELS[name].judge(book, market, parameters).maintenance / (PRICE * SAMPLE_SIZE);
  } catch (error) {
    if (error instanceof MarginInputError) return undefined;
    throw error;
  }
};

type Margins = VenueRule['margins'];
const LINEAR_ALONE: Margins = { inverse: false, options: false };
const WITH_OPTIONS: Margins = { inverse: false, options: true };
const EVERYTHING: Margins = { inverse: true, options: true };

const MARGINS: Readonly<Record<PeerRulebook, Margins>> = {
  ...{ dydx: LINEAR_ALONE, drift: LINEAR_ALONE, mango: LINEAR_ALONE },
  ...{ 'derive-pmrm2': WITH_OPTIONS, 'derive-standard': WITH_OPTIONS, paradex: WITH_OPTIONS },
  ...{ okx: EVERYTHING, deribit: EVERYTHING },
};

/** The whole rulebook on the contracts of one underlying; undefined where it refuses them. */
const judgedContracts = (
  name: PeerRulebook,
  parameters: RulebookParameters,
  { underlying, price, size, options }: VenueContracts,
): number | undefined => {
  const sure = { price, confidence: 1 };
  const market: ModelMarket = {
    stablePrice: 1,
    assets: new Map(parameters[name].cash.map((asset) => [asset, { price: 1, confidence: 1 }])),
    underlyings: new Map([[underlying, { spot: sure, perpetual: sure, expiries: expiriesOf(options) }]]),
  };
  const perpetuals = size === 0 ? [] : [{ underlying, size, unrealisedProfit: 0, accruedFunding: 0 }];
  const held = options.map(({ secondsToExpiry, strike, isCall, size: contracts }) => ({
    ...{ underlying, secondsToExpiry, strike, isCall, size: contracts },
  }));
  try {
    const book = { cash: 0, perpetuals, options: held, assets: [] };
    return Math.max(0, MARGIN_MODELS[name].judge(book, market, parameters).maintenance);
  } catch (error) {
    if (error instanceof MarginInputError) return undefined;
    throw error;
  }
};

const expiriesOf = (options: VenueContracts['options']): readonly ExpiryMarket[] =>
  [...Map.groupBy(options, ({ secondsToExpiry }) => secondsToExpiry)].map(([secondsToExpiry, own]) => ({
    secondsToExpiry,
    forward: own[0]?.forward ?? NaN,
    ...{ forwardConfidence: 1, rate: 0, rateConfidence: 1, volatilityConfidence: 1 },
    volatility: (strike) => own.find((option) => option.strike === strike)?.volatility,
  }));

/** Small enough that no rulebook asks more because of it, and whole in every rulebook's units. */
const SAMPLE_SIZE = 0.001;

type Growth = (underlying: string, size: number, price: number) => number;

/** The share that a position asks for because of its size; 0 where size changes nothing. */
const growthOf = (name: PeerRulebook, parameters: RulebookParameters): Growth => {
  switch (name) {
    case 'drift':
      return (underlying, size) => {
        const terms = parameters.drift.perps.get(underlying);
        return terms === undefined
          ? 0
          : driftMarginShare(size, terms.imfFactor, terms.marginRatio.maintenance);
      };
    case 'okx':
      return (_underlying, size, price) => {
        const { terms, tiers } = parameters.okx;
        const notional = size * price;
        return notional === 0 ? 0 : tieredCost(notional * terms.cost, tiers) / notional;
      };
    case 'derive-pmrm2':
    case 'derive-standard':
    case 'dydx':
    case 'mango':
    case 'paradex':
    case 'deribit':
      return () => 0;
  }
};
