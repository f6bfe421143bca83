import {
  absDecimal,
  decimalOf,
  decimalOfUnits,
  divide,
  divideUnits,
  formatDecimal,
  moneyOfDecimal,
  multiply,
  negateDecimal,
  unitsOf,
  type Decimal,
  type Price,
  type Rounding,
} from '@plinth/money';
import { LEDGER_SCALE, ofAssetUnits, toAssetUnits } from './ledger-amount.ts';

/** Derivative quantities are counted in 1e-8 contracts. */
export const QUANTITY_SCALE = 8;

/** Decimals of an average entry price, which is for display and for marking; the cost is what is exact. */
export const ENTRY_PRICE_DIGITS = 18;

/** What a formula must know of a derivative. */
export type ContractTerms = Readonly<{
  contractSize: string;
  /** Valued by the inverse of its price. An option never is: its price is in the settlement asset already. */
  inverse: boolean;
  settlementAsset: string;
  /** Decimal places of the settlement asset. */
  scale: number;
}>;

/**
 * An open position at one venue. `units` is signed, in 1e-8 contracts. `cost` is the signed value at which it
 * was opened, in the settlement asset at ledger scale: unrealised profit = value(units, mark) − cost,
 * exactly.
 */
export type OpenPosition = Readonly<{ units: bigint; cost: bigint }>;

export const FLAT: OpenPosition = { units: 0n, cost: 0n };

export const contractsOf = (text: string, field: string): bigint => unitsOf(text, QUANTITY_SCALE, field);

const underlyingUnits = (units: bigint, contractSize: string): Decimal =>
  multiply(decimalOfUnits(units, QUANTITY_SCALE), decimalOf(contractSize, 'contractSize'));

/**
 * Signed value of a signed quantity in the settlement asset, at ledger scale but in whole units of the asset.
 * Linear: q · contractSize · price. Inverse (settled in the underlying): −q · contractSize / price. Use
 * `ceil` for what a client pays by a fill (it pays more, it receives less), `floor` for what it would be
 * paid.
 */
export const positionValue = (
  units: bigint,
  price: Price,
  terms: ContractTerms,
  rounding: Rounding,
): bigint => {
  const size = underlyingUnits(units, terms.contractSize);
  const target = { asset: terms.settlementAsset, scale: terms.scale };
  const exact = terms.inverse
    ? divide(negateDecimal(size), price, terms.scale, rounding).quotient
    : multiply(size, price);
  return ofAssetUnits(moneyOfDecimal(exact, target, rounding).amount.units, terms.scale);
};

/**
 * Average entry price: |cost| / (|q| · contractSize); inverse: |q| · contractSize / |cost|. Empty when flat.
 */
export const entryPriceOf = ({ units, cost }: OpenPosition, terms: ContractTerms): string => {
  if (units === 0n) return '';
  const size = absDecimal(underlyingUnits(units, terms.contractSize));
  // A position so small that its cost was rounded to nothing still has a finite price.
  const paid = absDecimal(decimalOfUnits(cost === 0n ? ofAssetUnits(1n, terms.scale) : cost, LEDGER_SCALE));
  const [over, under] = terms.inverse ? [size, paid] : [paid, size];
  return formatDecimal(divide(over, under, ENTRY_PRICE_DIGITS, 'half-even').quotient);
};

export type Booking = Readonly<{ position: OpenPosition; realised: bigint }>;

const abs = (x: bigint): bigint => (x < 0n ? -x : x);

/**
 * cost · part / whole in whole units of the asset, never less than exact, so that realised profit is never
 * too much.
 */
const portion = (cost: bigint, part: bigint, whole: bigint, scale: number): bigint =>
  ofAssetUnits(divideUnits(toAssetUnits(cost, scale) * part, whole, 'ceil').quotient, scale);

/**
 * Books a fill of signed `units` with signed `value` (its cash flow is −value) into a position, at average
 * cost. Opening adds value to cost. Closing releases cost in proportion: realised = −(value + released). A
 * fill that turns the position round closes all of it with its share of the value and opens the rest. However
 * the shares are rounded, Σ realised − cost = −Σ value, so that Σ realised + unrealised = Σ cash flows +
 * value of what is open, exactly.
 */
export const bookFill = (before: OpenPosition, units: bigint, value: bigint, scale: number): Booking => {
  const opens = before.units === 0n || before.units < 0n === units < 0n;
  if (opens) {
    return { position: { units: before.units + units, cost: before.cost + value }, realised: 0n };
  }
  if (abs(units) <= abs(before.units)) {
    const all = units === -before.units;
    const released = all ? before.cost : portion(before.cost, abs(units), abs(before.units), scale);
    const position = { units: before.units + units, cost: before.cost - released };
    return { position, realised: -(value + released) };
  }
  const closing = portion(value, abs(before.units), abs(units), scale);
  return {
    position: { units: before.units + units, cost: value - closing },
    realised: -(closing + before.cost),
  };
};
