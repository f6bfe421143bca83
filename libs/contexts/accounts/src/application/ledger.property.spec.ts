import { describe, expect, it } from '@jest/globals';
import { foldStream, isRejection, type Envelope } from '@plinth/eventing';
import { compound, asIndex, asRate, decimalOf, formatDecimal, unitsOf } from '@plinth/money';
import fc from 'fast-check';
import { accountDecider } from '../domain/account.ts';
import { amountOf, ofAssetUnits } from '../domain/ledger-amount.ts';
import { ASSETS, eventOf, openWorld, type World } from '../testing/world.ts';

const ACCOUNTS = ['a1', 'a2', 'z1'];
const LOCATIONS = ['venue:alpha', 'venue:beta', 'vault:ethereum'];
const SCALES = new Map<string, number>(ASSETS);

const account = fc.constantFrom(...ACCOUNTS);
const asset = fc.constantFrom('USD', 'BTC');
const location = fc.oneof(
  { weight: 3, arbitrary: fc.constant('venue:alpha') },
  fc.constantFrom(...LOCATIONS),
);
const n = fc.nat({ max: 60 });
/** Small and odd amounts: that is where rounding would leak. */
const amount = fc.constantFrom('0.000001', '0.000003', '1', '7.25', '33.333333', '250');
const quantity = fc.constantFrom('0.00000001', '0.00000003', '0.1', '1', '3.3');
const price = fc.constantFrom('0.07', '99.99', '100', '31333.37');

type Step =
  | { do: 'command'; name: string; request: object }
  | { do: 'fill'; accountId: string; fill: object }
  | { do: 'accrue'; asset: string; grow: string; settle: boolean }
  | { do: 'answer'; approve: boolean; accountId: string; n: number }
  | { do: 'funding'; rate: string }
  | { do: 'shortfall'; accountId: string; asset: string; amount: string }
  | { do: 'wait' };

const command = (name: string, request: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant('command' as const), name: fc.constant(name), request: fc.record(request) });

const none = fc.constant('');
const id = (prefix: string) => n.map((i) => `${prefix}${i}`);
const place = { accountId: account, asset, amount, location };

const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

const step: fc.Arbitrary<Step> = fc.oneof(
  command('CreditDeposit', { ...place, subAccountId: none, depositId: id('d') }),
  command('RequestWithdrawal', {
    ...place,
    subAccountId: none,
    withdrawalId: id('w'),
    destination: fc.constant('x'),
  }),
  command('CancelWithdrawal', { accountId: account, withdrawalId: id('w') }),
  command('RequestTransfer', {
    ...{ accountId: account, toAccountId: account, transferId: id('t'), asset, amount },
    ...{ fromLocation: location, toLocation: location },
  }),
  command('MoveCollateral', {
    ...{ accountId: account, moveId: id('m'), fromSubAccountId: none, toSubAccountId: none, asset, amount },
    ...{ fromLocation: location, toLocation: location },
  }),
  command('SupplyToPool', place),
  command('RedeemFromPool', { ...place, amount: fc.oneof(amount, fc.constant('all')) }),
  command('RepayLoan', { ...place, amount: fc.oneof(amount, fc.constant('all')) }),
  command('FundHouse', { fundingId: id('h'), purpose: fc.constantFrom('insurance', 'pool'), asset, amount }),
  weighted(
    6,
    fc.record({
      do: fc.constant('fill' as const),
      accountId: account,
      fill: fc.record({
        fillId: id('f'),
        instrumentId: fc.constantFrom('BTC-PERP', 'BTC/USD', 'BTC-INV'),
        venueId: fc.constantFrom('alpha', 'beta'),
        side: fc.constantFrom('buy', 'sell'),
        quantity,
        price,
        fee: fc.constantFrom('0', '0.0000001', '1.5', '-0.25'),
        feeAsset: fc.constantFrom('USD', 'BTC'),
      }),
    }),
  ),
  fc.record({
    do: fc.constant('accrue' as const),
    asset,
    grow: fc.constantFrom('0', '0.000000000001', '0.0001', '0.037'),
    settle: fc.boolean(),
  }),
  weighted(
    3,
    fc.record({ do: fc.constant('answer' as const), approve: fc.boolean(), accountId: account, n }),
  ),
  fc.record({ do: fc.constant('funding' as const), rate: fc.constantFrom('0.0001', '-0.00037') }),
  fc.record({ do: fc.constant('shortfall' as const), accountId: account, asset, amount }),
  fc.record({ do: fc.constant('wait' as const) }),
);

const grown = (index: string, rate: string, rounding: 'up' | 'down'): string =>
  formatDecimal(compound(asIndex(decimalOf(index)), asRate(decimalOf(rate)), 1, rounding));

const take = (world: World, given: Step, at: number): void => {
  switch (given.do) {
    case 'command':
      world.when(given.name, given.request, { now: at });
      return;
    case 'fill':
      world.fill(given.accountId, given.fill);
      return;
    case 'accrue': {
      const { pools } = world.views;
      // Lenders earn a part of what borrowers pay, as a pool would have it.
      const borrow = grown(pools.borrowIndex(given.asset), given.grow, 'up');
      const supply = grown(pools.supplyIndex(given.asset), given.grow === '0.037' ? '0.011' : '0', 'down');
      world.accrue(given.asset, borrow, supply, given.settle ? `s${at}` : '');
      return;
    }
    case 'answer': {
      // Risk answers only what was asked.
      const waiting = [...world.views.holds.of(given.accountId).values()];
      const hold = waiting[given.n % Math.max(waiting.length, 1)];
      if (hold === undefined) return;
      const { kind, accountId, holdId } = hold;
      const answer =
        kind === 'withdrawal' ? { accountId, withdrawalId: holdId } : { accountId, transferId: holdId };
      const subject = kind === 'withdrawal' ? 'Withdrawal' : 'Transfer';
      const type = `${subject}${given.approve ? 'Approved' : 'Refused'}` as const;
      world.given(`margin-${accountId}`, at, eventOf(type, answer));
      return;
    }
    case 'funding': {
      const facts = { instrumentId: 'BTC-PERP', venueId: 'alpha', indexPrice: '101.01' };
      world.given(
        'funding-x',
        at,
        eventOf('FundingRateSet', { fundingId: `g${at}`, rate: given.rate, ...facts }),
      );
      return;
    }
    case 'shortfall': {
      const facts = { liquidationId: `l${at}`, accountId: given.accountId, asset: given.asset };
      const shortfall = { ...facts, amount: given.amount, uncovered: '0.5' };
      world.given('fund-main', at, eventOf('ShortfallCovered', shortfall));
      return;
    }
    case 'wait':
      world.passTime(at);
  }
};

/**
 * Balances of the ledger summed from the log by other means than the views': `account asset` to units at
 * ledger scale.
 */
const audited = (log: readonly Envelope[]): ReadonlyMap<string, bigint> => {
  const balances = new Map<string, bigint>();
  for (const { data, position } of log) {
    if (!('postings' in data)) continue;
    const sums = new Map<string, bigint>();
    for (const { account: name, asset: symbol, amount: text } of data.postings) {
      // Nothing finer than the asset's smallest unit is ever posted.
      unitsOf(text, SCALES.get(symbol) ?? 0, 'amount');
      const units = amountOf(text, 'amount');
      sums.set(symbol, (sums.get(symbol) ?? 0n) + units);
      const key = `${name} ${symbol}`;
      balances.set(key, (balances.get(key) ?? 0n) + units);
    }
    for (const [symbol, sum] of sums)
      expect({ position, symbol, sum }).toEqual({ position, symbol, sum: 0n });
  }
  return balances;
};

const sumOf = (balances: ReadonlyMap<string, bigint>, prefix: string, symbol: string): bigint => {
  let sum = 0n;
  for (const [key, units] of balances) if (key.startsWith(prefix) && key.endsWith(` ${symbol}`)) sum += units;
  return sum;
};

const checkAccounts = (world: World, balances: ReadonlyMap<string, bigint>): void => {
  for (const accountId of ACCOUNTS) {
    const own = world.log().filter((event) => event.stream === `account-${accountId}`);
    const state = foldStream(accountDecider, own as never);
    for (const balance of state.balances.values()) {
      expect(balance.amount > 0n).toBe(true);
      expect(balances.get(`${balance.ledgerAccount} ${balance.asset}`)).toBe(balance.amount);
      // A debt stands beside no free balance of its asset: what came in has repaid it.
      expect(state.debts.has(balance.asset)).toBe(false);
    }
    for (const symbol of SCALES.keys()) {
      const of = (kind: string) => sumOf(balances, `${kind}:${accountId}:`, symbol);
      expect(of('debt')).toBe(-(state.debts.get(symbol)?.amount ?? 0n));
      expect(of('supplied')).toBe(state.claims.get(symbol)?.amount ?? 0n);
      const held = [...state.holds.values()].filter((hold) => hold.asset === symbol);
      expect(of('hold')).toBe(held.reduce((sum, hold) => sum + hold.amount, 0n));
    }
    expect([...world.views.holds.of(accountId).keys()].sort()).toEqual([...state.holds.keys()].sort());
  }
};

const checkPools = (world: World, balances: ReadonlyMap<string, bigint>): void => {
  for (const symbol of ['USD', 'BTC']) {
    const pool = (part: string) => balances.get(`pool:${symbol}:${part} ${symbol}`) ?? 0n;
    expect(pool('loans')).toBe(-sumOf(balances, 'debt:', symbol));
    expect(pool('claims')).toBe(-sumOf(balances, 'supplied:', symbol));
    const capital = world.log().reduce((sum, event) => {
      const isPool =
        event.type === 'HouseFunded' && event.data.purpose === 'pool' && event.data.asset === symbol;
      return isPool ? sum + amountOf(event.data.amount, 'amount') : sum;
    }, 0n);
    const { charged, earned } = world.views.interest.undistributed(symbol);
    expect(pool('cash') + pool('loans') + pool('claims') + pool('interest')).toBe(capital + charged - earned);
  }
  expect(sumOf(balances, 'clearing:', 'USD')).toBe(0n);
};

/**
 * Σ borrower interest = Σ lender interest + reserve + rounding, over exactly the events that each
 * distribution names.
 */
const checkDistributions = (world: World): void => {
  const through = new Map<string, bigint>();
  for (const event of world.log()) {
    if (event.type !== 'InterestDistributed') continue;
    const { asset: symbol, throughPosition } = event.data;
    const after = through.get(symbol) ?? 0n;
    through.set(symbol, throughPosition);
    let [charged, earned, count] = [0n, 0n, 0n];
    for (const { position, type, data } of world.log()) {
      if (position <= after || position > throughPosition) continue;
      if (type !== 'InterestCharged' && type !== 'InterestEarned') continue;
      if (data.asset !== symbol) continue;
      if (type === 'InterestCharged') charged += amountOf(data.amount, 'amount');
      else earned += amountOf(data.amount, 'amount');
      count += 1n;
    }
    const { borrowerInterest, lenderInterest, reserve, rounding } = event.data;
    expect(amountOf(borrowerInterest, 'x')).toBe(charged);
    expect(amountOf(lenderInterest, 'x')).toBe(earned);
    expect(charged).toBe(earned + amountOf(reserve, 'x') + amountOf(rounding, 'x'));
    const dust = amountOf(rounding, 'x');
    expect(dust >= 0n && dust < ofAssetUnits(count + 1n, SCALES.get(symbol) ?? 0)).toBe(true);
  }
};

const checkFills = (world: World): void => {
  const booked = world
    .log()
    .flatMap((event) =>
      event.type === 'FillBooked'
        ? [`${event.data.accountId} ${event.data.venueId} ${event.data.fillId}`]
        : [],
    );
  expect(new Set(booked).size).toBe(booked.length);
};

const steps = (minLength: number, maxLength: number) => fc.array(step, { minLength, maxLength, size: 'max' });

/** A world with money in it: every account has some of both assets, one lends. */
const livelyWorld = (): World => {
  const world = openWorld({ holdExpiryMs: 9, destinationDelayMs: 0, withdrawalLimitUsdPerDay: '1000' });
  const marks = [{ instrumentId: 'BTC/USD', price: '1', confidence: '0', twap: '1' }];
  world.given('marks-x', 0, eventOf('MarksPublished', { marks: marks as never }));
  for (const symbol of ['USD', 'BTC']) {
    for (const clientId of ['acme', 'zeta']) {
      world.take('AddWithdrawalDestination', { clientId, asset: symbol, destination: 'x' });
    }
    const to = { subAccountId: '', depositId: `first-${symbol}`, asset: symbol, location: 'venue:alpha' };
    for (const accountId of ACCOUNTS) world.take('CreditDeposit', { ...to, accountId, amount: '90' });
    world.take('SupplyToPool', { ...to, accountId: 'z1', amount: '80.000001' });
  }
  return world;
};

describe('the ledger', () => {
  it('holds its invariants through any sequence of commands and facts', () => {
    fc.assert(
      fc.property(steps(20, 70), (given) => {
        const world = livelyWorld();
        given.forEach((one, at) => take(world, one, at));
        const balances = audited(world.log());
        for (const symbol of SCALES.keys()) expect(sumOf(balances, '', symbol)).toBe(0n);
        checkAccounts(world, balances);
        checkPools(world, balances);
        checkDistributions(world);
        checkFills(world);
      }),
      { numRuns: 100 },
    );
  });

  it('gives equal views to whoever folds the same log', () => {
    fc.assert(
      fc.property(steps(20, 60), (given) => {
        const world = livelyWorld();
        given.forEach((one, at) => take(world, one, at));
        const other = openWorld();
        for (const fold of Object.values(other.views)) fold.reset();
        for (const event of world.log()) for (const fold of Object.values(other.views)) fold.apply(event);
        expect(new Map([...other.entries()].sort())).toEqual(new Map([...world.entries()].sort()));
      }),
      { numRuns: 20 },
    );
  });
});

describe('a round trip', () => {
  const wealth = (world: World, accountId: string): bigint => {
    const balances = audited(world.log());
    return ['client', 'hold', 'debt', 'supplied'].reduce(
      (sum, kind) =>
        sum +
        sumOf(balances, `${kind}:${accountId}:`, 'USD') +
        sumOf(balances, `${kind}:${accountId}:`, 'BTC'),
      0n,
    );
  };

  it('through a pool never gains, whatever its indices are', () => {
    const trips = fc.array(fc.tuple(fc.constantFrom('SupplyToPool', 'RedeemFromPool', 'RepayLoan'), amount), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(trips, fc.constantFrom('0', '0.0001', '0.037'), fc.boolean(), (steps, rate, indebted) => {
        const world = openWorld();
        const at = { asset: 'USD', location: 'venue:alpha' };
        world.take('CreditDeposit', {
          ...at,
          accountId: 'a1',
          subAccountId: '',
          depositId: 'd',
          amount: '500',
        });
        world.accrue('USD', grown('1', rate, 'up'), grown('1', rate, 'down'), '');
        world.take('SupplyToPool', { ...at, accountId: 'a1', amount: '100' });
        if (indebted) world.fill('a1', { fee: '433.333333' });
        const before = wealth(world, 'a1');
        for (const [name, value] of steps) world.when(name, { ...at, accountId: 'a1', amount: value });
        if (!isRejection(world.when('RedeemFromPool', { ...at, accountId: 'a1', amount: 'all' }))) {
          expect(world.views.ledger.suppliedOf('a1').size).toBe(0);
        }
        expect(wealth(world, 'a1')).toBe(before);
      }),
      { numRuns: 60 },
    );
  });
});
