import { describe, expect, it } from '@jest/globals';
import { reject } from './decider.ts';
import type { Decider } from './decider.ts';
import { deciderSpec } from './decider-spec.ts';
import type { NewEvent } from './envelope.ts';

// A counter that refuses to go above ten. The event names are its own, outside the catalogue.
const added = (by: bigint): NewEvent => ({ type: 'Added', data: { by, note: new Uint8Array([1]) } }) as never;

const counter: Decider<bigint, bigint> = {
  initialState: () => 0n,
  decide: (by, total) => {
    if (by === 0n) return [];
    return total + by > 10n ? reject('TOO_MUCH', 'by is too large', { field: 'by' }) : [added(by)];
  },
  evolve: (total, event) => total + (event.data as unknown as { by: bigint }).by,
};

describe('deciderSpec', () => {
  const spec = deciderSpec(counter);

  it('accepts the decided events, rejections and nothing', () => {
    spec
      .given([added(4n)])
      .when(6n)
      .then([added(6n)]);
    spec.when(10n).then([added(10n)]);
    expect(
      spec
        .given([added(4n)])
        .when(7n)
        .thenRejected('TOO_MUCH').field,
    ).toBe('by');
    spec.when(0n).thenNothing();
    expect(
      spec
        .given([added(4n)])
        .when(6n)
        .state(),
    ).toBe(10n);
    expect(spec.when(3n).events()).toEqual([added(3n)]);
  });

  it('shows the difference when other events were decided', () => {
    const wrong = (): void =>
      spec
        .given([added(4n)])
        .when(6n)
        .then([added(5n)]);
    expect(wrong).toThrow(/- +by: 5n,?\n\+ +by: 6n/);
    expect(() => spec.when(6n).then([])).toThrow('Expected 0 event(s), was 1');
    expect(() => spec.when(6n).thenNothing()).toThrow('Expected 0 event(s), was 1');
  });

  it('names the code when a rejection came and was not expected, or is another one', () => {
    expect(() => spec.when(11n).then([])).toThrow(
      'Expected events, was rejected with TOO_MUCH: by is too large',
    );
    expect(() => spec.when(11n).thenRejected('OTHER')).toThrow('Expected rejection OTHER, was TOO_MUCH');
    expect(() => spec.when(1n).thenRejected('TOO_MUCH')).toThrow(
      'Expected rejection TOO_MUCH, was 1 event(s)',
    );
    expect(() => spec.when(11n).state()).toThrow('TOO_MUCH');
  });

  it('tells bytes, bigints and strings apart', () => {
    const text = { type: 'Added', data: { by: '6', note: new Uint8Array([1]) } } as never;
    const otherBytes = { type: 'Added', data: { by: 6n, note: new Uint8Array([2]) } } as never;
    expect(() => spec.when(6n).then([text])).toThrow('- ');
    expect(() => spec.when(6n).then([otherBytes])).toThrow('bytes(2)');
  });
});
