import { beforeEach, describe, expect, it } from '@jest/globals';
import { isRejection, type Envelope, type NewEvent, type Rejection } from '@plinth/eventing';
import { serviceSpec, type ServiceSpec } from '@plinth/eventing/testing';
import {
  clientAccount,
  debtAccount,
  EXTERNAL,
  poolCash,
  poolClaims,
  poolLoans,
  suppliedAccount,
} from '@plinth/market';
import { rateCurve, type interestMessages, type Posting } from '@plinth/messages';
import { accrued, lendingIndexOf, unitsOf } from '@plinth/money';
import type { InterestViews } from './interest-views.ts';
import { interestService } from './interest-service.ts';

const HOUR = 3_600_000;
const T0 = 473_000 * HOUR;
const SCALE = 6;
const CURVE = rateCurve({ kind: 'kinked', base: '0.02', slope1: '0.08', slope2: '0.9', kink: '0.8' });
const OPEN = { asset: 'USD', curve: CURVE, reserveFactor: '0.1', settleEveryMs: HOUR };
const READ = { minPosition: 0n };
const LOCATION = 'vault:bank';

let spec: ServiceSpec<InterestViews>;

const eventsOf = (outcome: readonly Envelope[] | Rejection): readonly Envelope[] => {
  if (isRejection(outcome)) throw new Error(outcome.message);
  return outcome;
};

const move = (from: string, to: string, amount: string): Posting[] => [
  { account: from, asset: 'USD', amount: `-${amount}` },
  { account: to, asset: 'USD', amount },
];

const open = (accountId: string): void => {
  spec.given(`account-${accountId}`, T0, {
    type: 'AccountOpened',
    data: { accountId, clientId: 'acme', name: accountId },
  });
};

const lend = (
  accountId: string,
  amount: string,
  debt: string,
  indexThen: string,
  at = T0,
): readonly Envelope[] => {
  const client = clientAccount(accountId, '', 'USD', LOCATION);
  const data = {
    accountId,
    asset: 'USD',
    amount,
    location: LOCATION,
    debt,
    indexThen,
    postings: [
      ...move(poolCash('USD'), client, amount),
      ...move(debtAccount(accountId, 'USD'), poolLoans('USD'), amount),
    ],
  };
  return spec.given(`account-${accountId}`, at, { type: 'LoanDrawn', data });
};

const supply = (accountId: string, amount: string): void => {
  const event: NewEvent = {
    type: 'PoolSupplied',
    data: {
      accountId,
      asset: 'USD',
      amount,
      location: LOCATION,
      supplied: amount,
      indexThen: '1',
      postings: [
        ...move(EXTERNAL, poolCash('USD'), amount),
        ...move(poolClaims('USD'), suppliedAccount(accountId, 'USD'), amount),
      ],
    },
  };
  spec.given(`account-${accountId}`, T0, event);
};

const poolOf = (): interestMessages.PoolInfo => {
  const answer = spec.ask('GetPool', { asset: 'USD', read: READ }) as interestMessages.GetPoolResponse;
  if (answer.pool === undefined) throw new Error('Expected a pool');
  return answer.pool;
};

beforeEach(() => {
  spec = serviceSpec(interestService({ accrueEveryMs: 600_000 }));
  spec.given('asset-USD', T0, {
    type: 'AssetListed',
    data: { asset: 'USD', scale: SCALE, kind: 'fiat', chains: [] },
  });
  for (const accountId of ['ann', 'bob', 'cat']) open(accountId);
});

describe('pools', () => {
  beforeEach(() => {
    eventsOf(spec.when('OpenPool', OPEN, { now: T0 }));
    supply('ann', '1000');
    lend('bob', '300', '300', '1');
    lend('cat', '100', '100', '1');
  });

  it('accrue when they are opened, at the interval and at settlements', () => {
    expect(spec.views.pools.accrued.get('USD')).toMatchObject({
      atMs: T0,
      borrowRate: '0.02',
      borrowIndex: '1',
    });
    expect(spec.passTime(T0 + 599_999)).toEqual([]);
    const [, first] = spec.passTime(T0 + 600_000);
    expect(first).toMatchObject({
      type: 'PoolAccrued',
      stream: 'pool-USD',
      // 0.02 per year on 400 for ten minutes, and the interest itself is utilised.
      data: { borrowRate: '0.060000009179998596', settlementId: '', totalDebt: '400.000153' },
    });
    const [, late] = spec.passTime(T0 + HOUR + 61_500);
    expect(late?.data).toMatchObject({ atMs: T0 + HOUR + 61_000, settlementId: `USD.${T0 + HOUR}` });
    expect(spec.passTime(T0 + HOUR + 61_500)).toEqual([]);
  });

  it('always move on when something was due', () => {
    let at = T0;
    for (let n = 0; n < 40; n += 1) {
      at += 133_337;
      while (spec.passTime(at).length > 0) {
        const next = spec.passTime(at);
        expect(next).toEqual([]);
      }
    }
    const rows = spec.log().filter(({ type }) => type === 'PoolAccrued');
    expect(new Set(rows.map((row) => (row as Envelope<'PoolAccrued'>).data.atMs)).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(8);
  });

  it('give the same total as the sum over the accounts', () => {
    spec.passTime(T0 + 600_000);
    const index = spec.views.pools.borrowIndex('USD');
    lend('bob', '50', '350.000115', index, T0 + 600_000);
    spec.passTime(T0 + 30 * 24 * HOUR);
    const { ledger, pools } = spec.views;
    const now = lendingIndexOf(pools.borrowIndex('USD'));
    const sum = ['bob', 'cat'].reduce((total, accountId) => {
      const debt = ledger.debtsOf(accountId).get('USD');
      if (debt === undefined) throw new Error('Expected a debt');
      return total + accrued(debt.units, lendingIndexOf(debt.indexThen), now, 'up').units;
    }, 0n);
    const total = unitsOf(poolOf().totalDebt, SCALE, 'total');
    expect(total <= sum && total >= sum - 2n).toBe(true);
    expect(poolOf()).toMatchObject({ borrowers: 2, suppliers: 1, cash: '550' });
  });

  it('forget a borrower who has repaid, and count a write-down', () => {
    const postings = [
      ...move(clientAccount('bob', '', 'USD', LOCATION), poolCash('USD'), '300'),
      ...move(poolLoans('USD'), debtAccount('bob', 'USD'), '300'),
    ];
    spec.given('account-bob', T0, {
      type: 'LoanRepaid',
      data: { accountId: 'bob', asset: 'USD', amount: '300', debt: '0', indexThen: '1', postings },
    });
    const written = [
      { account: 'bad-debt', asset: 'USD', amount: '-40' },
      { account: poolCash('USD'), asset: 'USD', amount: '40' },
      ...move(poolLoans('USD'), debtAccount('cat', 'USD'), '40'),
    ];
    spec.given('account-cat', T0, {
      type: 'BadDebtRecorded',
      data: { accountId: 'cat', liquidationId: 'l1', asset: 'USD', amount: '40', postings: written },
    });
    expect(poolOf()).toMatchObject({ borrowers: 1, totalDebt: '60', cash: '940' });
    expect(spec.views.totals.scaled('debts', 'USD')).toBe(60n * 10n ** 15n);
  });

  it('take a new curve with the accrual that it causes', () => {
    const request = { asset: 'USD', curve: { ...CURVE, base: '0.5' }, reserveFactor: '0.2' };
    const events = eventsOf(spec.when('SetRateCurve', request, { now: T0 + 60_000 }));
    expect(events.map(({ type }) => type)).toEqual(['RateCurveSet', 'PoolAccrued']);
    expect(spec.views.pools.accrued.get('USD')).toMatchObject({
      borrowRate: '0.540000000959999985',
      atMs: T0 + 60_000,
    });
  });

  it('are listed, and projected for a loan', () => {
    expect(spec.ask('ListPools', { pageSize: 0, pageToken: '', read: READ })).toMatchObject({
      pools: [{ asset: 'USD', utilisation: '0.4', borrowRate: '0.06', nextSettlementAtMs: T0 + HOUR }],
      total: 1,
    });
    const ask = (borrow: string, more = ''): unknown =>
      spec.ask('ProjectRate', { asset: 'USD', borrow, supply: more, read: READ });
    expect(ask('400')).toMatchObject({
      utilisationBefore: '0.4',
      borrowRateBefore: '0.06',
      utilisationAfter: '0.8',
      borrowRateAfter: '0.1',
      supplyRateAfter: '0.072',
    });
    expect(ask('', '1000')).toMatchObject({ utilisationAfter: '0.2', borrowRateAfter: '0.04' });
    expect(ask('600.000001')).toMatchObject({ code: 'INVALID_FIELD', field: 'borrow' });
    expect(ask('-401')).toMatchObject({ code: 'INVALID_FIELD', field: 'borrow' });
    expect(ask('0.0000001')).toMatchObject({ code: 'INVALID_FIELD', field: 'borrow' });
    expect(spec.ask('GetPool', { asset: 'BTC', read: READ })).toMatchObject({ code: 'POOL_MISSING' });
  });

  it('take any kind of curve, say where it stops, and project no loan beyond that', () => {
    const curve = rateCurve({
      ...{ kind: 'three-slope', base: '0', slope1: '0.02', slope2: '0.03', slope3: '0.5' },
      ...{ kink: '0.3', kink2: '0.5', stopsBorrowing: true },
    });
    const set = { asset: 'USD', curve, reserveFactor: '0.1' };
    eventsOf(spec.when('SetRateCurve', set, { now: T0 + 60_000 }));
    const pool = () =>
      (spec.ask('GetPool', { asset: 'USD', read: READ }) as interestMessages.GetPoolResponse).pool;
    expect(pool()).toMatchObject({ curve: { kind: 'three-slope', kink2: '0.5' }, borrowingStopped: false });
    const ask = (borrow: string): unknown =>
      spec.ask('ProjectRate', { asset: 'USD', borrow, supply: '', read: READ });
    expect(ask('99')).toMatchObject({ utilisationAfter: expect.stringMatching(/^0\.49/) });
    expect(ask('101')).toMatchObject({ code: 'INVALID_FIELD', field: 'borrow' });
    lend('bob', '200', '500', '1');
    expect(pool()).toMatchObject({ borrowingStopped: true });
  });

  it('move a curve that moves, and say where it stands', () => {
    const curve = rateCurve({
      ...{ kind: 'adaptive', target: '0.2', steepness: '4', speed: '50' },
      ...{ rateAtTargetMin: '0.001', rateAtTargetMax: '1', rateAtTarget: '0.04' },
    });
    eventsOf(spec.when('SetRateCurve', { asset: 'USD', curve, reserveFactor: '0.1' }, { now: T0 + 60_000 }));
    const stands = (): number => {
      const answer = spec.ask('GetPool', { asset: 'USD', read: READ }) as interestMessages.GetPoolResponse;
      return parseFloat(answer.pool?.rateAtTarget ?? '');
    };
    expect(stands()).toBe(0.04);
    spec.passTime(T0 + HOUR);
    const later = stands();
    expect(later).toBeGreaterThan(0.04);
    spec.passTime(T0 + 2 * HOUR);
    expect(stands()).toBeGreaterThan(later);
  });

  it('leave no reserve share where suppliers have a curve of their own', () => {
    const curve = rateCurve({
      ...{ kind: 'compound', base: '0.015', slope1: '0.035', slope2: '3.4', kink: '0.9' },
      ...{ supplyBase: '0', supplySlope1: '0.02', supplySlope2: '3', supplyKink: '0.9' },
    });
    const set = (reserveFactor: string) =>
      spec.when('SetRateCurve', { asset: 'USD', curve, reserveFactor }, { now: T0 + 60_000 });
    expect(set('0.1')).toMatchObject({ code: 'INVALID_FIELD', field: 'reserve_factor' });
    eventsOf(set('0'));
  });

  it('refuse what is malformed, with its field, and append nothing', () => {
    const before = spec.log().length;
    const cases: readonly (readonly [Partial<interestMessages.OpenPoolRequest>, string])[] = [
      [{ asset: 'usd' }, 'asset'],
      [{ asset: 'EUR' }, 'asset'],
      [{ asset: 'USD' }, 'asset'],
      [{ curve: undefined }, 'curve'],
      [{ curve: { ...CURVE, kind: 'other' } }, 'curve.kind'],
      [{ curve: { ...CURVE, slope1: '1e3' } }, 'curve.slope1'],
      [{ curve: { ...CURVE, kink: '0' } }, 'curve.kink'],
      [{ reserveFactor: '1.1' }, 'reserve_factor'],
      [{ reserveFactor: 'NaN' }, 'reserve_factor'],
      [{ settleEveryMs: 59_999 }, 'settle_every_ms'],
      [{ settleEveryMs: 60_001 }, 'settle_every_ms'],
    ];
    for (const [change, field] of cases) {
      const outcome = spec.when('OpenPool', { ...OPEN, ...change });
      expect([field, isRejection(outcome) ? outcome.field : 'accepted']).toEqual([field, field]);
    }
    expect(spec.when('OpenPool', OPEN, { tenant: 'acme' })).toMatchObject({ code: 'OPERATORS_ONLY' });
    expect(spec.log()).toHaveLength(before);
  });
});

describe('funding', () => {
  const request = {
    instrumentId: 'BTC-PERP',
    venueId: 'alpha',
    intervalEndMs: T0,
    rate: '0.0001',
    indexPrice: '20000',
  };

  beforeEach(() => {
    const rule = {
      minSources: 1,
      maxAgeMs: 1,
      maxConfidencePpm: 1,
      maxDeviationPpm: 1,
      maxMovePpmPerSecond: 1,
      maxTwapDeviationPpm: 0,
      floorPrice: '',
      capPrice: '',
    };
    for (const [instrumentId, kind] of [
      ['BTC-PERP', 'perpetual'],
      ['BTC/USD', 'spot'],
    ] as const) {
      spec.given(`instrument-${instrumentId}`, T0, {
        type: 'InstrumentListed',
        data: {
          instrumentId,
          kind,
          underlying: 'BTC',
          quoteAsset: 'USD',
          contractSize: '1',
          inverse: false,
          expiresAtMs: 0,
          strike: '',
          optionType: '',
          priceRule: rule,
        },
      });
    }
    const listing = { lot: '1', tick: '1', minQuantity: '1' };
    spec.given('venue-alpha', T0, {
      type: 'VenueRegistered',
      data: {
        venueId: 'alpha',
        kind: 'cex',
        chain: '',
        makerFeePpm: 0,
        takerFeePpm: 0,
        optionFeeCapPpm: 0,
        creditLimit: '1',
        orderCost: '0',
        rulebook: '',
        listings: ['BTC-PERP', 'BTC/USD'].map((instrumentId) => ({ instrumentId, ...listing })),
        defaultProbabilityPpm: 0,
        lossGivenDefaultPpm: 0,
        requirementPpm: 0,
        transferablePpm: 0,
      },
    });
  });

  it('is recorded once per interval and listed newest first', () => {
    eventsOf(spec.when('SetFundingRate', request, { now: T0 }));
    expect(spec.when('SetFundingRate', request, { now: T0 })).toMatchObject({ code: 'FUNDING_EXISTS' });
    eventsOf(spec.when('SetFundingRate', { ...request, intervalEndMs: T0 + HOUR }, { now: T0 + HOUR }));
    const all = { instrumentId: '', venueId: 'alpha', pageSize: 0, pageToken: '', read: READ };
    const { funding } = spec.ask('ListFunding', all) as interestMessages.ListFundingResponse;
    expect(funding.map(({ fundingId }) => fundingId)).toEqual([
      `BTC-PERP.alpha.${T0 + HOUR}`,
      `BTC-PERP.alpha.${T0}`,
    ]);
    expect(spec.ask('ListFunding', { ...all, instrumentId: 'ETH-PERP' })).toMatchObject({
      funding: [],
      total: 0,
    });
  });

  it('is refused out of bounds, for other instruments and other venues', () => {
    const cases: readonly (readonly [Partial<typeof request>, string])[] = [
      [{ rate: '0.11' }, 'rate'],
      [{ rate: '-0.11' }, 'rate'],
      [{ rate: 'Infinity' }, 'rate'],
      [{ indexPrice: '0' }, 'index_price'],
      [{ intervalEndMs: T0 + 1 }, 'interval_end_ms'],
      [{ intervalEndMs: T0 - 86_400_001 }, 'interval_end_ms'],
      [{ instrumentId: 'BTC/USD' }, 'instrument_id'],
      [{ instrumentId: 'ETH-PERP' }, 'instrument_id'],
      [{ venueId: 'beta' }, 'venue_id'],
    ];
    for (const [change, field] of cases) {
      const outcome = spec.when('SetFundingRate', { ...request, ...change }, { now: T0 });
      expect([field, isRejection(outcome) ? outcome.field : 'accepted']).toEqual([field, field]);
    }
  });
});
