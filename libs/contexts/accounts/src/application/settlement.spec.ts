import { describe, expect, it } from '@jest/globals';
import { amountOf } from '../domain/ledger-amount.ts';
import { balances, deposit, eventOf, openWorld, types, type World } from '../testing/world.ts';

const EXPIRY = 1_000_000;

type Terms = Readonly<{
  kind: string;
  quoteAsset?: string;
  inverse?: boolean;
  strike?: string;
  type?: string;
}>;

const list = (world: World, instrumentId: string, { kind, quoteAsset = 'USD', ...rest }: Terms) => {
  const { inverse = false, strike = '', type: optionType = '' } = rest;
  const contractSize = inverse && kind === 'future' ? '100' : '1';
  const data = { instrumentId, kind, underlying: 'BTC', quoteAsset, contractSize, inverse, strike };
  world.given(
    `instrument-${instrumentId}`,
    0,
    eventOf('InstrumentListed', { ...data, optionType, expiresAtMs: EXPIRY }),
  );
};

const FUTURE = 'BTC-20270326';
const CALL = 'BTC-20270326-100-C';
const PUT = 'BTC-20270326-100-P';
const COIN_CALL = 'BTC-20270326-100-CI';
const COIN_FUTURE = 'BTC-20270326-I';

const datedWorld = (): World => {
  const world = openWorld();
  list(world, FUTURE, { kind: 'future' });
  list(world, CALL, { kind: 'option', strike: '100', type: 'call' });
  list(world, PUT, { kind: 'option', strike: '100', type: 'put' });
  list(world, COIN_CALL, { kind: 'option', quoteAsset: 'BTC', inverse: true, strike: '100', type: 'call' });
  list(world, COIN_FUTURE, { kind: 'future', quoteAsset: 'BTC', inverse: true });
  return world;
};

const fix = (world: World, price: string, instrumentIds = [FUTURE, CALL, PUT, COIN_CALL, COIN_FUTURE]) =>
  world.given(
    `settlement-BTC.USD.${EXPIRY}`,
    EXPIRY,
    eventOf('SettlementPriceFixed', {
      ...{ underlying: 'BTC', priceAsset: 'USD', expiresAtMs: EXPIRY, price, instrumentIds },
    }),
  );

const settled = (events: ReturnType<World['given']>) =>
  events.flatMap((event) => (event.type === 'ContractSettled' ? [event.data] : []));

const open = (world: World, accountId: string) =>
  [...world.entries()].filter(([key]) => key.startsWith(`positions/position:${accountId}`));

describe('a fill of an option', () => {
  it('moves the premium at once and realises nothing', () => {
    const world = datedWorld();
    deposit(world, 'a1', '1000');
    const [, bought] = world.fill('a1', { instrumentId: CALL, quantity: '2', price: '7.5', fee: '0.1' });
    expect(bought?.data).toMatchObject({
      realisedProfit: '0',
      positionQuantity: '2',
      entryPrice: '7.5',
      entryCost: '15',
    });
    expect(balances(world, 'client')).toEqual({ 'client:a1:USD:venue:alpha:USD': '984.9' });
    const [, sold] = world.fill('a1', { instrumentId: CALL, side: 'sell', quantity: '2', price: '9' });
    expect(sold?.data).toMatchObject({ realisedProfit: '0', positionQuantity: '0' });
    expect(balances(world, 'client')).toEqual({ 'client:a1:USD:venue:alpha:USD': '1002.9' });
  });

  it('of an inverse one moves coin: its price is in coin already', () => {
    const world = datedWorld();
    deposit(world, 'a1', '1', 'BTC');
    world.fill('a1', { instrumentId: COIN_CALL, quantity: '2', price: '0.05', feeAsset: 'BTC' });
    expect(balances(world, 'client')).toEqual({ 'client:a1:BTC:venue:alpha:BTC': '0.9' });
  });
});

describe('a settlement price', () => {
  it('ends every position at intrinsic value or profit, and sums to zero with the venue', () => {
    const world = datedWorld();
    for (const accountId of ['a1', 'a2']) deposit(world, accountId, '1000');
    world.fill('a1', { instrumentId: FUTURE, quantity: '3', price: '90' });
    world.fill('a1', { instrumentId: CALL, quantity: '2', price: '10' });
    world.fill('a2', { instrumentId: CALL, side: 'sell', quantity: '2', price: '10' });
    world.fill('a2', { instrumentId: PUT, quantity: '1', price: '5' });
    const before = balances(world, 'venue:alpha:settlement');
    const events = fix(world, '112.25');
    expect(types(events)).toEqual([
      'SettlementPriceFixed',
      ...['ContractSettled', 'ContractSettled', 'ContractSettled', 'ContractSettled', 'SettlementAdvanced'],
    ]);
    const rows = settled(events).map((s) => [s.accountId, s.instrumentId, s.quantity, s.amount]);
    expect(rows).toEqual([
      ['a1', FUTURE, '3', '66.75'],
      ['a1', CALL, '2', '24.5'],
      ['a2', CALL, '-2', '-24.5'],
      ['a2', PUT, '1', '0'],
    ]);
    expect(before).toEqual({ 'venue:alpha:settlement:USD': '5' });
    expect(balances(world)).toMatchObject({
      'client:a1:USD:venue:alpha:USD': '1071.25',
      'client:a2:USD:venue:alpha:USD': '990.5',
      'venue:alpha:settlement:USD': '-61.75',
    });
    expect([...open(world, 'a1'), ...open(world, 'a2')]).toEqual([]);
  });

  it('pays coin for inverse contracts, rounded against who asks', () => {
    const world = datedWorld();
    for (const accountId of ['a1', 'a2']) deposit(world, accountId, '10', 'BTC');
    world.fill('a1', { instrumentId: COIN_CALL, quantity: '1', price: '0.1', feeAsset: 'BTC' });
    world.fill('a2', { instrumentId: COIN_CALL, side: 'sell', quantity: '1', price: '0.1', feeAsset: 'BTC' });
    world.fill('a1', { instrumentId: COIN_FUTURE, quantity: '3', price: '100', feeAsset: 'BTC' });
    // 1 · (130 − 100) / 130 = 0.230769230…; 3 · 100 / 100 − 3 · 100 / 130 = 0.692307692…
    expect(settled(fix(world, '130')).map((s) => s.amount)).toEqual([
      '0.23076923',
      '0.69230769',
      '-0.23076924',
    ]);
  });

  it('lends what a loser has not, once for all that ended', () => {
    const world = datedWorld();
    deposit(world, 'a1', '30');
    world.fill('a1', { instrumentId: CALL, side: 'sell', quantity: '2', price: '5' });
    world.fill('a1', { instrumentId: FUTURE, quantity: '1', price: '100' });
    const events = fix(world, '150');
    expect(types(events)).toEqual([
      'SettlementPriceFixed',
      ...['ContractSettled', 'ContractSettled', 'LoanDrawn', 'SettlementAdvanced'],
    ]);
    expect(events.find((e) => e.type === 'LoanDrawn')?.data).toMatchObject({ amount: '10', asset: 'USD' });
  });

  it('ends a fill that is reported only afterwards as well', () => {
    const world = datedWorld();
    deposit(world, 'a1', '1000');
    fix(world, '120');
    const events = world.fill('a1', { instrumentId: FUTURE, quantity: '1', price: '110' });
    expect(types(events)).toEqual(['ChildFilled', 'FillBooked', 'ContractSettled']);
    expect(events.at(-1)?.data).toMatchObject({ amount: '10', quantity: '1', entryPrice: '110' });
    expect(open(world, 'a1')).toEqual([]);
  });

  it('leaves what it does not name as it is', () => {
    const world = datedWorld();
    deposit(world, 'a1', '1000');
    world.fill('a1', { instrumentId: CALL, quantity: '1', price: '5' });
    world.fill('a1', { quantity: '1' });
    expect(settled(fix(world, '120', [FUTURE]))).toEqual([]);
    expect(open(world, 'a1')).toHaveLength(2);
  });

  it('never pays out more than it takes in, whatever the sizes', () => {
    for (const [quantity, price, last] of [
      ['0.00000001', '99.999999', '100.00000001'],
      ['0.33333333', '7.77', '133.333333333333'],
      ['12345.678', '0.000001', '99.9'],
    ] as const) {
      const world = datedWorld();
      for (const accountId of ['a1', 'a2']) deposit(world, accountId, '100000');
      for (const [accountId, side] of [
        ['a1', 'buy'],
        ['a2', 'sell'],
      ] as const) {
        world.fill(accountId, { instrumentId: FUTURE, side, quantity, price });
        world.fill(accountId, { instrumentId: CALL, side, quantity, price });
      }
      fix(world, last);
      const [venue] = Object.values(balances(world, 'venue:alpha:settlement'));
      expect(amountOf(venue ?? '0', 'venue')).toBeGreaterThanOrEqual(0n);
    }
  });
});
