import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '@plinth/eventing';
import { EmaView } from './ema-view.ts';

const round = (atMs: number, price: string, change: Readonly<Record<string, string>> = {}): Envelope =>
  ({
    type: 'MarksPublished',
    data: {
      round: 1,
      atMs,
      quotes: [],
      marks: [{ instrumentId: 'BTC/USD', price, confidence: '10', state: 'live', ...change }],
    },
  }) as never;

const after = (...events: readonly Envelope[]): EmaView => {
  const view = new EmaView();
  for (const event of events) view.apply(event);
  return view;
};
const priceOf = (view: EmaView): number => parseFloat(view.of('BTC/USD').emaPrice);

describe('EmaView', () => {
  it('starts at the first live mark and follows the next ones slowly', () => {
    expect(after().of('BTC/USD')).toEqual({ emaPrice: '', emaConfidence: '' });
    const one = after(round(0, '100'));
    expect(priceOf(one)).toBeCloseTo(100, 5);
    // Equal confidence, half an hour apart: the older price has lost about half of its weight.
    const two = after(round(0, '100'), round(1_600_000, '200'));
    expect(priceOf(two)).toBeGreaterThan(150);
    expect(priceOf(two)).toBeLessThan(200);
  });

  it('weighs a sure price more', () => {
    const unsure = after(round(0, '100'), round(400, '200', { confidence: '100' }));
    const sure = after(round(0, '100'), round(400, '200', { confidence: '1' }));
    expect(priceOf(unsure)).toBeLessThan(115);
    expect(priceOf(sure)).toBeGreaterThan(185);
  });

  it('hears live marks alone', () => {
    expect(priceOf(after(round(0, '100'), round(400, '900', { state: 'degraded' })))).toBeCloseTo(100, 5);
  });

  it('forgets a price that is older than half an hour of silence', () => {
    expect(priceOf(after(round(0, '100'), round(4_146 * 400, '200')))).toBeCloseTo(200, 4);
  });

  it('loses no time between quick rounds, and goes on the same from what it dumped', () => {
    const quick = after(...Array.from({ length: 11 }, (_, n) => round(n * 100, '100')));
    expect([...quick.entries()][0]?.[1]).toContain('800');
    const loaded = new EmaView();
    loaded.load(quick.dump());
    quick.apply(round(5_000, '120'));
    loaded.apply(round(5_000, '120'));
    expect([...loaded.entries()]).toEqual([...quick.entries()]);
  });
});
