import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { emptyRequest, GatewayError, RULES } from '@plinth/gateway';
import { wireMethods, type WireMethod } from '@plinth/messages/testing';
import { openSmallCell, type SmallCell } from '../testing/small-cell.ts';

const RATES = { perSecond: 1e9, burst: 1e9 };

/** Ids that are the same for everybody. */
const OF_THE_MARKET = /^(instrument|product|venue)_ids?$/;

/** Own, foreign and missing, by the name of the field. What is missing is as long as what is foreign. */
const IDS: Readonly<Record<string, readonly [own: string, foreign: string, missing: string]>> = {
  account_id: ['a1', 'b1', 'z1'],
  account_ids: ['a1', 'b1', 'z1'],
  to_account_id: ['a2', 'b1', 'z1'],
  client_id: ['alpha', 'beta', 'zeta'],
  to_client_id: ['alpha', 'beta', 'zeta'],
  order_id: ['alpha.1', 'beta.1', 'beta.9'],
  liquidation_id: ['la', 'lb', 'lz'],
  sub_account_id: ['sa', 'sb', 'sz'],
  from_sub_account_id: ['sa', 'sb', 'sz'],
  to_sub_account_id: ['sa', 'sb', 'sz'],
  withdrawal_id: ['wa', 'wb', 'wz'],
  transfer_id: ['ta', 'tb', 'tz'],
  move_id: ['ma', 'mb', 'mz'],
};

type Field = Readonly<{ path: readonly DescField[]; name: string }>;

const innerOf = (field: DescField): DescMessage | undefined =>
  field.fieldKind === 'message' || (field.fieldKind === 'list' && field.listKind === 'message')
    ? field.message
    : undefined;

/** Every field that holds an id, also inside messages and lists. */
const idFields = (message: DescMessage, path: readonly DescField[] = []): readonly Field[] =>
  message.fields.flatMap((field) => {
    const here = [...path, field];
    const inner = innerOf(field);
    if (inner !== undefined) return idFields(inner, here);
    return /_ids?$/.test(field.name) && !OF_THE_MARKET.test(field.name)
      ? [{ path: here, name: field.name }]
      : [];
  });

const short = ({ service }: WireMethod): string => service.slice(service.lastIndexOf('.') + 1);

const methods = wireMethods(/^plinth\.gateway\.v1\./).filter(
  (method) => RULES[short(method)]?.[method.name]?.scope !== 'operate',
);
const cases = methods.flatMap((method) => idFields(method.input).map((field) => ({ method, field })));
const named = cases.map((one) => ({
  ...one,
  title: `${one.method.path} ${one.field.path.map(({ name }) => name).join('.')}`,
}));

type Request = Record<string, unknown>;

/** Puts a value where a path leads, making the messages and lists on the way. */
const put = (request: Request, [field, ...rest]: readonly DescField[], value: string): void => {
  if (field === undefined) return;
  const isList = field.fieldKind === 'list';
  if (rest.length === 0) {
    request[field.localName] = isList ? [value] : value;
    return;
  }
  const inner: Request = {};
  put(inner, rest, value);
  request[field.localName] = isList ? [inner] : inner;
};

describe('ids of others', () => {
  let cell: SmallCell;

  beforeAll(async () => {
    cell = await openSmallCell({ heartbeatMs: 20, rates: { perKey: RATES, perClient: RATES } });
    for (const [client, account, letter] of [
      [cell.alpha, 'a1', 'a'],
      [cell.beta, 'b1', 'b'],
    ] as const) {
      const money = { asset: 'USD', amount: '10' };
      await client.call('Accounts', 'OpenSubAccount', {
        ...emptyRequest('Accounts', 'OpenSubAccount'),
        ...{ accountId: account, subAccountId: `s${letter}` },
      });
      await client.call('Accounts', 'AddWithdrawalDestination', {
        ...emptyRequest('Accounts', 'AddWithdrawalDestination'),
        ...{ clientId: client === cell.alpha ? 'alpha' : 'beta', asset: 'USD', destination: 'bank' },
      });
      await cell.settle();
      await client.call('Trading', 'PlaceOrder', {
        ...emptyRequest('Trading', 'PlaceOrder'),
        ...{ orderId: `${client === cell.alpha ? 'alpha' : 'beta'}.1`, accountId: account, side: 'buy' },
        ...{ instrumentId: 'BTC-PERP', quantity: '0.01', orderType: 'limit', limitPrice: '50000' },
        timeInForce: 'gtc',
      });
      await client
        .call('Accounts', 'RequestWithdrawal', {
          ...{ accountId: account, subAccountId: '', withdrawalId: `w${letter}`, ...money },
          ...{ location: 'venue:alpha', destination: 'bank' },
        })
        .catch(() => undefined);
      await cell.settle();
    }
  }, 60_000);

  afterAll(() => cell.stop());

  const call = async (method: WireMethod, request: Request): Promise<unknown> => {
    const [service, name] = [short(method) as 'Accounts', method.name as 'GetAccount'];
    try {
      if (!method.isStream) return (await cell.alpha.call(service, name, request as never)).response;
      const { signal } = new AbortController();
      const stream = cell.alpha.stream(method.name as 'StreamFills', request as never, signal);
      const { value } = (await stream.next()) as IteratorResult<unknown, unknown>;
      await stream.return(undefined);
      return value;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const { code, reason, message, facts, field } = error;
      return { code, reason, message, facts, field };
    }
  };

  /** Own ids everywhere but in one place. */
  const requestWith = ({ method, field }: (typeof cases)[number], which: 0 | 1 | 2): Request => {
    const empty = emptyRequest(short(method) as 'Accounts', method.name as 'GetAccount');
    const request: Request = { ...empty };
    for (const own of method.input.fields) {
      const id = IDS[own.name];
      if (id !== undefined) put(request, [own], id[0]);
    }
    const ids = IDS[field.name];
    if (ids === undefined) throw new Error(`Expected ids for ${field.name}: add them to IDS`);
    put(request, field.path, ids[which]);
    return request;
  };

  it('are found in every method that has any, nested and repeated ones too', () => {
    expect(cases.length).toBeGreaterThan(40);
    const paths = named.map(({ title }) => title);
    expect(paths).toEqual(expect.arrayContaining([expect.stringMatching(/StreamFills account_ids$/)]));
  });

  it.each(named)(
    '$title: what is another’s is answered like what is not there',
    async ({ method, field }) => {
      const [foreign, missing] = [
        await call(method, requestWith({ method, field }, 1)),
        await call(method, requestWith({ method, field }, 2)),
      ];
      const [, ofOthers = '', nobodys = ''] = IDS[field.name] ?? [];
      // An answer may name the id that was asked for.
      const told = JSON.stringify(foreign, bigintText)?.replaceAll(ofOthers, nobodys);
      expect(told).toBe(JSON.stringify(missing, bigintText)?.replaceAll(ofOthers, nobodys));
      expect(cell.bugs).toEqual([]);
    },
  );
});

const bigintText = (key: string, value: unknown): unknown => {
  // Positions of accepted commands differ by nature.
  if (key === 'position') return 'position';
  return typeof value === 'bigint' ? value.toString() : value;
};
