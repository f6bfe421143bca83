import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { BookLevel } from '@plinth/market';
import { InvalidNumber, textToFloat } from '@plinth/money';
import { BrokenField } from './broken-rows.ts';
import type { BrokenRows } from './broken-rows.ts';
import { LIMITS } from './limits.ts';
import { readLines } from './line-reader.ts';
import type { BookRow, Series } from './market-rows.ts';
import { recordedNumber } from './recorded-number.ts';

type Json = Readonly<Record<string, unknown>>;

const parse = (text: string): Json => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BrokenField('row', `Expected a JSON object, was ${text.slice(0, 40)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BrokenField('row', `Expected a JSON object, was ${text.slice(0, 40)}`);
  }
  return value as Json;
};

const levelOf = (level: unknown, field: string): BookLevel => {
  const [price, quantity] = Array.isArray(level) ? (level as unknown[]) : [];
  if (typeof price !== 'string' || typeof quantity !== 'string') {
    throw new BrokenField(
      field,
      `Expected ["price", "quantity"], was ${JSON.stringify(level)?.slice(0, 40)}`,
    );
  }
  return { price: recordedNumber(price, field), quantity: recordedNumber(quantity, field) };
};

/**
 * Levels of one side: `sign` is -1 where prices fall (bids), 1 where they rise. Prices and quantities are
 * over 0.
 */
const sideOf = (json: Json, field: 'bids' | 'asks', sign: 1 | -1): readonly BookLevel[] => {
  const list = json[field];
  if (!Array.isArray(list) || list.length > LIMITS.bookLevelsMax) {
    throw new BrokenField(field, `Expected a list of at most ${LIMITS.bookLevelsMax} levels`);
  }
  const levels = list.map((level, index) => levelOf(level, `${field}[${index}]`));
  let last = sign === 1 ? 0 : Infinity;
  for (const [index, level] of levels.entries()) {
    const price = textToFloat(level.price);
    if (price <= 0 || sign * (price - last) <= 0 || textToFloat(level.quantity) <= 0) {
      const was = `${level.quantity} at ${level.price}`;
      throw new BrokenField(
        `${field}[${index}]`,
        `Expected prices and quantities over 0, best first, was ${was}`,
      );
    }
    last = price;
  }
  return levels;
};

const bookOf = (json: Json, series: Series, atMs: number): BookRow => {
  const bids = sideOf(json, 'bids', -1);
  const asks = sideOf(json, 'asks', 1);
  const [bid, ask] = [bids[0], asks[0]];
  if (bid !== undefined && ask !== undefined && textToFloat(bid.price) >= textToFloat(ask.price)) {
    throw new BrokenField('bids', `Expected a best bid below the best ask ${ask.price}, was ${bid.price}`);
  }
  return { kind: 'book', atMs, venueId: series.venueId, instrumentId: series.instrumentId, bids, asks };
};

const timeOf = (json: Json, field: string, perMs: number): number => {
  const value = json[field];
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new BrokenField(field, `Expected a time, was ${JSON.stringify(value)?.slice(0, 40)}`);
  }
  return Math.floor(value / perMs);
};

const broke = (error: unknown, file: string, line: number, broken: BrokenRows): void => {
  if (!(error instanceof BrokenField || error instanceof InvalidNumber)) throw error;
  broken.add({ file, line, field: error.field, message: error.message });
};

/** Lines `{"event_ms":…,"bids":[["price","quantity"],…],"asks":[…]}`; times do not fall. */
export function* readBooks(path: string, series: Series, broken: BrokenRows): Generator<BookRow> {
  const file = basename(path);
  let lastMs = -1;
  for (const { number, text } of readLines(path)) {
    let row: BookRow;
    try {
      if (text === undefined) throw new BrokenField('row', `Expected at most ${LIMITS.lineBytesMax} bytes`);
      const json = parse(text);
      const atMs = timeOf(json, 'event_ms', 1);
      if (atMs < lastMs) throw new BrokenField('event_ms', `Expected a time from ${lastMs}, was ${atMs}`);
      row = bookOf(json, series, atMs);
      lastMs = atMs;
    } catch (error) {
      broke(error, file, number, broken);
      continue;
    }
    yield row;
  }
}

const NANOSECONDS_PER_MS = 1_000_000;

/**
 * One object `{"recv_ns":…,"bids":[…],"asks":[…]}`; line 1 stands for all of it in the list of broken rows.
 */
export function* readSnapshot(path: string, series: Series, broken: BrokenRows): Generator<BookRow> {
  const file = basename(path);
  let row: BookRow;
  try {
    if (statSync(path).size > LIMITS.snapshotBytesMax) {
      throw new BrokenField('row', `Expected at most ${LIMITS.snapshotBytesMax} bytes`);
    }
    const json = parse(readFileSync(path, 'utf8'));
    row = bookOf(json, series, timeOf(json, 'recv_ns', NANOSECONDS_PER_MS));
  } catch (error) {
    return broke(error, file, 1, broken);
  }
  yield row;
}
