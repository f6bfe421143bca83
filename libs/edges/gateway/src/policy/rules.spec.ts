import { describe, expect, it } from '@jest/globals';
import { RPC_METHODS } from '@plinth/runtime';
import { GATEWAY_SERVICES } from '../server/methods.ts';
import { fieldsOf, WIRE_METHODS } from '../testing/wire-descriptors.ts';
import { RULES } from './rules.ts';

const rules = Object.entries(RULES).flatMap(([service, methods]) =>
  Object.entries(methods).map(([name, rule]) => ({ service, name, rule })),
);

/** Ids that are the same for everybody, or that mean something only inside an account that is checked. */
const NOT_TENANTS = new Set([
  ...['instrument_id', 'product_id', 'venue_id'],
  ...['sub_account_id', 'from_sub_account_id', 'to_sub_account_id'],
  ...['withdrawal_id', 'transfer_id', 'move_id'],
]);

/** Whom a client sends money to is another; the client's own list of destinations is asked. */
const OTHERS_BY_DESIGN: Readonly<Record<string, readonly string[]>> = {
  RequestClientTransfer: ['toClientId', 'toAccountId'],
};

describe('the table of methods', () => {
  it('has exactly the methods of the proto', () => {
    const named = ({ service, name }: { service: string; name: string }): string => `${service}.${name}`;
    expect(rules.map(named).sort()).toEqual(WIRE_METHODS.map(named).sort());
    expect(GATEWAY_SERVICES.map(({ name }) => name).sort()).toEqual(
      [...new Set(WIRE_METHODS.map(({ service }) => `plinth.gateway.v1.${service}`))].sort(),
    );
  });

  it.each(rules)('$service.$name goes to a method of the services of the same kind', ({ name, rule }) => {
    if (rule.kind === 'command' || rule.kind === 'query') expect(RPC_METHODS.get(name)?.kind).toBe(rule.kind);
    else expect(RPC_METHODS.has(name)).toBe(false);
  });

  it.each(WIRE_METHODS)(
    '$service.$name has a rule for every id that could be another’s',
    ({ service, name, input }) => {
      const { scope, ids } = RULES[service]?.[name] ?? { scope: 'none', ids: [] };
      const checked = [...ids.map(({ path }) => path), ...(OTHERS_BY_DESIGN[name] ?? [])];
      const fields = fieldsOf(input);
      for (const path of checked) expect(fields.map((field) => field.path)).toContain(path);
      for (const { path, field } of ids) expect(fields.find((one) => one.path === path)?.name).toBe(field);
      if (scope === 'operate' || scope === 'guard') return;
      const tenants = fields.filter((field) => /_ids?$/.test(field.name) && !NOT_TENANTS.has(field.name));
      expect(tenants.map(({ path }) => path).filter((path) => !checked.includes(path))).toEqual([]);
    },
  );

  it('lets only operators into Operations, and asks for a scope that fits everywhere else', () => {
    for (const { service, rule } of rules) {
      expect(['operate', 'guard'].includes(rule.scope)).toBe(service === 'Operations');
      if (rule.kind !== 'command') expect(['read', 'operate']).toContain(rule.scope);
      else expect(rule.scope).not.toBe('read');
      expect(rule.cost).toBeGreaterThan(0);
    }
  });
});
