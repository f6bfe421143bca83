import { VENUE_TERMS } from './venue-terms.ts';
import type { FeedInstrument, MarketFeed } from '../market/market-feed.ts';
import type { PlannedAccount } from './population.ts';
import { rateCurve } from '@plinth/messages';

export type ScriptedCommand = Readonly<{ name: string; request: unknown; tenant: string }>;

const DAY_MS = 86_400_000;

const operator = (name: string, request: unknown): ScriptedCommand => ({ name, request, tenant: 'operator' });

/**
 * What the house brings: the insurance fund in USD, and cash for the pools as a share of each asset's depth.
 */
const INSURANCE_USD = '2000000';
const POOL_DEPTH_SHARE = 0.5;
const POOL_CASH_USD = 100_000_000;

/**
 * The steps before the first tick, each resting on what those before it have put into the log: reference
 * data, prices, clients, accounts, money.
 */
export const openingSteps = (
  feed: MarketFeed,
  accounts: readonly PlannedAccount[],
  parametersJson: string,
): readonly (readonly ScriptedCommand[])[] => [
  feed.assets.map(({ symbol, scale, kind }) =>
    operator('ListAsset', { asset: symbol, scale, kind, chains: [kind === 'fiat' ? 'bank' : 'ethereum'] }),
  ),
  feed.instruments.map((instrument) => operator('ListInstrument', listing(instrument))),
  ...(feed.products.length === 0 ? [] : [feed.products.map((product) => operator('ListProduct', product))]),
  [
    ...feed.venues.map((venue) => operator('RegisterVenue', venueRequest(feed, venue))),
    ...feed.assets.map(({ symbol }) => openPool(symbol)),
  ],
  houseCommands(feed),
  [operator('SetRiskParameters', { version: 1, parametersJson })],
  ...clientSteps(accounts),
];

/** The clients' part of it: who they are, and what they bring. */
export const clientSteps = (accounts: readonly PlannedAccount[]): readonly (readonly ScriptedCommand[])[] => [
  clientsOf(accounts).map((clientId) =>
    operator('OpenClient', { clientId, name: `Client ${clientId}`, jurisdiction: 'CH' }),
  ),
  clientsOf(accounts).flatMap((clientId) => [
    operator('SetKycState', { clientId, state: 'approved', reason: 'simulated' }),
    operator('AddWithdrawalDestination', { clientId, asset: 'USD', destination: 'bank-main' }),
  ]),
  accounts.map(({ accountId, clientId, style }) =>
    operator('OpenAccount', { accountId, clientId, name: style }),
  ),
  accounts.flatMap(({ accountId, deposits }) =>
    deposits.map((deposit, n) =>
      operator('CreditDeposit', { accountId, subAccountId: '', depositId: `open-${n}`, ...deposit }),
    ),
  ),
];

const clientsOf = (accounts: readonly PlannedAccount[]): readonly string[] => [
  ...new Set(accounts.map(({ clientId }) => clientId)),
];

const BOUNDS = { maxConfidencePpm: 20_000, maxDeviationPpm: 30_000, maxMovePpmPerSecond: 2_000 };
/** A premium moves by multiples of itself, and a cheap one is quoted wide. */
const OPTION_BOUNDS = { maxConfidencePpm: 900_000, maxDeviationPpm: 500_000, maxMovePpmPerSecond: 1_000_000 };

const listing = (instrument: FeedInstrument): unknown => ({
  instrumentId: instrument.instrumentId,
  kind: instrument.kind,
  underlying: instrument.underlying,
  quoteAsset: instrument.quoteAsset,
  contractSize: '1',
  inverse: false,
  expiresAtMs: instrument.expiresAtMs,
  strike: instrument.strike,
  optionType: instrument.optionType,
  priceRule: {
    minSources: instrument.minSources,
    maxAgeMs: instrument.maxAgeMs,
    ...(instrument.kind === 'option' ? OPTION_BOUNDS : BOUNDS),
    maxTwapDeviationPpm: 0,
    floorPrice: '',
    capPrice: '',
  },
});

const venueRequest = (feed: MarketFeed, venue: MarketFeed['venues'][number]): unknown => ({
  venueId: venue.venueId,
  kind: 'cex',
  chain: '',
  makerFeePpm: venue.makerFeePpm,
  takerFeePpm: venue.takerFeePpm,
  optionFeeCapPpm: venue.optionFeeCapPpm,
  creditLimit: venue.creditLimit,
  defaultProbabilityPpm: venue.defaultProbabilityPpm,
  ...VENUE_TERMS,
  listings: feed.instruments
    .filter(({ instrumentId }) => venue.instruments.includes(instrumentId))
    .map(({ instrumentId, lot, tick }) => ({ instrumentId, lot, tick, minQuantity: lot })),
});

const openPool = (asset: string): ScriptedCommand =>
  operator('OpenPool', {
    asset,
    curve: rateCurve({ kind: 'kinked', base: '0.01', slope1: '0.06', slope2: '1', kink: '0.85' }),
    reserveFactor: '0.1',
    settleEveryMs: DAY_MS / 4,
  });

const houseCommands = (feed: MarketFeed): readonly ScriptedCommand[] => [
  operator('FundHouse', {
    fundingId: 'insurance',
    purpose: 'insurance',
    asset: 'USD',
    amount: INSURANCE_USD,
  }),
  ...feed.assets.map(({ symbol, kind, price, depthUsd }) => {
    const usd = kind === 'fiat' ? POOL_CASH_USD : Math.min(depthUsd * POOL_DEPTH_SHARE, POOL_CASH_USD / 2);
    const amount = String(Math.max(1, Math.floor(usd / price)));
    return operator('FundHouse', { fundingId: `pool-${symbol}`, purpose: 'pool', asset: symbol, amount });
  }),
];
