import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pythAggregation } from '../formats/05-pyth-aggregation.ts';
import { pythEma } from '../formats/05b-pyth-ema.ts';
import { integerAt, listAt, recordsAt, type Fields } from '../fields.ts';

/** Made cases, the same in every run. */
const RUNS = { numRuns: 3_000, seed: 20_230_311 };

/** The value that stands at a place of the sorted list, by counting alone: nothing is sorted. */
const ranked = (values: readonly bigint[], place: number): bigint => {
  const found = values.find((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below <= place && place < below + equal;
  });
  if (found === undefined) throw new Error(`Expected a value at ${place} of ${values.length}`);
  return found;
};

/** Half of a sum towards minus infinity, by the remainder. */
const halved = (sum: bigint): bigint => (sum - (((sum % 2n) + 2n) % 2n)) / 2n;

/** The published rule: votes p − c, p, p + c of the live quotes; median, and the wider quartile. */
const aggregateAgain = (input: Fields): Fields => {
  const live = recordsAt(input, 'quotes').filter((quote) => {
    const [price, conf] = [integerAt(quote, 'price'), integerAt(quote, 'conf')];
    const isHere = 1n - integerAt(quote, 'slot_diff') <= integerAt(input, 'max_latency');
    const fits =
      BigInt.asIntN(64, price - conf) === price - conf && BigInt.asIntN(64, price + conf) === price + conf;
    return integerAt(quote, 'status') === 1n && conf > 0n && isHere && fits;
  });
  const unknown = { exponent: -8n, price: 0n, conf: 0n, status: 'unknown' };
  if (live.length === 0 || live.length < Number(integerAt(input, 'min_publishers'))) return unknown;
  const votes = [-1n, 0n, 1n].flatMap((side) =>
    live.map((quote) => integerAt(quote, 'price') + side * integerAt(quote, 'conf')),
  );
  const n = votes.length;
  const price = halved(ranked(votes, Math.floor((n - 1) / 2)) + ranked(votes, Math.floor(n / 2)));
  const quarter = Math.floor(n / 4);
  const widths = [price - ranked(votes, quarter), ranked(votes, n - 1 - quarter) - price];
  const conf = widths.reduce((most, width) => (width > most ? width : most));
  return conf > 0n ? { exponent: -8n, price, conf, status: 'trading' } : unknown;
};

const quote = fc.record({
  price: fc.oneof(
    fc.bigInt(-1_000n, 1_000n),
    fc.bigInt(-(10n ** 12n), 10n ** 12n),
    fc.bigInt(2n ** 63n - 5n, 2n ** 63n - 1n),
  ),
  conf: fc.oneof(fc.bigInt(0n, 3n), fc.bigInt(0n, 10n ** 9n)),
  status: fc.oneof({ weight: 5, arbitrary: fc.constant(1n) }, fc.constantFrom(0n, 2n)),
  slot_diff: fc.oneof({ weight: 5, arbitrary: fc.bigInt(-24n, 0n) }, fc.bigInt(-40n, 1n)),
});

describe('oracles, by a second derivation', () => {
  it('aggregates alike, to the unit, with quotes that may not vote', () => {
    let unknown = 0;
    const input = fc.record({
      quotes: fc.array(quote, { maxLength: 9 }),
      exponent: fc.constant(-8n),
      min_publishers: fc.bigInt(1n, 3n),
      max_latency: fc.constantFrom(25n, 25n, 25n, 5n),
    });
    fc.assert(
      fc.property(input, (made) => {
        const again = aggregateAgain(made);
        if (again['status'] === 'unknown') unknown++;
        expect(pythAggregation.evaluate({ input: made }, undefined as never)).toEqual(again);
      }),
      RUNS,
    );
    expect(unknown).toBeGreaterThan(100);
    expect(unknown).toBeLessThan(RUNS.numRuns - 1_000);
  });

  it('averages alike, to the unit, in decimal text', () => {
    const step = fc.record({
      price: fc.oneof(fc.integer({ min: -2_000, max: 2_000 }), fc.integer({ min: 1, max: 10 ** 9 })),
      conf: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 10 ** 6 })),
      expo: fc.constant(-5),
      nslots: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 400 }) },
        fc.integer({ min: 4_000, max: 4_300 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const lines = steps.map(({ price, conf, expo, nslots }) => `${price},${conf},${expo},${nslots}`);
        const made = { input_rows: ['price,conf,expo,nslots', ...lines], expected_rows: [] };
        const { rows } = pythEma.evaluate(made, undefined as never) as { rows: readonly Fields[] };
        const again = averagesAgain(listAt({ steps }, 'steps') as typeof steps);
        expect(rows.map((row) => [integerAt(row, 'twap'), integerAt(row, 'twac')])).toEqual(again);
      }),
      { ...RUNS, numRuns: 1_000 },
    );
  });
});

/** digits · 10^power, digits as signed decimal text. */
type Text = Readonly<{ digits: string; power: number }>;

const BOUND = 2n ** 28n;
const ZERO: Text = { digits: '0', power: 0 };
const size = ({ digits }: Text): bigint => BigInt(digits.replace('-', ''));

/** Without the last digits: text is cut, so every cut is towards zero. */
const cut = ({ digits, power }: Text, count: number): Text => {
  const [sign, plain] = digits.startsWith('-') ? ['-', digits.slice(1)] : ['', digits];
  const kept = count >= plain.length ? '0' : plain.slice(0, plain.length - count);
  return { digits: /^0+$/.test(kept) ? '0' : sign + kept, power: power + count };
};
const padded = ({ digits, power }: Text, count: number): Text => ({
  digits: digits === '0' ? '0' : digits + '0'.repeat(count),
  power: power - count,
});
/** Fewest digits cut so that 28 bits hold the rest. */
const short = (text: Text): Text => {
  let count = 0;
  while (size(cut(text, count)) >= BOUND) count++;
  return cut(text, count);
};
const text = (value: bigint, power = 0): Text => ({ digits: value.toString(), power });
const whole = ({ digits }: Text): bigint => BigInt(digits);

const times = (a: Text, b: Text): Text => short(text(whole(a) * whole(b), a.power + b.power));
const over = (a: Text, b: Text): Text => {
  if (whole(a) === 0n) return a;
  let long = a;
  while (size(long) < BOUND) long = padded(long, 1);
  return short(text(whole(padded(long, 9)) / whole(b), long.power - 9 - b.power));
};
const plus = (a: Text, b: Text): Text => {
  const [high, low] = a.power >= b.power ? [a, b] : [b, a];
  const apart = high.power - low.power;
  if (apart < 9) return short(text(whole(padded(high, apart)) + whole(low), low.power));
  if (apart >= 27) return short(high);
  return short(text(whole(padded(high, 9)) + whole(cut(low, apart - 9)), high.power - 9));
};
/** Stored sums have no power below −16. */
const stored = (value: Text): Text => (value.power < -16 ? cut(value, -16 - value.power) : value);
const at = (value: Text, power: number): bigint =>
  value.power >= power ? whole(padded(value, value.power - power)) : whole(cut(value, power - value.power));

/** ln 2/5921 a slot, as published: −117065 · 10⁻⁹. */
const DECAY = text(-117_065n, -9);
const ONE = text(100_000_000n, -8);

const averagesAgain = (
  steps: readonly Readonly<{ price: number; conf: number; expo: number; nslots: number }>[],
): readonly (readonly [bigint, bigint])[] => {
  let sums = { price: ZERO, conf: ZERO, weight: ZERO, confWeight: ZERO };
  return steps.map(({ price, conf, expo, nslots }) => {
    const [p, c] = [short(text(BigInt(price), expo)), short(text(BigInt(conf), expo))];
    const weight = conf === 0 ? ONE : over(ONE, c);
    const isNew = nslots > 4_145;
    const decay = plus(times(DECAY, text(BigInt(nslots))), ONE);
    const next = (before: Text, added: Text): Text =>
      isNew ? added : plus(times(short(before), decay), added);
    const [ofPrice, w] = [next(sums.price, times(p, weight)), next(sums.weight, weight)];
    const [ofConf, cw] = [next(sums.conf, times(c, weight)), next(sums.confWeight, weight)];
    sums = { price: stored(ofPrice), conf: stored(ofConf), weight: stored(w), confWeight: stored(cw) };
    return [at(isNew ? p : over(ofPrice, w), expo), at(isNew ? c : over(ofConf, cw), expo)] as const;
  });
};
