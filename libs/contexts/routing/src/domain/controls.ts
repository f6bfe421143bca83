import type { Rejection } from '@plinth/eventing';
import { reject } from '@plinth/eventing';
import {
  isExpired,
  type Instrument,
  type Listing,
  type MarkState,
  type Side,
  type Venue,
} from '@plinth/market';
import type { Decimal } from '@plinth/money';
import {
  ZERO,
  addDecimal,
  decimalOf,
  decimalToFloat,
  formatDecimal,
  roundToStep,
  subtractDecimal,
} from '@plinth/money';

/** An order as its sender wrote it, read but not yet judged. */
export type OrderDraft = Readonly<{
  orderId: string;
  accountId: string;
  instrument: Instrument;
  side: Side;
  quantity: Decimal;
  orderType: 'market' | 'limit';
  limitPrice: Decimal | undefined;
  timeInForce: 'ioc' | 'gtc';
  /** Venues named by the sender; empty means all. */
  venues: readonly string[];
  reduceOnly: boolean;
}>;

/** What the controls look at beside the order. */
export type ControlFacts = Readonly<{
  /** Venues that list the instrument and were named, or all of them, with their listing. */
  eligible: readonly Readonly<{ venue: Venue; listing: Listing }>[];
  mark: Readonly<{ price: Decimal; state: MarkState }> | undefined;
  /**
   * USD of what one unit moves with: its value at the mark, of an option its underlying's; undefined without
   * a price.
   */
  unitValueUsd: number | undefined;
  /** Units that the account's positions leave to reduce over the eligible venues. */
  reducible: number;
  /** Decimal places that the ledger has for the quantity. */
  quantityDigits: number;
  collarPpm: number;
  /** Furthest that an order may trade through the mark, in price. */
  collarWidth: Decimal;
  nowMs: number;
  notionalMaxUsd: number;
  quantityMax: number;
}>;

export type ControlCode =
  | 'INSTRUMENT_EXPIRED'
  | 'NO_VENUE'
  | 'VENUE_DOWN'
  | 'PRICE_UNKNOWN'
  | 'PRICE_HALTED'
  | 'PRICE_COLLAR'
  | 'LOT_SIZE'
  | 'MIN_QUANTITY'
  | 'TICK_SIZE'
  | 'MAX_QUANTITY'
  | 'MAX_NOTIONAL'
  | 'NOT_REDUCING';

type Verdict = Rejection<ControlCode> | undefined;
export type Control = (order: OrderDraft, facts: ControlFacts) => Verdict;

const isMultiple = (value: Decimal, step: string): boolean =>
  roundToStep(value, decimalOf(step), 'down').eq(value);

const unexpired: Control = ({ instrument }, { nowMs }) =>
  isExpired(instrument, nowMs)
    ? reject('INSTRUMENT_EXPIRED', `Expected an instrument before its expiry, ${instrument.id} has expired`, {
        field: 'instrument_id',
        reason: 'precondition',
      })
    : undefined;

const listed: Control = ({ instrument }, { eligible }) =>
  eligible.length === 0
    ? reject('NO_VENUE', `Expected a venue that lists ${instrument.id}: leave venues empty for all`, {
        field: 'venues',
      })
    : undefined;

const venueUp: Control = (order, { eligible }) => {
  const isOpen = eligible.some(
    ({ venue }) => venue.state === 'up' || (venue.state === 'reduce-only' && order.reduceOnly),
  );
  return isOpen ? undefined : reject('VENUE_DOWN', 'Expected a venue that takes orders now: try again later');
};

/**
 * Every unit can be sent somewhere: the quantity is a whole number of some venue's lots, and not below its
 * minimum.
 */
const wholeLots: Control = ({ quantity }, { eligible, quantityDigits }) => {
  const fits = eligible.filter(({ listing }) => isMultiple(quantity, listing.lot));
  const lots = [...new Set(eligible.map(({ listing }) => listing.lot))].join(' or ');
  if (fits.length === 0) {
    return reject(
      'LOT_SIZE',
      `Expected quantity to be a multiple of ${lots}, was ${formatDecimal(quantity)}`,
      {
        field: 'quantity',
        reason: 'invalid',
      },
    );
  }
  if (!isMultiple(quantity, formatDecimal(smallestStep(quantityDigits)))) {
    return reject('LOT_SIZE', `Expected quantity with at most ${quantityDigits} decimals`, {
      field: 'quantity',
      reason: 'invalid',
    });
  }
  if (fits.some(({ listing }) => quantity.gte(decimalOf(listing.minQuantity)))) return undefined;
  const least = fits.map(({ listing }) => listing.minQuantity).join(' or ');
  return reject('MIN_QUANTITY', `Expected quantity of at least ${least}, was ${formatDecimal(quantity)}`, {
    field: 'quantity',
    reason: 'invalid',
  });
};

const smallestStep = (digits: number): Decimal =>
  decimalOf(digits === 0 ? '1' : `0.${'0'.repeat(digits - 1)}1`);

const wholeTicks: Control = ({ limitPrice }, { eligible }) => {
  if (limitPrice === undefined || eligible.some(({ listing }) => isMultiple(limitPrice, listing.tick))) {
    return undefined;
  }
  const ticks = [...new Set(eligible.map(({ listing }) => listing.tick))].join(' or ');
  return reject(
    'TICK_SIZE',
    `Expected limit_price to be a multiple of ${ticks}, was ${formatDecimal(limitPrice)}`,
    {
      field: 'limit_price',
      reason: 'invalid',
    },
  );
};

const priced: Control = ({ instrument, orderType }, { mark, unitValueUsd }) => {
  if (mark === undefined || unitValueUsd === undefined) {
    return reject('PRICE_UNKNOWN', `Expected a mark of ${instrument.id}: none was published yet`);
  }
  return mark.state === 'halted' && orderType === 'market'
    ? reject(
        'PRICE_HALTED',
        `Expected a live mark of ${instrument.id} for a market order: send a limit order`,
      )
    : undefined;
};

/** Smallest price: a collar never reaches zero. */
const LEAST_PRICE = decimalOf('0.000000000001');

/** mark ± collar: no order may trade further through the mark. */
export const collarPrice = (
  side: Side,
  mark: Decimal,
  { collarWidth }: Pick<ControlFacts, 'collarWidth'>,
): Decimal => {
  if (side === 'buy') return addDecimal(mark, collarWidth);
  const edge = subtractDecimal(mark, collarWidth);
  return edge.gt(ZERO) ? edge : LEAST_PRICE;
};

const withinCollar: Control = ({ side, limitPrice }, { mark, collarPpm, collarWidth }) => {
  if (limitPrice === undefined || mark === undefined) return undefined;
  const edge = collarPrice(side, mark.price, { collarWidth });
  const isThrough = side === 'buy' ? limitPrice.gt(edge) : limitPrice.lt(edge);
  return isThrough
    ? reject(
        'PRICE_COLLAR',
        `Expected limit_price no worse than ${formatDecimal(edge)}, was ${formatDecimal(limitPrice)}`,
        { field: 'limit_price', details: { mark: formatDecimal(mark.price), collar_ppm: `${collarPpm}` } },
      )
    : undefined;
};

const withinSize: Control = ({ quantity }, { quantityMax, notionalMaxUsd, unitValueUsd }) => {
  const units = decimalToFloat(quantity);
  if (units > quantityMax) {
    return reject(
      'MAX_QUANTITY',
      `Expected quantity of at most ${quantityMax}, was ${formatDecimal(quantity)}`,
      {
        field: 'quantity',
      },
    );
  }
  return units * (unitValueUsd ?? 0) > notionalMaxUsd
    ? reject('MAX_NOTIONAL', `Expected an order of at most ${notionalMaxUsd} USD at the mark: split it`, {
        field: 'quantity',
      })
    : undefined;
};

const reducing: Control = ({ reduceOnly, instrument, quantity }, { reducible }) => {
  if (!reduceOnly) return undefined;
  if (instrument.kind === 'spot') {
    return reject('NOT_REDUCING', 'Expected a derivative for reduce_only: a spot pair has no position', {
      field: 'reduce_only',
      reason: 'invalid',
    });
  }
  return decimalToFloat(quantity) <= reducible
    ? undefined
    : reject(
        'NOT_REDUCING',
        `Expected quantity of at most ${reducible}, which the position leaves to close`,
        {
          field: 'quantity',
        },
      );
};

/** Pre-trade controls, in the order in which they speak. A new one is a function and a line here. */
export const CONTROLS: readonly Control[] = [
  unexpired,
  listed,
  venueUp,
  priced,
  wholeLots,
  wholeTicks,
  withinSize,
  withinCollar,
  reducing,
];

/** The first objection; undefined when there is none. `ZERO` and negative quantities never get here. */
export const judgeOrder = (order: OrderDraft, facts: ControlFacts): Verdict => {
  if (order.quantity.lte(ZERO)) {
    return reject('MIN_QUANTITY', 'Expected quantity over 0', { field: 'quantity', reason: 'invalid' });
  }
  for (const control of CONTROLS) {
    const verdict = control(order, facts);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
};
