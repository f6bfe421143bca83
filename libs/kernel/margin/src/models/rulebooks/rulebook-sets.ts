import { unitsToFloat } from '@plinth/money';
import { refuse } from '../../checks.ts';
import { checkBounds } from '../bounds.ts';
import { checkTier } from '../dydx/margin.ts';
import type { ModelMarket } from '../market.ts';
import { MARGIN_MODELS } from './margin-models.ts';
import { DEFAULT_RULEBOOKS, type RulebookName, type RulebookParameters } from './parameters.ts';
import { fromPlain, problemOf, toPlain, type ParametersProblem } from './parameters-json.ts';

/** Rulebooks whose parameters an event sets by themselves; the house's are those of the cell. */
export type PeerRulebook = Exclude<RulebookName, 'house'>;

/** A set as plain data, for JSON. */
export const plainRulebook = <N extends PeerRulebook>(parameters: RulebookParameters[N]): unknown =>
  toPlain(parameters);

export type RulebookSet<N extends PeerRulebook> =
  | Readonly<{ parameters: RulebookParameters[N]; problem?: undefined }>
  | Readonly<{ parameters?: undefined; problem: ParametersProblem }>;

/** Reads a set from plain data; the first thing that is wrong with it is named. */
export const readRulebook = <N extends PeerRulebook>(name: N, plain: unknown): RulebookSet<N> => {
  let parameters: RulebookParameters[N] | undefined;
  const problem = problemOf(() => {
    parameters = fromPlain(plain, DEFAULT_RULEBOOKS[name], name);
    checkRulebook({ ...DEFAULT_RULEBOOKS, [name]: parameters }, name);
  });
  if (problem !== undefined) return { problem };
  return parameters === undefined
    ? { problem: { field: name, message: 'Expected parameters' } }
    : { parameters };
};

const NOTHING = { cash: 0, perpetuals: [], options: [], assets: [] } as const;
const NO_MARKET: ModelMarket = { stablePrice: 1, underlyings: new Map(), assets: new Map() };

/** Weights of the integer rulebook are in 10⁻⁴, those of others are shares. */
const WEIGHTS = { initial: [0, 100_000], maintenance: [0, 100_000] } as const;
const SHARES = { init: [0, 10], maint: [0, 10] } as const;

const checkRulebook = (sets: RulebookParameters, name: PeerRulebook): void => {
  // Most rulebooks check their own bounds whatever the book is.
  MARGIN_MODELS[name].judge(NOTHING, market(sets, name), sets);
  switch (name) {
    case 'dydx':
      for (const [coin, { tier, resolution, openInterest }] of sets.dydx.markets) {
        checkTier(tier);
        checkBounds(coin, { resolution: [-18, 0], openInterest: [0, 1e15] }, { resolution, openInterest });
      }
      return;
    case 'drift':
      return checkDrift(sets.drift);
    case 'mango':
      return checkMango(sets.mango);
    case 'derive-pmrm2':
    case 'derive-standard':
    case 'paradex':
    case 'okx':
    case 'deribit':
      return;
  }
};

/** A market in which the unit of account has a price, for rulebooks that look it up. */
const market = (sets: RulebookParameters, name: PeerRulebook): ModelMarket => ({
  ...NO_MARKET,
  assets: new Map(sets[name].cash.map((asset) => [asset, { price: 1, confidence: 1 }])),
});

const units = (side: Readonly<{ initial: bigint; maintenance: bigint }>) => ({
  initial: unitsToFloat(side.initial, 0),
  maintenance: unitsToFloat(side.maintenance, 0),
});

const checkDrift = ({ spots, perps, initialProfitMax }: RulebookParameters['drift']): void => {
  checkBounds('drift', { initialProfitMax: [0, 1e18] }, { initialProfitMax });
  for (const [coin, { asset, liability, imfFactor, depositValue, scaleStart }] of spots) {
    checkBounds(`drift.spots.${coin}.asset`, WEIGHTS, units(asset));
    checkBounds(`drift.spots.${coin}.liability`, WEIGHTS, units(liability));
    checkFactor(`drift.spots.${coin}`, imfFactor);
    const amounts = { depositValue, scaleStart };
    checkBounds(`drift.spots.${coin}`, { depositValue: [0, 1e12], scaleStart: [0, 1e12] }, amounts);
  }
  for (const [coin, { marginRatio, imfFactor, profitWeight }] of perps) {
    checkBounds(`drift.perps.${coin}.marginRatio`, WEIGHTS, units(marginRatio));
    checkBounds(`drift.perps.${coin}.profitWeight`, WEIGHTS, units(profitWeight));
    checkFactor(`drift.perps.${coin}`, imfFactor);
  }
};

const checkFactor = (field: string, imfFactor: bigint): void => {
  if (imfFactor < 0n || imfFactor > 1_000_000n)
    refuse(`${field}.imfFactor`, `Expected 0 to 1000000, was ${imfFactor}`);
};

const checkMango = ({ settle, tokens, perps }: RulebookParameters['mango']): void => {
  if (!tokens.has(settle)) refuse('mango.tokens', `Expected terms of the settle token ${settle}`);
  for (const [coin, { asset, liability }] of tokens) {
    checkBounds(`mango.tokens.${coin}.asset`, SHARES, asset);
    checkBounds(`mango.tokens.${coin}.liability`, SHARES, liability);
  }
  for (const [coin, { baseAsset, baseLiability, overallAsset }] of perps) {
    checkBounds(`mango.perps.${coin}.baseAsset`, SHARES, baseAsset);
    checkBounds(`mango.perps.${coin}.baseLiability`, SHARES, baseLiability);
    checkBounds(`mango.perps.${coin}.overallAsset`, SHARES, overallAsset);
  }
};
