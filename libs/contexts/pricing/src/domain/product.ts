import { reject, type Decider } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { absDecimal, decimalOf, ZERO, type Decimal } from '@plinth/money';

export type ListProduct = Readonly<{ type: 'ListProduct'; product: EventData<'ProductListed'> }>;

/** Stream product-{product}: listed once, never changed, because orders build on every leg. */
export const product: Decider<boolean, ListProduct, 'ProductListed', 'PRODUCT_EXISTS'> = {
  initialState: () => false,
  decide: ({ product: data }, listed) =>
    listed
      ? reject('PRODUCT_EXISTS', `Expected a new product, ${data.productId} is listed: choose another id`, {
          field: 'product_id',
          reason: 'exists',
        })
      : [{ type: 'ProductListed', data }],
  evolve: () => true,
};

/** A leg as the shapes look at it; ratio and strike are decimals, a strike is zero where there is none. */
export type ShapeLeg = Readonly<{
  kind: string;
  optionType: string;
  strike: Decimal;
  expiresAtMs: number;
  ratio: Decimal;
}>;

type Shape = Readonly<{ says: string; fits: (legs: readonly ShapeLeg[]) => boolean }>;

const isLong = ({ ratio }: ShapeLeg): boolean => ratio.gt(ZERO);
const isOption = (type: string) => (leg: ShapeLeg) => leg.kind === 'option' && leg.optionType === type;
const sameSize = (legs: readonly ShapeLeg[]): boolean =>
  legs.every(({ ratio }) => absDecimal(ratio).eq(absDecimal(legs[0]?.ratio ?? decimalOf('1'))));
const sameExpiry = (legs: readonly ShapeLeg[]): boolean =>
  legs.every(({ expiresAtMs }) => expiresAtMs === legs[0]?.expiresAtMs);

const spread =
  (type: string) =>
  (legs: readonly ShapeLeg[]): boolean =>
    legs.length === 2 &&
    legs.every(isOption(type)) &&
    sameSize(legs) &&
    sameExpiry(legs) &&
    legs.filter(isLong).length === 1 &&
    legs[0]?.strike.eq(legs[1]?.strike ?? ZERO) === false;

const callAndPut = (legs: readonly ShapeLeg[]): readonly [ShapeLeg, ShapeLeg] | undefined => {
  const call = legs.find(isOption('call'));
  const put = legs.find(isOption('put'));
  return call === undefined || put === undefined ? undefined : [call, put];
};

/** A call and a put, both bought, of one expiry; of one strike, or not. */
const bothBought =
  (oneStrike: boolean) =>
  (legs: readonly ShapeLeg[]): boolean => {
    const [call, put] = callAndPut(legs) ?? [];
    if (call === undefined || put === undefined || legs.length !== 2) return false;
    const isOne = call.strike.eq(put.strike);
    return legs.every(isLong) && sameSize(legs) && sameExpiry(legs) && isOne === oneStrike;
  };

/** The underlying held (spot, perpetual or future), a put bought below a call sold. */
const collar = (legs: readonly ShapeLeg[]): boolean => {
  const [call, put] = callAndPut(legs) ?? [];
  const held = legs.find(({ kind }) => kind !== 'option');
  if (call === undefined || put === undefined || held === undefined || legs.length !== 3) return false;
  return (
    isLong(held) && isLong(put) && !isLong(call) && put.strike.lt(call.strike) && sameExpiry([call, put])
  );
};

const coveredCall = (legs: readonly ShapeLeg[]): boolean => {
  const call = legs.find(isOption('call'));
  const held = legs.find(({ kind }) => kind !== 'option');
  return legs.length === 2 && call !== undefined && held !== undefined && isLong(held) && !isLong(call);
};

/** The note's bond is the cash of the account; what makes it a reverse convertible is the put sold. */
const reverseConvertible = (legs: readonly ShapeLeg[]): boolean =>
  legs.length === 1 && legs.every(isOption('put')) && legs.every((leg) => !isLong(leg));

/** What each kind of product must look like. A new kind is a line here; `custom` looks like anything. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  'call-spread': {
    says: 'two calls of one expiry and size, one bought, one sold, at two strikes',
    fits: spread('call'),
  },
  'put-spread': {
    says: 'two puts of one expiry and size, one bought, one sold, at two strikes',
    fits: spread('put'),
  },
  straddle: { says: 'a call and a put bought, of one strike, expiry and size', fits: bothBought(true) },
  strangle: { says: 'a call and a put bought, of two strikes, one expiry and size', fits: bothBought(false) },
  collar: { says: 'the underlying and a put bought, a call sold above the put', fits: collar },
  'covered-call': { says: 'the underlying bought and a call sold', fits: coveredCall },
  'reverse-convertible': { says: 'one put sold', fits: reverseConvertible },
  custom: { says: 'at least one leg', fits: (legs) => legs.length > 0 },
};
