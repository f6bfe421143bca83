import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GatewayClient } from '@plinth/gateway/client';
import { Auditor, parametersFor, type MarketFeed } from '@plinth/simulation';
import { openGatewayWorld, type GatewayWorld } from '../testing/gateway-world.ts';

const HOUR = 3_600_000;
const START = 1_800_000_000_000;
const EXPIRY = START + 48 * HOUR;
const HALF = 15 * 60_000;

const FUTURE = 'BTC-20270117';
const C60 = `${FUTURE}-60000-C`;
const C62 = `${FUTURE}-62000-C`;
const COIN_FUTURE = 'BTC-20270117-I';
const COIN_C60 = `${FUTURE}-60000-CI`;
const SPREAD = 'BTC-CS-60-62';

type Terms = Readonly<{
  kind: string;
  bid: string;
  ask: string;
  strike?: string;
  inverse?: boolean;
  tick?: string;
}>;

/** What is traded, with the venue's best prices while the index stands at 60,000. */
const TRADED: Readonly<Record<string, Terms>> = {
  [FUTURE]: { kind: 'future', bid: '59990', ask: '60010' },
  [C60]: { kind: 'option', bid: '1060', ask: '1070', strike: '60000' },
  [C62]: { kind: 'option', bid: '395', ask: '405', strike: '62000' },
  [COIN_FUTURE]: { kind: 'future', bid: '59990', ask: '60010', inverse: true },
  [COIN_C60]: { kind: 'option', bid: '0.0174', ask: '0.018', strike: '60000', inverse: true, tick: '0.0001' },
};

const RULE = {
  ...{ minSources: 1, maxAgeMs: 604_800_000, maxConfidencePpm: 200_000, maxDeviationPpm: 500_000 },
  ...{ maxMovePpmPerSecond: 1_000_000_000, maxTwapDeviationPpm: 0, floorPrice: '', capPrice: '' },
};

const quoteAssetOf = ({ inverse }: Terms): string => (inverse === true ? 'BTC' : 'USD');
const sizeOf = ({ inverse, kind }: Terms): string => (inverse === true && kind === 'future' ? '100' : '1');
const lotOf = (terms: Terms): string => (sizeOf(terms) === '100' ? '1' : '0.1');

let world: GatewayWorld;
let client: GatewayClient;

const quote = (instrumentId: string, price: string, at: number) => ({
  ...{ instrumentId, source: `alpha:${instrumentId}`, group: 'alpha', price, sourceTimeMs: at },
  ...{ confidence: '0.0001', volume: '', bid: '', ask: '' },
});

const publish = async (at: number, index: string, withContracts = true) => {
  await world.moveTo(at);
  const middles = Object.entries(TRADED).map(([id, { bid, ask }]) =>
    quote(id, String((Number(bid) + Number(ask)) / 2), at),
  );
  const quotes = [quote('BTC/USD', index, at), ...(withContracts ? middles : [])];
  await world.send('PublishRound', { atMs: at, quotes });
};

const showBooks = (at: number) => {
  for (const [instrumentId, { bid, ask }] of Object.entries(TRADED)) {
    const level = (price: string) => [{ price, quantity: '1000' }];
    world.venue.setLiquidity(instrumentId, level(bid), level(ask), at);
  }
};

const order = async (orderId: string, instrumentId: string, side: string, quantity: string) => {
  await client.call('Trading', 'PlaceOrder', {
    ...{ orderId, accountId: 'a1', subAccountId: '', instrumentId, side, quantity, orderType: 'market' },
    ...{ limitPrice: '', timeInForce: 'ioc', venues: [], reduceOnly: false },
  });
  await world.settle();
  const { response } = await client.call('Trading', 'GetOrder', { orderId, read: undefined });
  return response;
};

const productOrder = (orderId: string, quantity: string) =>
  client.call('Trading', 'PlaceProductOrder', {
    ...{ orderId, accountId: 'a1', subAccountId: '', productId: SPREAD, side: 'buy', quantity },
    ...{ orderType: 'limit', limitPrice: '680' },
  });

const balances = async (): Promise<Readonly<Record<string, string>>> => {
  const { response } = await client.call('Accounts', 'GetAccount', { accountId: 'a1', read: undefined });
  const free: Record<string, string> = {};
  for (const { asset, amount, location } of response.balances) free[`${asset} ${location}`] = amount;
  return free;
};

const margin = async () =>
  (await client.call('Margin', 'GetMargin', { accountId: 'a1', read: undefined })).response;

const refusalOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

const listEverything = async () => {
  for (const [asset, scale, kind] of [
    ['USD', 6, 'fiat'],
    ['BTC', 8, 'coin'],
  ] as const)
    await world.send('ListAsset', { asset, scale, kind, chains: ['bank'] });
  const list = (instrumentId: string, change: object) =>
    world.send('ListInstrument', {
      ...{ instrumentId, kind: 'spot', underlying: 'BTC', quoteAsset: 'USD', contractSize: '1' },
      ...{ inverse: false, expiresAtMs: 0, strike: '', optionType: '', priceRule: RULE },
      ...change,
    });
  await list('BTC/USD', {});
  for (const [id, terms] of Object.entries(TRADED)) {
    const { kind, strike = '', inverse = false } = terms;
    const optionType = kind === 'option' ? 'call' : '';
    const settles = { quoteAsset: quoteAssetOf(terms), contractSize: sizeOf(terms) };
    await list(id, { kind, strike, inverse, optionType, expiresAtMs: EXPIRY, ...settles });
  }
  await world.send('RegisterVenue', {
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
    listings: Object.entries(TRADED).map(([instrumentId, terms]) => {
      const lot = lotOf(terms);
      return { instrumentId, lot, tick: terms.tick ?? '1', minQuantity: lot };
    }),
  });
  const assets = [{ symbol: 'BTC', kind: 'coin', depthUsd: 1e8 }];
  const parametersJson = parametersFor({ name: 'spec', assets } as unknown as MarketFeed);
  await world.send('SetRiskParameters', { version: 1, parametersJson });
};

beforeAll(async () => {
  world = await openGatewayWorld(
    START,
    Object.entries(TRADED).map(([instrumentId, terms]) => ({
      ...{ instrumentId, lot: lotOf(terms), minQuantity: lotOf(terms), tick: terms.tick ?? '1' },
      ...{ contractSize: sizeOf(terms), feeAsset: quoteAssetOf(terms), expiresAtMs: EXPIRY },
      inverse: terms.inverse === true && terms.kind === 'future',
      feeScale: terms.inverse === true ? 8 : 6,
    })),
  );
  client = await world.enrol('acme');
  await listEverything();
  await world.send('OpenAccount', { accountId: 'a1', clientId: 'acme', name: '' });
  for (const [asset, amount] of [
    ['USD', '1000000'],
    ['BTC', '5'],
  ] as const) {
    const deposit = { accountId: 'a1', subAccountId: '', depositId: asset, asset, amount };
    await world.send('CreditDeposit', { ...deposit, location: 'venue:alpha' });
  }
  await publish(START + HOUR, '60000');
  showBooks(START + HOUR);
}, 60_000);

afterAll(() => world.stop());

/** One story, told in order: each step stands on those before it. */
describe('options, futures and a call spread through the gateway', () => {
  it('the operator lists a product; one with an unknown leg is refused', async () => {
    const product = (productId: string, high: string) =>
      world.operator.call('Operations', 'ListProduct', {
        ...{ productId, name: 'Call spread', kind: 'call-spread' },
        legs: [
          { instrumentId: C60, ratio: '1' },
          { instrumentId: high, ratio: '-1' },
        ],
      });
    expect(await refusalOf(product('BTC-CS-XX', `${FUTURE}-99000-C`))).toMatch('list it first');
    await product(SPREAD, C62);
    await world.settle();
    const { response } = await client.call('Trading', 'ListProducts', {
      ...{ underlying: 'BTC', pageSize: 0, pageToken: '', read: undefined },
    });
    expect(response.products).toMatchObject([{ productId: SPREAD, netPrice: '665', state: 'live' }]);
  });

  it('a call is bought: the premium is paid at once, and margin knows it', async () => {
    const before = await margin();
    const bought = await order('acme.1', C60, 'buy', '0.5');
    expect(bought).toMatchObject({ outcome: 'filled', averagePrice: '1070' });
    expect(await balances()).toMatchObject({ 'USD venue:alpha': '999465' });
    const after = await margin();
    // What was paid over the mark is lost; the rest is worth what it cost.
    expect(Number(before.figures?.equity) - Number(after.figures?.equity)).toBeCloseTo(0.5 * 5, 4);
  });

  it('what an order would make of the account is what it makes of it, with the money elsewhere', async () => {
    await world.send('OpenAccount', { accountId: 'a2', clientId: 'acme', name: '' });
    const deposit = { accountId: 'a2', subAccountId: '', depositId: 'cash', asset: 'USD', amount: '400' };
    await world.send('CreditDeposit', { ...deposit, location: 'vault:bank' });
    const coins = { ...deposit, depositId: 'coins', asset: 'BTC', amount: '0.5' };
    await world.send('CreditDeposit', { ...coins, location: 'vault:bank' });
    const { response: supposed } = await client.call('Margin', 'WhatIf', {
      ...{ accountId: 'a2', transfers: [], priceMoves: [], volatilityMoves: [], parametersJson: '' },
      orders: [{ instrumentId: C60, side: 'buy', quantity: '0.4', price: '1070', venueId: 'alpha' }],
      read: undefined,
    });
    await client.call('Trading', 'PlaceOrder', {
      ...{ orderId: 'acme.w1', accountId: 'a2', subAccountId: '', instrumentId: C60, side: 'buy' },
      ...{ quantity: '0.4', orderType: 'market', limitPrice: '', timeInForce: 'ioc', venues: [] },
      reduceOnly: false,
    });
    await world.settle();
    const asked = { accountId: 'a2', read: undefined };
    const { response: account } = await client.call('Accounts', 'GetAccount', asked);
    // 428 were paid: 400 from the vault, the rest lent.
    expect(account.balances.map(({ asset }) => asset)).toEqual(['BTC']);
    expect(account.debts).toMatchObject([{ asset: 'USD', amount: '28' }]);
    const { figures } = (await client.call('Margin', 'GetMargin', asked)).response;
    for (const figure of ['equity', 'initialMargin', 'maintenanceMargin'] as const)
      expect(Number(supposed.after?.[figure])).toBeCloseTo(Number(figures?.[figure]), 6);
  });

  it('futures are bought, in dollars and in coin, and a call in coin', async () => {
    expect(await order('acme.2', FUTURE, 'buy', '0.2')).toMatchObject({ outcome: 'filled' });
    expect(await order('acme.3', COIN_FUTURE, 'buy', '10')).toMatchObject({ averagePrice: '60010' });
    expect(await order('acme.4', COIN_C60, 'buy', '1')).toMatchObject({ averagePrice: '0.018' });
    expect(await balances()).toEqual({ 'BTC venue:alpha': '4.982', 'USD venue:alpha': '999465' });
  });

  it('a call spread is bought as one', async () => {
    await productOrder('acme.s1', '1');
    await world.settle();
    const { response } = await client.call('Trading', 'GetProductOrder', {
      ...{ orderId: 'acme.s1', read: undefined },
    });
    expect(response).toMatchObject({ outcome: 'filled', netPrice: '675', filledQuantity: '1' });
    expect(response.legs.map(({ instrumentId, side }) => [instrumentId, side])).toEqual([
      [C60, 'buy'],
      [C62, 'sell'],
    ]);
    expect(await balances()).toMatchObject({ 'USD venue:alpha': '998790' });
    expect(Number((await margin()).figures?.initialMargin)).toBeGreaterThan(0);
  });

  it('what cannot be is refused by its field, and nothing is changed by it', async () => {
    const { position } = await world.log.head();
    const listing = {
      ...{ instrumentId: `${FUTURE}-50000-P`, kind: 'option', underlying: 'BTC', quoteAsset: 'USD' },
      ...{ contractSize: '1', inverse: false, expiresAtMs: EXPIRY, strike: '50000', optionType: 'put' },
      priceRule: RULE,
    };
    const list = (change: object) =>
      world.operator.call('Operations', 'ListInstrument', { ...listing, ...change });
    const suppose = (change: object) =>
      client.call('Margin', 'WhatIf', {
        ...{ accountId: 'a1', orders: [], transfers: [], priceMoves: [], volatilityMoves: [] },
        ...{ parametersJson: '', read: undefined, ...change },
      });
    const volatility = (move: string) => suppose({ volatilityMoves: [{ underlying: 'BTC', move }] });
    const refusals: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['expires_at_ms', () => list({ expiresAtMs: START - HOUR })],
      ['strike', () => list({ strike: '0' })],
      ['strike', () => list({ strike: '-50000' })],
      ['option_type', () => list({ optionType: 'swap' })],
      ['volatilityMoves[0].move', () => volatility('1000')],
      ['volatilityMoves[0].move', () => volatility('-1')],
      ['priceMoves[0].move', () => suppose({ priceMoves: [{ underlying: 'BTC', move: '-1' }] })],
    ];
    for (const [field, call] of refusals) expect(await refusalOf(call())).toContain(field);
    expect((await world.log.head()).position).toBe(position);
  });

  it('a rulebook that cannot margin an option says so, and never answers 0', async () => {
    const { response } = await client.call('Margin', 'MarginUnder', {
      ...{ accountId: 'a1', models: ['dydx', 'drift', 'mango', 'deribit'], orders: [], transfers: [] },
      read: undefined,
    });
    for (const row of response.models.slice(0, 3)) {
      expect(row).toMatchObject({ state: 'refused', initialMargin: '', maintenanceMargin: '', equity: '' });
      expect(row.refusal).toMatch(/Expected .*, was .*BTC-20270117/);
    }
  });

  it('everything expires and is settled to the cent at the 30-minute average', async () => {
    await publish(EXPIRY - 4 * HALF, '61000');
    await publish(EXPIRY - 2 * HALF, '62000');
    await publish(EXPIRY - HALF, '64001');
    await world.moveTo(EXPIRY);
    const { response } = await client.call('Trading', 'ListSettlements', {
      ...{ underlying: 'BTC', state: 'fixed', pageSize: 0, pageToken: '', read: undefined },
    });
    expect(response.settlements).toMatchObject([{ price: '63000.5', coveredMs: 2 * HALF, samples: 2 }]);
    expect(response.settlements[0]?.instrumentIds).toEqual(Object.keys(TRADED).sort());
    const amounts = (await world.log.read(0n, 10_000)).flatMap((event) =>
      event.type === 'ContractSettled' && event.data.accountId === 'a1'
        ? [[event.data.instrumentId, event.data.quantity, event.data.amount]]
        : [],
    );
    expect(Object.fromEntries(amounts.map(([id, ...rest]) => [id, rest]))).toEqual({
      [C60]: ['1.5', '4500.75'],
      [C62]: ['-1', '-1000.5'],
      [FUTURE]: ['0.2', '598.1'],
      // 1 · 3000.5 / 63000.5, and 1000 / 60010 − 1000 / 63000.5; both rounded against the account.
      [COIN_C60]: ['1', '0.0476266'],
      [COIN_FUTURE]: ['10', '0.00079099'],
    });
    expect(await balances()).toMatchObject({ 'USD venue:alpha': '1002888.35' });
  });

  it('nothing is left: no position, no margin, and equity is the money', async () => {
    const { response } = await client.call('Accounts', 'ListPositions', {
      ...{ accountId: 'a1', instrumentId: '', pageSize: 0, pageToken: '', read: undefined },
    });
    expect(response.positions).toEqual([]);
    const { 'BTC venue:alpha': coins } = await balances();
    const worth = 1_002_888.35 + Number(coins) * 64_001;
    const after = await margin();
    expect(Number(after.figures?.equity)).toBeLessThanOrEqual(worth);
    expect(Number(after.figures?.equity)).toBeGreaterThan(0.95 * worth);
  });

  it('why margin and value changed is told to the owner, and to nobody else', async () => {
    const [spread] = (await world.log.read(0n, 10_000)).filter(({ type }) => type === 'BundleClosed');
    const from = { position: spread!.position, atMs: 0 };
    const request = { accountId: 'a1', from, to: undefined, read: undefined };
    const { response } = await client.call('Margin', 'ExplainDifference', request);
    const required = new Map(response.initial.map(({ label, amount }) => [label, Number(amount)]));
    expect([...required.keys()]).toEqual(expect.arrayContaining(['time', 'price', 'BTC', 'position']));
    // Nothing is open any more.
    expect(required.get('position')).toBeLessThan(0);
    const { response: told } = await client.call('Margin', 'ExplainProfit', request);
    expect(told.from).toEqual(response.from);
    expect(told.to?.position).toBe((await world.log.head()).position);
    const worth = 1_002_888.35 + Number((await balances())['BTC venue:alpha']) * 64_001;
    expect(told.profit[0]?.label).toMatch(`to ${worth.toFixed(2)}`);
    expect(Math.abs(Number(told.residual))).toBeLessThanOrEqual(Number(told.residualBound));
    const other = await world.enrol('other');
    const missing = { ...request, accountId: 'nobody' };
    expect(await refusalOf(other.call('Margin', 'ExplainProfit', request))).toBe(
      await refusalOf(other.call('Margin', 'ExplainProfit', missing)),
    );
    const reversed = { ...request, to: { ...from, position: 1n } };
    expect(await refusalOf(client.call('Margin', 'ExplainDifference', reversed))).toMatch('to: Expected');
  });

  it('nothing more is taken in what has expired', async () => {
    expect(await refusalOf(order('acme.5', C60, 'buy', '0.1'))).toMatch('has expired');
    expect(await refusalOf(productOrder('acme.s2', '1'))).toMatch('has expired');
    expect((await world.venue.orderBook(C60, 5, AbortSignal.timeout(1_000))).status).toBe('book');
  });

  it('the auditor finds nothing to object to', async () => {
    const auditor = new Auditor();
    for (const event of await world.log.read(0n, 10_000)) auditor.apply(event);
    const { found, events } = auditor.finish();
    expect(found).toEqual([]);
    expect(world.bugs).toEqual([]);
    expect(events).toBeGreaterThan(50);
  });
});
