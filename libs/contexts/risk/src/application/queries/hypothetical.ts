import { reject } from '@plinth/eventing';
import type { HypotheticalOrder, HypotheticalTransfer } from '@plinth/margin';
import { isId, SIGN } from '@plinth/market';
import type { riskMessages } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import { lineOf, type PortfolioView } from '@plinth/portfolio';
import { invalid, refuse } from './account-of.ts';

/** Refuses a list that is too long. */
export const bound = (field: string, list: readonly unknown[], max: number): void => {
  if (list.length > max) refuse(invalid(field, `Expected at most ${max}, was ${list.length}`));
};

const missing = (field: string, what: string): never =>
  refuse(reject('NOT_FOUND', `${field}: Expected ${what}`, { field, reason: 'missing' }));

/** A hypothetical order at a venue that lists its instrument, at its price or at the mark. */
export const readOrder = (
  order: riskMessages.HypotheticalOrder,
  field: string,
  { reference, lines }: PortfolioView,
): HypotheticalOrder => {
  const { instrumentId, side, quantity, price } = order;
  if (!isId('instrument', instrumentId))
    refuse(invalid(`${field}.instrumentId`, 'Expected an instrument id'));
  if (side !== 'buy' && side !== 'sell') return refuse(invalid(`${field}.side`, 'Expected buy or sell'));
  const listing = [...reference.venues.keys()].find((id) => lines.has(instrumentId, id));
  const venueId = order.venueId === '' ? listing : order.venueId;
  if (venueId === undefined || !lines.has(instrumentId, venueId))
    return missing(`${field}.instrumentId`, 'an instrument that the venue lists');
  const units = positive(quantity, `${field}.quantity`);
  const at = price === '' ? lines.priceOf(instrumentId) : positive(price, `${field}.price`);
  if (at === undefined) return missing(`${field}.price`, 'a price, for the instrument has no mark');
  return { instrument: lineOf(instrumentId, venueId), quantity: SIGN[side] * units, price: at };
};

const positive = (text: string, field: string): number => {
  const value = textToFloat(text, field);
  return value > 0 ? value : refuse(invalid(field, 'Expected more than 0'));
};

export const readTransfer = (
  { asset, amount, location }: riskMessages.HypotheticalTransfer,
  field: string,
  { reference, lines }: PortfolioView,
): HypotheticalTransfer => {
  if (!reference.assets.has(asset)) missing(`${field}.asset`, 'a listed asset');
  if (!isId('location', location) || lines.catalogue.locations.find(location) === undefined)
    missing(`${field}.location`, 'a venue, or a vault that has been used');
  const value = textToFloat(amount, `${field}.amount`);
  return value < 0 ? { asset, from: location, amount: -value } : { asset, to: location, amount: value };
};

export const readMove = (
  { underlying, move }: riskMessages.UnderlyingMove,
  field: string,
  { lines }: PortfolioView,
): Readonly<{ underlying: string; fraction: number }> => {
  if (lines.catalogue.underlyings.find(underlying) === undefined)
    missing(`${field}.underlying`, 'a listed asset whose price moves');
  const fraction = textToFloat(move, `${field}.move`);
  if (!(fraction > -1 && fraction <= 100))
    refuse(invalid(`${field}.move`, 'Expected more than -1 and at most 100'));
  return { underlying, fraction };
};
