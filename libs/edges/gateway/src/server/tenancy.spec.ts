import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { status as grpc } from '@grpc/grpc-js';
import { emptyRequest, GatewayError, type GatewayClient } from '../client/gateway-client.ts';
import type { IdRule } from '../policy/rules.ts';
import { RULES } from '../policy/rules.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';

const RATES = { perSecond: 1_000_000, burst: 1_000_000 };

type Case = Readonly<{ service: string; name: string; rule: IdRule }>;

const cases: readonly Case[] = Object.entries(RULES)
  .filter(([service]) => service !== 'Streams')
  .flatMap(([service, methods]) =>
    Object.entries(methods).flatMap(([name, { ids }]) => ids.map((rule) => ({ service, name, rule }))),
  );

/** An own id, a foreign one and one that does not exist, of each kind. */
const IDS: Readonly<Record<IdRule['kind'], Readonly<{ own: string; foreign: string; missing: string }>>> = {
  account: { own: 'a1', foreign: 'b1', missing: 'z1' },
  client: { own: 'alpha', foreign: 'beta', missing: 'zeta' },
  order: { own: 'alpha.1', foreign: 'beta.1', missing: 'beta.9' },
  'product-order': { own: 'alpha.p1', foreign: 'beta.p1', missing: 'beta.p9' },
  liquidation: { own: 'l1', foreign: 'l2', missing: 'l9' },
  'new-order': { own: 'alpha.new', foreign: 'beta.1', missing: 'beta.9' },
};

describe('tenancy', () => {
  let on: Started;
  let alpha: GatewayClient;

  beforeAll(async () => {
    on = await startGateway({ rates: { perKey: RATES, perClient: RATES } });
    on.cell.accounts.set('a1', 'alpha').set('b1', 'beta');
    on.cell.orders.set('alpha.1', 'a1').set('beta.1', 'b1');
    on.cell.productOrders.set('alpha.p1', 'a1').set('beta.p1', 'b1');
    on.cell.liquidations.set('l1', 'a1').set('l2', 'b1');
    alpha = on.client(on.issue('alpha'));
    on.issue('beta');
  });

  afterAll(() => on.stop());

  const requestWith = (service: string, name: string, ids: Readonly<Record<string, string>>) => ({
    ...emptyRequest(service as 'Accounts', name as 'GetAccount'),
    ...ids,
  });

  /** Own ids everywhere, but for one field. */
  const idsFor = (service: string, name: string, path: string, value: string): Record<string, string> => {
    const rules = RULES[service]?.[name]?.ids ?? [];
    return { ...Object.fromEntries(rules.map((rule) => [rule.path, IDS[rule.kind].own])), [path]: value };
  };

  const answerTo = async (service: string, name: string, ids: Record<string, string>, client = alpha) => {
    try {
      await client.call(service as 'Accounts', name as 'GetAccount', requestWith(service, name, ids));
      return 'answered';
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const { code, reason, message, facts, field } = error;
      return { code, reason, message, facts, field };
    }
  };

  const reached = (name: string): number =>
    on.cell.sent.filter((one) => one.name === name).length +
    on.cell.asked.filter((one) => one.name === name).length;

  it.each(cases)(
    '$service.$name answers a foreign $rule.field like a missing one',
    async ({ service, name, rule }) => {
      const { own, foreign, missing } = IDS[rule.kind];
      expect(await answerTo(service, name, idsFor(service, name, rule.path, own))).toBe('answered');
      const toForeign = await answerTo(service, name, idsFor(service, name, rule.path, foreign));
      const before = on.cell.asked.length;
      const toMissing = await answerTo(service, name, idsFor(service, name, rule.path, missing));
      const missingCost = on.cell.asked.length - before;
      const foreignAgain = on.cell.asked.length;
      await answerTo(service, name, idsFor(service, name, rule.path, foreign));
      expect(toForeign).toEqual(toMissing);
      expect(toForeign).toMatchObject({ field: rule.field });
      expect((toForeign as GatewayError).code).toBe(
        rule.kind === 'new-order' ? grpc.INVALID_ARGUMENT : grpc.NOT_FOUND,
      );
      // The same work, so that the time it takes tells nothing either.
      expect(on.cell.asked.length - foreignAgain).toBe(missingCost);
    },
  );

  it.each(cases)(
    '$service.$name with a foreign $rule.field never reaches a service',
    async ({ service, name, rule }) => {
      const isLookup = ['GetClient', 'GetOrder', 'GetProductOrder', 'GetLiquidation'].includes(name);
      const before = reached(name);
      await answerTo(service, name, idsFor(service, name, rule.path, IDS[rule.kind].foreign));
      if (!isLookup) expect(reached(name)).toBe(before);
    },
  );

  it.each(cases)(
    '$service.$name refuses a malformed or empty $rule.field',
    async ({ service, name, rule }) => {
      const odd = ['', 'A B', '../a1', 'a1\u0000', 'a'.repeat(200), '*', '%'];
      for (const value of odd) {
        const answer = await answerTo(service, name, idsFor(service, name, rule.path, value));
        if (value === '' && rule.whenEmpty === 'self') expect(answer).toBe('answered');
        else expect(answer).toMatchObject({ code: grpc.INVALID_ARGUMENT, field: rule.field });
      }
    },
  );

  it('fills in the caller where an empty id means itself', async () => {
    await answerTo('Accounts', 'ListAccounts', { clientId: '' });
    expect(on.cell.asked.at(-1)).toMatchObject({ name: 'ListAccounts', request: { clientId: 'alpha' } });
  });

  it.each(cases)(
    '$service.$name leaves an operator’s $rule.field to the service',
    async ({ service, name, rule }) => {
      const { missing } = IDS[rule.kind];
      const before = reached(name);
      await answerTo(service, name, idsFor(service, name, rule.path, missing), on.operator);
      expect(reached(name)).toBe(before + 1);
    },
  );

  it('does not let a client into Operations', async () => {
    for (const name of Object.keys(RULES['Operations'] ?? {})) {
      expect(await answerTo('Operations', name, {})).toMatchObject({ code: grpc.PERMISSION_DENIED });
    }
  });
});
