import type { GatewayConfig } from '@plinth/gateway';
import type { GatewayClient } from '@plinth/gateway/client';
import { rateCurve } from '@plinth/messages';
import { parametersFor, type MarketFeed } from '@plinth/simulation';
import { openGatewayWorld, type GatewayWorld } from './gateway-world.ts';

export const START_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

const RULE = {
  ...{ minSources: 1, maxAgeMs: 604_800_000, maxConfidencePpm: 200_000, maxDeviationPpm: 500_000 },
  ...{ maxMovePpmPerSecond: 1_000_000_000, maxTwapDeviationPpm: 0, floorPrice: '', capPrice: '' },
};

const LISTED = [
  { instrumentId: 'BTC/USD', kind: 'spot', contractSize: '1', feeScale: 6 },
  { instrumentId: 'BTC-PERP', kind: 'perpetual', contractSize: '1', feeScale: 6 },
] as const;

const LOT = { lot: '0.001', tick: '1', minQuantity: '0.001' };

/** A whole broker with a market of two instruments and two clients, `alpha` (a1, a2) and `beta` (b1). */
export type SmallCell = GatewayWorld & Readonly<{ alpha: GatewayClient; beta: GatewayClient }>;

/** What furnishes a cell: how commands get in, and the venue. */
type Furnishing = Pick<GatewayWorld, 'send' | 'venue'>;

const list = async ({ send }: Furnishing): Promise<void> => {
  await send('ListAsset', { asset: 'USD', scale: 6, kind: 'fiat', chains: ['bank'] });
  await send('ListAsset', { asset: 'BTC', scale: 8, kind: 'coin', chains: ['ethereum'] });
  for (const { instrumentId, kind, contractSize } of LISTED) {
    await send('ListInstrument', {
      ...{ instrumentId, kind, underlying: 'BTC', quoteAsset: 'USD', contractSize, inverse: false },
      ...{ expiresAtMs: 0, strike: '', optionType: '', priceRule: RULE },
    });
  }
  await send('RegisterVenue', {
    ...{
      venueId: 'alpha',
      kind: 'cex',
      chain: '',
      makerFeePpm: 0,
      takerFeePpm: 0,
      optionFeeCapPpm: 0,
      orderCost: '',
    },
    ...{ creditLimit: '100000000', defaultProbabilityPpm: 1_000, lossGivenDefaultPpm: 500_000 },
    ...{ requirementPpm: 50_000, transferablePpm: 500_000, rulebook: '' },
    listings: LISTED.map(({ instrumentId }) => ({ instrumentId, ...LOT })),
  });
  const curve = rateCurve({ kind: 'kinked', base: '0.01', slope1: '0.06', slope2: '1', kink: '0.85' });
  await send('OpenPool', { asset: 'USD', curve, reserveFactor: '0.1', settleEveryMs: 21_600_000 });
  await send('FundHouse', { fundingId: 'fund', purpose: 'insurance', asset: 'USD', amount: '2000000' });
  await send('FundHouse', { fundingId: 'pool', purpose: 'pool', asset: 'USD', amount: '5000000' });
  const assets = [{ symbol: 'BTC', kind: 'coin', depthUsd: 1e8 }];
  const parametersJson = parametersFor({ name: 'spec', assets } as unknown as MarketFeed);
  await send('SetRiskParameters', { version: 1, parametersJson });
};

const publish = async ({ send, venue }: Furnishing, atMs: number): Promise<void> => {
  const quotes = LISTED.map(({ instrumentId }) => ({
    ...{ instrumentId, source: `alpha:${instrumentId}`, group: 'alpha', price: '60000', sourceTimeMs: atMs },
    ...{ confidence: '0.0001', volume: '', bid: '', ask: '' },
  }));
  await send('PublishRound', { atMs, quotes });
  for (const { instrumentId } of LISTED) {
    const level = (price: string) => [{ price, quantity: '1000' }];
    venue.setLiquidity(instrumentId, level('59990'), level('60010'), atMs);
  }
};

const fund = async ({ send }: Furnishing, accountId: string, clientId: string): Promise<void> => {
  await send('OpenAccount', { accountId, clientId, name: '' });
  const deposit = { accountId, subAccountId: '', depositId: 'first', asset: 'USD', amount: '1000000' };
  await send('CreditDeposit', { ...deposit, location: 'venue:alpha' });
};

/** The book of the venue of that cell. */
export const LISTINGS = LISTED.map(({ instrumentId, contractSize, feeScale }) => ({
  ...{ instrumentId, contractSize, feeScale, ...LOT, feeAsset: 'USD', inverse: false },
}));

/** Market, accounts and prices; clients `alpha` and `beta` are there. */
export const furnish = async (into: Furnishing, atMs: number): Promise<void> => {
  await list(into);
  await fund(into, 'a1', 'alpha');
  await fund(into, 'a2', 'alpha');
  await fund(into, 'b1', 'beta');
  await publish(into, atMs);
};

export const openSmallCell = async (door: Partial<GatewayConfig> = {}): Promise<SmallCell> => {
  const world = await openGatewayWorld(START_MS, LISTINGS, door);
  const [alpha, beta] = [await world.enrol('alpha'), await world.enrol('beta')];
  await world.moveTo(START_MS + HOUR_MS);
  await furnish(world, START_MS + HOUR_MS);
  return { ...world, alpha, beta };
};

/** What a caller of that cell would put into a text field of that name, right or nearly right. */
export const vocabulary = (field: string): readonly string[] | undefined => {
  if (/(amount|quantity|price|ratio|size|limit|cost|strike|slope|base|kink|factor|value)/.test(field))
    return NUMBERS;
  return WORDS[field];
};

const NUMBERS = ['1', '0.5', '60000', '1000', '0', '-1', '0.001', '100000000', ''];

const WORDS: Readonly<Record<string, readonly string[]>> = {
  account_id: ['a1', 'a2', 'b1', 'nobody', ''],
  account_ids: ['a1', 'a2', 'b1'],
  to_account_id: ['a2', 'b1', 'nobody'],
  client_id: ['', 'alpha', 'gamma', 'delta'],
  sub_account_id: ['', 'main', 'sub1'],
  from_sub_account_id: ['', 'sub1'],
  to_sub_account_id: ['', 'sub1'],
  order_id: ['alpha.1', 'alpha.2', 'alpha.3', 'beta.1', 'operator.1'],
  instrument_id: ['BTC-PERP', 'BTC/USD', 'BTC/USD', 'ETH-PERP', ''],
  product_id: ['BTC-CS', ''],
  venue_id: ['alpha', 'bravo'],
  venues: ['alpha', 'bravo'],
  asset: ['USD', 'BTC', 'ETH'],
  underlying: ['BTC', 'ETH', ''],
  quote_asset: ['USD'],
  side: ['buy', 'sell'],
  order_type: ['market', 'limit'],
  time_in_force: ['ioc', 'gtc', 'fok', ''],
  kind: ['spot', 'perpetual', 'future', 'option', 'coin', 'fiat', 'cex', 'kinked', 'call-spread'],
  state: ['', 'approved', 'open', 'live', 'fixed', 'paused'],
  location: ['venue:alpha', 'vault:bank', 'pool:USD'],
  from: ['venue:alpha', 'vault:bank'],
  to: ['venue:alpha', 'vault:bank'],
  destination: ['bank-main', 'cold'],
  algorithm: ['ed25519', 'hmac-sha256'],
  scopes: ['read', 'trade'],
  purpose: ['insurance', 'pool'],
  parameters_json: ['{}', '{"scenarios":[]}', '[', 'null'],
  option_type: ['', 'call', 'put'],
  jurisdiction: ['CH', 'XX'],
  name: ['', 'Desk'],
  page_token: ['', '', 'x'],
  model: ['house', 'derive-pmrm2', 'nobody', ''],
  rulebook: ['', 'deribit', 'okx'],
  liquidation_id: ['l1', 'a1.1'],
  withdrawal_id: ['w1', 'w2'],
  transfer_id: ['t1', 't2'],
  move_id: ['m1'],
};
