import {
  deriveStandard,
  netInitial,
  netMaintenance,
  type DeriveStandardParameters,
  type DeriveStandardRequirement,
  type ExpiryMarket,
  type ModelMarket,
  type ModelPortfolio,
  type StandardMarket,
  type StandardMarketTerms,
} from '@plinth/margin/models';
import { OneOf } from '../comparison.ts';
import { CaseError, fieldsAt, flagAt, listAt, numberAt, numbersAt, type Fields } from '../fields.ts';
import type { CaseFormat } from '../format.ts';

const MARKETS = ['ETH', 'BTC'] as const;
type Market = (typeof MARKETS)[number];

/** From here on the settlement price, an average that is partly known, stands for the forward. */
const SETTLEMENT_SECONDS = 3600;

/** The parameter block of the published file. */
const PARAMETERS: Fields = {
  perp: { mm: 0.05, im: 0.065 },
  option: {
    maxSpotReq: 0.15,
    minSpotReq: 0.1,
    mmCallSpotReq: 0.075,
    mmPutSpotReq: 0.075,
    MMPutMtMReq: 0.075,
    unpairedIMScale: 1.2,
    unpairedMMScale: 1.1,
    mmOffsetScale: 1.05,
  },
  base: { marginFactor: 0.1, IMScale: 1 },
  depeg: { threshold: 0.98, factor: 1.2 },
  oracle: { threshold: 0.4, factor: 0.4 },
};

/**
 * Standard margin of options, perpetuals and coins on two markets. Optional keys: `parameters` (of the case,
 * else of the file, else those of the published file), `Cash`, `Perps_…`, `wETH`, `wBTC` 0, `USDCValue` 1,
 * every confidence 1, `OptionVols` from `SVIParams` (variance at ln K/F), `LastEntry…` and `…FundingIndex`
 * null: no profit, no funding. Funding is size · (index of the account − index of the market). In the last
 * hour `SettlementPrice…` stands for the forward; without it, `PercentFixed…` of `TWAP_…` and the rest of the
 * forward.
 */
export const deriveStandardMargin: CaseFormat = {
  name: '02-derive-standard-margin',
  keys: ['input.OptionStrikes', 'input.ETHSpotPrice', 'input.BTCSpotPrice'],
  tolerance: (item, { header }) => ({
    relative: numberAt(parametersFields(item, header), 'tolerance_rel', 1e-3),
    absolute: 1e-6,
  }),
  evaluate: (item, { header }) => {
    const input = fieldsAt(item, 'input');
    const parameters = parametersOf(parametersFields(item, header));
    return figuresOf(deriveStandard.requirement(portfolioOf(input), marketOf(input), parameters), input);
  },
  notes: [
    'PerpMargin and BaseMargin are one figure each for two requirements: the initial or the maintenance one',
  ],
};

const parametersFields = (item: Fields, header: Fields): Fields =>
  fieldsAt(fieldsAt(item, 'input'), 'parameters', fieldsAt(header, 'parameters', PARAMETERS));

const figuresOf = (result: DeriveStandardRequirement, input: Fields): Fields => {
  const of = (pick: (market: StandardMarket) => number): number =>
    result.markets.reduce((sum, market) => sum + pick(market), 0);
  const both = (pick: (market: StandardMarket) => StandardMarket['optionMargin']): OneOf =>
    new OneOf(
      of((market) => pick(market).initial),
      of((market) => pick(market).maintenance),
    );
  return {
    ...optionFigures('ETH', result),
    ...optionFigures('BTC', result),
    PortfolioMtM: result.markToMarket,
    UnrealizedPNL: of(({ unrealisedProfit }) => unrealisedProfit),
    UnsettledFunding: of(({ accruedFunding }) => accruedFunding),
    PerpMargin: both(({ perpetualMargin }) => perpetualMargin),
    OracleConts: of(({ oracle }) => oracle),
    DepegIMs: of(({ depeg }) => depeg),
    BaseMargin: both(({ baseMargin }) => baseMargin),
    Cash: numberAt(input, 'Cash', 0),
    HandMM: netMaintenance(result),
    HandIM: netInitial(result),
    realMM: netMaintenance(result),
    realIM: netInitial(result),
  };
};

const optionFigures = (name: Market, { markets }: DeriveStandardRequirement): Fields => {
  const expiries = markets.find(({ underlying }) => underlying === name)?.expiries ?? [];
  const of = (pick: (expiry: StandardMarket['expiries'][number]) => number): number =>
    expiries.reduce((sum, expiry) => sum + pick(expiry), 0);
  return {
    [`${name}OptionMM`]: of(({ margin }) => margin.maintenance),
    [`${name}OptionIM`]: of(({ margin }) => margin.initial),
    [`${name}OptionIsolatedMM`]: of(({ isolated }) => isolated.maintenance),
    [`${name}OptionIsolatedIM`]: of(({ isolated }) => isolated.initial),
    [`${name}OptionBoundedMM`]: of(({ bounded }) => bounded.maintenance),
    [`${name}OptionBoundedIM`]: of(({ bounded }) => bounded.initial),
  };
};

const portfolioOf = (input: Fields): ModelPortfolio => ({
  cash: numberAt(input, 'Cash', 0),
  perpetuals: MARKETS.map((name, i) => perpetualOf(input, name, i)).filter(({ size }) => size !== 0),
  options: numbersAt(input, 'OptionStrikes').map((strike, i) => ({
    underlying: underlyingAt(input, i),
    secondsToExpiry: at(input, 'OptionExpiries', i),
    strike,
    isCall: flagAt({ OptionIsCall: listAt(input, 'OptionIsCall')[i] }, 'OptionIsCall'),
    size: at(input, 'OptionAmounts', i),
  })),
  assets: MARKETS.map((asset) => ({ asset, quantity: numberAt(input, `w${asset}`, 0) })).filter(
    ({ quantity }) => quantity !== 0,
  ),
});

const perpetualOf = (input: Fields, name: Market, i: number): ModelPortfolio['perpetuals'][number] => {
  const size = numberAt(input, `Perps_${name}`, 0);
  if (size === 0) return { underlying: name, size, unrealisedProfit: 0, accruedFunding: 0 };
  const price = at(input, 'PerpPrice', i);
  const global = numberAt(input, `${name}GlobalFundingIndex`, 0);
  return {
    underlying: name,
    size,
    unrealisedProfit: size * (price - numberAt(input, `LastEntry${name}`, price)),
    accruedFunding: size * (numberAt(input, `Account${name}FundingIndex`, global) - global),
  };
};

const marketOf = (input: Fields): ModelMarket => ({
  stablePrice: numberAt(input, 'USDCValue', 1),
  assets: new Map(),
  underlyings: new Map(
    MARKETS.map((name, i) => [
      name,
      {
        spot: { price: numberAt(input, `${name}SpotPrice`), confidence: confidenceAt(input, i, 0) },
        ...(input['PerpPrice'] === undefined
          ? {}
          : { perpetual: { price: at(input, 'PerpPrice', i), confidence: confidenceAt(input, i, 1) } }),
        expiries: expiriesOf(input, name),
      },
    ]),
  ),
});

/** `SpotPerpConfidences`: one pair a market, of the spot price and of the perpetual. */
const confidenceAt = (input: Fields, market: number, place: 0 | 1): number => {
  const pair = listAt(input, 'SpotPerpConfidences', [])[market];
  return numberAt(
    { confidence: Array.isArray(pair) ? (pair as unknown[])[place] : undefined },
    'confidence',
    1,
  );
};

/** Feeds stand in the order of the options; the format repeats the expiry that several options share. */
const expiriesOf = (input: Fields, name: Market): readonly ExpiryMarket[] => {
  const feeds = numbersAt(input, 'FeedExpiries', []);
  const own = new Map<number, ExpiryMarket>();
  feeds.forEach((seconds, i) => {
    if (underlyingOfFeed(input, i, feeds.length) !== name || own.has(seconds)) return;
    own.set(seconds, {
      secondsToExpiry: seconds,
      forward: forwardOf(input, name, seconds, at(input, 'Forwards', i)),
      forwardConfidence: at(input, 'ForwardConfidences', i, 1),
      rate: at(input, 'Discounts', i, 0),
      rateConfidence: at(input, 'DiscountConfidences', i, 1),
      volatilityConfidence: lowestConfidence(input, name, seconds),
      volatility: (strike) => volatilityAt(input, name, seconds, strike, at(input, 'Forwards', i)),
    });
  });
  return [...own.values()];
};

const forwardOf = (input: Fields, name: Market, seconds: number, forward: number): number => {
  if (seconds >= SETTLEMENT_SECONDS) return forward;
  const fixed = numberAt(input, `PercentFixed${name}`, 0);
  return numberAt(
    input,
    `SettlementPrice${name}`,
    fixed * numberAt(input, `TWAP_${name}`, 0) + (1 - fixed) * forward,
  );
};

const optionsOf = (input: Fields, name: Market, seconds: number): readonly number[] =>
  numbersAt(input, 'OptionStrikes')
    .map((_, i) => i)
    .filter((i) => underlyingAt(input, i) === name && at(input, 'OptionExpiries', i) === seconds);

const lowestConfidence = (input: Fields, name: Market, seconds: number): number =>
  Math.min(1, ...optionsOf(input, name, seconds).map((i) => at(input, 'OptionVolConfidences', i, 1)));

const volatilityAt = (
  input: Fields,
  name: Market,
  seconds: number,
  strike: number,
  forward: number,
): number | undefined => {
  const i = optionsOf(input, name, seconds).find((place) => at(input, 'OptionStrikes', place) === strike);
  if (i === undefined) return undefined;
  if (input['OptionVols'] !== undefined) return at(input, 'OptionVols', i);
  const [a = NaN, b = NaN, rho = NaN, m = NaN, sigma = NaN] = numbersAt(input, 'SVIParams');
  const away = Math.log(strike / forward) - m;
  return Math.sqrt(a + b * (rho * away + Math.hypot(away, sigma)));
};

const underlyingOfFeed = (input: Fields, i: number, feeds: number): Market => {
  const names = listAt(input, 'OptionUnderlying', []);
  if (feeds === names.length) return underlyingAt(input, i);
  const distinct = [...new Set(names)];
  if (distinct.length === 1) return underlyingAt(input, 0);
  throw new CaseError('FeedExpiries: Expected one feed an option where options have several underlyings');
};

const underlyingAt = (input: Fields, i: number): Market => {
  const name = listAt(input, 'OptionUnderlying')[i];
  const known = MARKETS.find((market) => market === name);
  if (!known) throw new CaseError(`OptionUnderlying[${i}]: Expected ETH or BTC, was ${String(name)}`);
  return known;
};

const at = (input: Fields, key: string, i: number, fallback?: number): number => {
  const list = fallback === undefined ? listAt(input, key) : listAt(input, key, []);
  return numberAt({ [`${key}[${i}]`]: list[i] }, `${key}[${i}]`, fallback);
};

const parametersOf = (fields: Fields): DeriveStandardParameters => {
  const [perp, option, base] = [
    fieldsAt(fields, 'perp'),
    fieldsAt(fields, 'option'),
    fieldsAt(fields, 'base'),
  ];
  const [depeg, oracle] = [fieldsAt(fields, 'depeg'), fieldsAt(fields, 'oracle')];
  const threshold = numberAt(oracle, 'threshold', 0);
  const terms: StandardMarketTerms = {
    perpetual: { initial: numberAt(perp, 'im'), maintenance: numberAt(perp, 'mm') },
    option: {
      maximumInitial: numberAt(option, 'maxSpotReq'),
      minimumInitial: numberAt(option, 'minSpotReq'),
      callMaintenance: numberAt(option, 'mmCallSpotReq'),
      putMaintenance: numberAt(option, 'mmPutSpotReq'),
      putMaintenanceOfValue: numberAt(option, 'MMPutMtMReq'),
      unpairedInitial: numberAt(option, 'unpairedIMScale'),
      unpairedMaintenance: numberAt(option, 'unpairedMMScale'),
      putInitialOverMaintenance: numberAt(option, 'mmOffsetScale'),
    },
    base: { factor: numberAt(base, 'marginFactor'), initialScale: numberAt(base, 'IMScale', 1) },
    oracle: {
      perpetualThreshold: numberAt(oracle, 'perpThreshold', threshold),
      optionThreshold: numberAt(oracle, 'optionThreshold', threshold),
      baseThreshold: numberAt(oracle, 'baseThreshold', threshold),
      factor: numberAt(oracle, 'factor'),
    },
  };
  return {
    markets: new Map(MARKETS.map((name) => [name, terms])),
    depeg: { threshold: numberAt(depeg, 'threshold'), factor: numberAt(depeg, 'factor') },
  };
};
