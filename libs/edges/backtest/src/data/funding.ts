import type { MarketData } from '@plinth/connectors';
import { textToFloat } from '@plinth/money';
import type { Line } from './series.ts';

type Payments = { readonly atMs: number[]; readonly rates: number[] };
/** Recorded payments by `venue ASSET`. */
export type FundingRates = ReadonlyMap<string, Readonly<Payments>>;

export const fundingRatesOf = (data: MarketData): FundingRates => {
  const found = new Map<string, Payments>();
  for (const row of data.rows()) {
    if (row.kind !== 'funding') continue;
    const key = `${row.venueId} ${row.instrumentId.replace(/-PERP$/, '')}`;
    const payments = found.get(key) ?? { atMs: [], rates: [] };
    found.set(key, payments);
    payments.atMs.push(row.atMs);
    payments.rates.push(textToFloat(row.rate));
  }
  return found;
};

/** Payments of a line's venue summed into the steps in which they fell due; undefined where none is known. */
export const fundingOf = (
  rates: FundingRates,
  { venue, base }: Line,
  times: Float64Array,
): Float64Array | undefined => {
  const payments = rates.get(`${venue} ${base}`);
  const [first, last] = [times[0], times.at(-1)];
  if (payments === undefined || first === undefined || last === undefined) return undefined;
  const due = new Float64Array(times.length);
  let paid = 0;
  let n = payments.atMs.findIndex((atMs) => atMs > first);
  if (n < 0) return undefined;
  for (let i = 1; i < times.length; i++) {
    for (; n < payments.atMs.length && (payments.atMs[n] as number) <= (times[i] as number); n++) {
      due[i] = (due[i] as number) + (payments.rates[n] as number);
      paid++;
    }
  }
  return paid === 0 ? undefined : due;
};
