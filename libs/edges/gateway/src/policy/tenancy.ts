import { reject } from '@plinth/eventing';
import { isId } from '@plinth/market';
import type { GrpcError } from '@plinth/runtime/grpc';
import { rejectionError } from '@plinth/runtime/grpc';
import { OPERATOR } from '../auth/authenticator.ts';
import { LIMITS } from '../limits.ts';
import type { Owners } from './owners.ts';
import type { IdRule } from './rules.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Every text at a path: lists are gone through, absent messages have none. */
export const textsAt = (request: unknown, path: string): readonly string[] => {
  let found: readonly unknown[] = [request];
  for (const name of path.split('.')) {
    found = found.flatMap((one) => (one === undefined || one === null ? [] : [(one as Fields)[name]])).flat();
  }
  return found.filter((one) => typeof one === 'string');
};

const NAMES: Readonly<Record<IdRule['kind'], string>> = {
  account: 'an open account',
  client: 'an open client',
  order: 'an order that was placed',
  'product-order': 'an order of a product that was placed',
  liquidation: 'a liquidation',
  'new-order': 'a new order',
};

/** One answer for what does not exist and for what is another's. */
export const missing = ({ kind, field }: Pick<IdRule, 'kind' | 'field'>): GrpcError => {
  const code = `${kind.toUpperCase().replace('-', '_')}_UNKNOWN`;
  return rejectionError(
    reject(code, `Expected ${field} to be ${NAMES[kind]}: check the id`, { field, reason: 'missing' }),
  );
};

const invalid = (field: string, expected: string): GrpcError =>
  rejectionError(
    reject('INVALID_FIELD', `Expected ${field} to be ${expected}`, { field, reason: 'invalid' }),
  );

const FORMS: Readonly<Record<IdRule['kind'], 'account' | 'client' | 'reference'>> = {
  account: 'account',
  client: 'client',
  order: 'reference',
  'product-order': 'reference',
  liquidation: 'reference',
  'new-order': 'reference',
};

const FORM_NAMES = {
  account: '1 to 32 of a-z and 0-9',
  client: '1 to 32 of a-z and 0-9',
  reference: '1 to 64 of letters, digits, _ . : and -, beginning with a letter or digit',
} as const;

/** Holds the ids of a request against its sender, before any service sees it. */
export class Tenancy {
  readonly #owners: Owners;

  constructor(owners: Owners) {
    this.#owners = owners;
  }

  /**
   * The request, with the caller's own id filled in where an empty one means it. Throws when an id is not the
   * caller's.
   */
  async check(
    tenant: string,
    rules: readonly IdRule[],
    request: Fields,
    signal: AbortSignal,
  ): Promise<Fields> {
    if (tenant === OPERATOR) return request;
    const minPosition = minPositionOf(request);
    let checked = request;
    for (const rule of rules) {
      const ids = textsAt(checked, rule.path);
      if (ids.length > LIMITS.accountsPerStreamMax)
        throw invalid(rule.field, `at most ${LIMITS.accountsPerStreamMax} ids`);
      if (ids.length === 1 && ids[0] === '' && rule.whenEmpty === 'self') {
        checked = { ...checked, [rule.path]: tenant };
        continue;
      }
      if (ids.length === 0 && rule.whenEmpty !== 'all-own') throw invalid(rule.field, 'given');
      for (const one of ids) await this.#checkOne(tenant, rule, one, minPosition, signal);
    }
    return checked;
  }

  async #checkOne(
    tenant: string,
    rule: IdRule,
    value: string,
    minPosition: bigint,
    signal: AbortSignal,
  ): Promise<void> {
    const form = FORMS[rule.kind];
    if (!isId(form, value)) throw invalid(rule.field, FORM_NAMES[form]);
    if (rule.kind === 'new-order') {
      // Order ids are unique in the cell: in its own part of the names nobody learns of another's orders.
      if (value.startsWith(`${tenant}.`)) return;
      throw invalid(rule.field, `${tenant}. and then a name of your own`);
    }
    if (!(await this.owns(tenant, rule.kind, value, minPosition, signal))) throw missing(rule);
  }

  /** Whether an id is the caller's own. */
  async owns(
    tenant: string,
    kind: Exclude<IdRule['kind'], 'new-order'>,
    value: string,
    minPosition: bigint,
    signal: AbortSignal,
  ): Promise<boolean> {
    switch (kind) {
      case 'client':
        return value === tenant;
      case 'account':
        return this.#owners.ownsAccount(tenant, value, minPosition, signal);
      case 'order':
      case 'product-order':
      case 'liquidation':
        return this.#owners.owns(tenant, kind, value, minPosition, signal);
    }
  }
}

const minPositionOf = (request: Fields): bigint => {
  const read = request['read'] as Readonly<{ minPosition?: bigint }> | undefined;
  return read?.minPosition ?? 0n;
};
