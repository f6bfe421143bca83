import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ScalarType } from '@bufbuild/protobuf';
import { status as grpc } from '@grpc/grpc-js';
import { emptyRequest, GatewayError, RULES } from '@plinth/gateway';
import { BAD_NUMBERS, BAD_TEXTS, SLOW_TEXTS, wireMethods } from '@plinth/messages/testing';
import { openSmallCell, type SmallCell } from '../testing/small-cell.ts';

const RATES = { perSecond: 1e9, burst: 1e9 };

type Request = Readonly<Record<string, unknown>>;

const money = { asset: 'USD', amount: '10' };
const order = {
  ...{ orderId: 'alpha.1', accountId: 'a1', subAccountId: '', instrumentId: 'BTC-PERP', side: 'buy' },
  ...{ quantity: '0.01', orderType: 'limit', limitPrice: '50000', timeInForce: 'gtc', venues: [] },
  reduceOnly: false,
};

/**
 * Requests that are right but for one number: the commands that move money or risk, and the questions about
 * it.
 */
const NUMBERS: readonly (readonly [string, string, Request, string, string])[] = [
  [
    'Accounts',
    'RequestWithdrawal',
    { accountId: 'a1', withdrawalId: 'w1', ...money, location: 'venue:alpha', destination: 'bank-main' },
    ...(['amount', 'amount'] as const),
  ],
  [
    'Accounts',
    'RequestTransfer',
    {
      ...{ accountId: 'a1', transferId: 't1', toAccountId: 'a2', ...money },
      ...{ fromLocation: 'venue:alpha', toLocation: 'venue:alpha' },
    },
    ...(['amount', 'amount'] as const),
  ],
  ['Trading', 'PlaceOrder', order, 'quantity', 'quantity'],
  ['Trading', 'PlaceOrder', order, 'limitPrice', 'limit_price'],
  [
    'Lending',
    'SupplyToPool',
    { accountId: 'a1', ...money, location: 'venue:alpha' },
    ...(['amount', 'amount'] as const),
  ],
  [
    'Lending',
    'RepayLoan',
    { accountId: 'a1', ...money, location: 'venue:alpha' },
    ...(['amount', 'amount'] as const),
  ],
  ['Lending', 'ProjectRate', { asset: 'USD', borrow: '10', supply: '' }, 'borrow', 'borrow'],
  [
    'Operations',
    'CreditDeposit',
    { accountId: 'a1', depositId: 'd1', ...money, location: 'venue:alpha' },
    ...(['amount', 'amount'] as const),
  ],
  ['Operations', 'FundHouse', { fundingId: 'f1', purpose: 'pool', ...money }, 'amount', 'amount'],
  [
    'Operations',
    'SetFundingRate',
    {
      ...{ instrumentId: 'BTC-PERP', venueId: 'alpha', intervalEndMs: 1_800_000_000_000 },
      ...{ rate: '0.0001', indexPrice: '60000' },
    },
    ...(['indexPrice', 'index_price'] as const),
  ],
];

/** Whatever a number is for: none, less than nothing, and more than a ledger holds. */
const WRONG_AMOUNTS = ['', '0', '-0', '-0.0', '-1', '1.0000000000000000001'];
/** More than the client has; an operator may credit it. */
const HUGE_AMOUNTS = ['9223372036854775807', '9223372036854775808'];

const methods = wireMethods(/^plinth\.gateway\.v1\./).filter(({ isStream }) => !isStream);

describe('bad values', () => {
  let cell: SmallCell;

  beforeAll(async () => {
    cell = await openSmallCell({ rates: { perKey: RATES, perClient: RATES } });
  }, 60_000);

  afterAll(() => cell.stop());

  const call = async (service: string, name: string, request: Request): Promise<'ok' | GatewayError> => {
    const sender = service === 'Operations' ? cell.operator : cell.alpha;
    const whole = { ...emptyRequest(service as 'Accounts', name as 'GetAccount'), ...request };
    try {
      await sender.call(service as 'Accounts', name as 'GetAccount', whole);
      return 'ok';
    } catch (error) {
      if (error instanceof GatewayError) return error;
      throw error;
    }
  };

  it.each(NUMBERS)('%s.%s takes no number that is none (%j)', async (service, name, right, path, field) => {
    const { position } = await cell.log.head();
    for (const value of BAD_NUMBERS) {
      const answer = await call(service, name, { ...right, [path]: value });
      expect([value, answer]).toEqual([
        value,
        expect.objectContaining({ code: grpc.INVALID_ARGUMENT, field }),
      ]);
    }
    expect((await cell.log.head()).position).toBe(position);
    expect(cell.bugs).toEqual([]);
  });

  it.each(NUMBERS)('%s.%s moves nothing for a wrong amount (%j)', async (service, name, right, path) => {
    const { position } = await cell.log.head();
    const isQuestion = RULES[service]?.[name]?.kind === 'query';
    for (const value of service === 'Operations' ? WRONG_AMOUNTS : [...WRONG_AMOUNTS, ...HUGE_AMOUNTS]) {
      const answer = await call(service, name, { ...right, [path]: value });
      if (isQuestion && answer === 'ok') continue;
      expect([value, answer]).toEqual([value, expect.any(GatewayError)]);
      expect([grpc.INVALID_ARGUMENT, grpc.FAILED_PRECONDITION, grpc.NOT_FOUND]).toContain(
        (answer as GatewayError).code,
      );
    }
    expect((await cell.log.head()).position).toBe(position);
    expect(cell.bugs).toEqual([]);
  });

  it.each(methods)(
    '$path answers odd names and long ones with a reason, in every text field',
    async ({ service: full, name, input }) => {
      const service = full.slice(full.lastIndexOf('.') + 1);
      const texts = input.fields.filter(
        ({ fieldKind, scalar }) => fieldKind === 'scalar' && scalar === ScalarType.STRING,
      );
      const { position } = await cell.log.head();
      for (const { localName, name: field } of texts) {
        const isId = /(_id|^side|_type|^asset|^location|^kind|^state)$/.test(field);
        for (const value of [
          ...BAD_TEXTS.filter((_, n) => (n + localName.length) % 3 === 0),
          ...SLOW_TEXTS,
        ]) {
          const answer = await call(service, name, { [localName]: value });
          if (answer === 'ok') continue;
          expect([grpc.INVALID_ARGUMENT, grpc.NOT_FOUND, grpc.FAILED_PRECONDITION]).toContain(answer.code);
          // What was sent is not thrown back at length.
          expect(answer.message.length).toBeLessThan(1_100);
          if (isId) expect(answer.code).not.toBe(grpc.FAILED_PRECONDITION);
        }
      }
      expect((await cell.log.head()).position).toBe(position);
      expect(cell.bugs).toEqual([]);
    },
  );

  it('are not what is large and exact: beyond 64 bits and beyond a float nothing is lost', async () => {
    const amount = '9223372036854775808.000001';
    const deposit = { accountId: 'a2', depositId: 'large', asset: 'USD', amount, location: 'vault:bank' };
    expect(await call('Operations', 'CreditDeposit', deposit)).toBe('ok');
    await cell.settle();
    const { response } = await cell.alpha.call('Accounts', 'GetAccount', {
      accountId: 'a2',
      read: undefined,
    });
    expect(response.balances.find(({ location }) => location === 'vault:bank')).toMatchObject({ amount });
  });

  it('leave no trace in prototypes', () => {
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
