import type { BookSnapshot, BookLevel, CostCurve, Listing, OptionFee, Side } from '@plinth/market';
import { SIGN, feePerUnit } from '@plinth/market';
import type { Decimal } from '@plinth/money';
import {
  InvalidNumber,
  ZERO,
  assert,
  decimalOf,
  decimalPlaces,
  decimalToFloat,
  formatUnits,
  roundDecimal,
  roundToStep,
  formatDecimal,
  toSafeInteger,
  unitsOfDecimal,
} from '@plinth/money';
import { LIMITS } from './limits.ts';
import type { Split } from './best-split.ts';
import type { SplitProblem } from './split.ts';

/**
 * What the router must know of a venue to send a part of an order there. Decimal text unless said
 * otherwise.
 */
export type VenueTerms = Readonly<{
  venueId: string;
  takerFeePpm: number;
  makerFeePpm: number;
  /** How an option is charged where there is a cap; undefined for a rate on the price alone. */
  optionFee: OptionFee | undefined;
  listing: Listing;
  /** Fixed cost of one child order, in the quote asset; empty for none. */
  orderCost: string;
  /** Most that may be sent there, in units of the instrument; Infinity when nothing bounds it. */
  capacity: number;
}>;

export type VenueBook = Readonly<{ terms: VenueTerms; book: BookSnapshot }>;

export type SplitTask = Readonly<{
  side: Side;
  quantity: string;
  /** Worst level price that may be taken; empty when there is none. */
  worstPrice: string;
  contractSize: string;
  books: readonly VenueBook[];
}>;

/** A split problem with the way back from its units to text. */
export type PreparedSplit = Readonly<{
  problem: SplitProblem;
  /** Decimal places of one smallest unit. */
  scale: number;
  venues: readonly VenueTerms[];
  contractSize: number;
  /** The prices of the problem as the venues wrote them. */
  priceTexts: readonly string[];
}>;

export type BookFault = Readonly<{ field: string; message: string }>;

/**
 * Why a book cannot be used; undefined when it can. A venue with a broken book is left out, never guessed.
 */
export const bookProblem = (book: BookSnapshot): string | undefined => bookFault(book)?.message;

/** The same with the field that is wrong. */
export const bookFault = (
  book: Pick<BookSnapshot, 'bids' | 'asks'>,
  levelsMax: number = LIMITS.levelsPerVenueMax,
): BookFault | undefined => {
  for (const [name, levels, sign] of [
    ['bids', book.bids, -1],
    ['asks', book.asks, 1],
  ] as const) {
    if (levels.length > levelsMax) return { field: name, message: `Expected at most ${levelsMax} ${name}` };
    const fault = sideFault(name, levels, sign);
    if (fault !== undefined) return fault;
  }
  const [bid, ask] = [book.bids[0], book.asks[0]];
  if (bid !== undefined && ask !== undefined && decimalOf(bid.price).gte(decimalOf(ask.price))) {
    const message = `Expected a bid below the ask, was ${bid.price} and ${ask.price}`;
    return { field: 'bids[0].price', message };
  }
  return undefined;
};

const sideFault = (name: string, levels: readonly BookLevel[], sign: 1 | -1): BookFault | undefined => {
  let last: Decimal | undefined;
  for (const [n, level] of levels.entries()) {
    const at = `${name}[${n}]`;
    try {
      const price = decimalOf(level.price, `${at}.price`);
      const quantity = decimalOf(level.quantity, `${at}.quantity`);
      const isPriceWrong = price.lte(ZERO);
      if (isPriceWrong || quantity.lt(ZERO)) {
        const message = `Expected positive ${name}, was ${level.quantity} at ${level.price}`;
        return { field: `${at}.${isPriceWrong ? 'price' : 'quantity'}`, message };
      }
      if (last !== undefined && price.cmp(last) !== sign)
        return { field: `${at}.price`, message: `Expected ${name} best first, was ${level.price}` };
      last = price;
    } catch (error) {
      if (error instanceof InvalidNumber) return { field: error.field, message: error.message };
      throw error;
    }
  }
  return undefined;
};

/** Decimal text as a whole number of 10^-scale, what does not fit cut off. */
const unitsIn = (text: string, scale: number, rounding: 'down' | 'up' = 'down'): number =>
  toSafeInteger(unitsOfDecimal(roundDecimal(decimalOf(text), scale, rounding).rounded, scale));

const levelsOf = (side: Side, book: BookSnapshot): readonly BookLevel[] =>
  side === 'buy' ? book.asks : book.bids;

/**
 * The books as a split problem. Sizes smaller than the finest lot are cut off; capacities are rounded down.
 */
export const prepareSplit = (task: SplitTask): PreparedSplit => {
  const { books, side } = task;
  assert(books.length <= LIMITS.venuesPerSplitMax, `Expected at most ${LIMITS.venuesPerSplitMax} venues`);
  const sizes = [
    task.quantity,
    ...books.flatMap(({ terms: { listing } }) => [listing.lot, listing.minQuantity]),
  ];
  const scale = Math.max(0, ...sizes.map((text) => decimalPlaces(decimalOf(text))));
  const levels = books.map(({ book }) => levelsOf(side, book));
  const offsets = new Int32Array(books.length + 1);
  levels.forEach((of, v) => (offsets[v + 1] = (offsets[v] as number) + of.length));
  const flat = levels.flat();
  const prices = Float64Array.from(flat, ({ price }) => decimalToFloat(decimalOf(price)));
  const contractSize = decimalToFloat(decimalOf(task.contractSize));
  const perUnit = decimalToFloat(decimalOf(formatUnits(1n, scale))) * contractSize;
  const venues = books.map(({ terms }) => terms);
  const problem: SplitProblem = {
    sign: SIGN[side],
    quantity: unitsIn(task.quantity, scale),
    worstPrice: worstOf(task),
    venueCount: books.length,
    offsets,
    prices,
    netPrices: netPricesOf(SIGN[side], books, offsets, prices),
    quantities: Float64Array.from(flat, ({ quantity }) => unitsIn(quantity, scale)),
    lots: Float64Array.from(venues, ({ listing }) => unitsIn(listing.lot, scale)),
    minimums: Float64Array.from(venues, ({ listing }) => unitsIn(listing.minQuantity, scale, 'up')),
    capacities: Float64Array.from(venues, ({ capacity }) => capacityUnits(capacity, scale)),
    fixedCosts: Float64Array.from(venues, ({ orderCost }) =>
      orderCost === '' ? 0 : decimalToFloat(decimalOf(orderCost)) / perUnit,
    ),
  };
  return { problem, scale, venues, contractSize, priceTexts: flat.map(({ price }) => price) };
};

/** What a unit costs (buys) or brings (sells) at each level, the taker's fee of its venue included. */
const netPricesOf = (
  sign: 1 | -1,
  books: readonly VenueBook[],
  offsets: Int32Array,
  prices: Float64Array,
): Float64Array => {
  const net = new Float64Array(prices.length);
  books.forEach(({ terms: { takerFeePpm, optionFee } }, v) => {
    for (let n = offsets[v] as number; n < (offsets[v + 1] as number); n += 1) {
      const price = prices[n] as number;
      net[n] = price + sign * feePerUnit(price, takerFeePpm, optionFee);
    }
  });
  return net;
};

const worstOf = (task: SplitTask): number => {
  if (task.worstPrice === '') return task.side === 'buy' ? Infinity : 0;
  return decimalToFloat(decimalOf(task.worstPrice));
};

const capacityUnits = (capacity: number, scale: number): number => {
  const step = decimalToFloat(decimalOf(formatUnits(1n, scale)));
  return capacity === Infinity ? Infinity : Math.max(0, Math.floor(capacity / step));
};

/**
 * A part of an order for one venue. Money in the quote asset; costs against `arrivalPrice`, positive =
 * worse.
 */
export type SplitPart = Readonly<{
  venueId: string;
  quantity: string;
  /** Price of the worst level used, as the venue wrote it. */
  worstPrice: string;
  expectedCost: number;
}>;

export const quantityText = (prepared: PreparedSplit, units: number): string =>
  formatUnits(BigInt(units), prepared.scale);

/**
 * Cost in the quote asset of `units` that trade for `notional` (after fees, in price × units), against the
 * arrival price.
 */
export const costAgainst = (
  prepared: PreparedSplit,
  signedNotional: number,
  units: number,
  arrivalPrice: number,
): number => {
  const step = decimalToFloat(decimalOf(formatUnits(1n, prepared.scale)));
  return (signedNotional - prepared.problem.sign * arrivalPrice * units) * step * prepared.contractSize;
};

const priceText = ({ problem, priceTexts }: PreparedSplit, v: number, price: number): string => {
  const level = problem.prices.indexOf(price, problem.offsets[v]);
  assert(level >= 0, () => `Expected a level at ${price}`);
  return priceTexts[level] as string;
};

export const partsOf = (prepared: PreparedSplit, split: Split, arrivalPrice: number): readonly SplitPart[] =>
  prepared.venues.flatMap((terms, v) => {
    const units = split.units[v] as number;
    if (units === 0) return [];
    const fixed = prepared.problem.fixedCosts[v] as number;
    const signed = prepared.problem.sign * (split.notionals[v] as number) + fixed;
    return [
      {
        venueId: terms.venueId,
        quantity: quantityText(prepared, units),
        worstPrice: priceText(prepared, v, split.worstPrices[v] as number),
        expectedCost: costAgainst(prepared, signed, units, arrivalPrice),
      },
    ];
  });

/** A price on the grid of a listing, towards the passive side: never worse than what was allowed. */
export const onTick = (price: string, tick: string, side: Side): string =>
  formatDecimal(roundToStep(decimalOf(price), decimalOf(tick), side === 'buy' ? 'floor' : 'ceil'));

/**
 * Cost curve of all books together: cumulative quantity in units of the underlying, price of each step
 * after fees in USD per unit of the underlying. Lots and fixed costs are left out: they vanish in what the
 * curve is used for.
 */
export const costCurveOf = ({ problem, scale, contractSize }: PreparedSplit, quoteUsd: number): CostCurve => {
  const steps: { price: number; units: number }[] = [];
  for (let v = 0; v < problem.venueCount; v += 1) {
    for (let n = problem.offsets[v] as number; n < (problem.offsets[v + 1] as number); n += 1) {
      const units = problem.quantities[n] as number;
      if (units > 0) steps.push({ price: (problem.netPrices[n] as number) * quoteUsd, units });
    }
  }
  steps.sort((a, b) => problem.sign * (a.price - b.price));
  const step = decimalToFloat(decimalOf(formatUnits(1n, scale))) * contractSize;
  let units = 0;
  return {
    quantities: Float64Array.from(steps, (at) => (units += at.units) * step),
    prices: Float64Array.from(steps, ({ price }) => price),
  };
};
