import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KnownIds, RecentIds } from './known-ids.ts';

describe('KnownIds', () => {
  it('answers like a set, for every state that ever was, whichever of them is added to', () => {
    const step = fc.record({ at: fc.nat(), id: fc.constantFrom(...'abcdefghij') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const states = [{ ids: KnownIds.EMPTY, model: new Set<string>() }];
        for (const { at, id } of steps) {
          const from = states[at % states.length] as (typeof states)[number];
          states.push({ ids: from.ids.with(id), model: new Set([...from.model, id]) });
        }
        for (const { ids, model } of states) {
          expect(ids.size).toBe(model.size);
          for (const id of 'abcdefghij') expect(ids.has(id)).toBe(model.has(id));
        }
      }),
    );
  });

  it('keeps the empty set empty', () => {
    KnownIds.EMPTY.with('a');
    expect(KnownIds.EMPTY.has('a')).toBe(false);
  });
});

describe('RecentIds', () => {
  it('remembers at least the latest and at most twice as many', () => {
    let ids = RecentIds.EMPTY;
    for (let i = 0; i < 100; i += 1) {
      ids = ids.with(`${i}`, 10);
      for (let back = Math.max(0, i - 9); back <= i; back += 1) expect(ids.has(`${back}`)).toBe(true);
      if (i >= 20) expect(ids.has(`${i - 20}`)).toBe(false);
    }
  });
});
