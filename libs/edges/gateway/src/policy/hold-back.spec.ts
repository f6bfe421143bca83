import { describe, expect, it } from '@jest/globals';
import { LIMITS } from '../limits.ts';
import { HoldBack } from './hold-back.ts';

const { heldBackMs, patienceMs } = LIMITS;

describe('Holding back', () => {
  it('answers the first refusal at once, and those that follow it later', () => {
    const back = new HoldBack();
    expect(back.sentAway('a', 1_000)).toBe(0);
    expect(back.sentAway('a', 1_001)).toBe(heldBackMs);
    expect(back.sentAway('b', 1_001)).toBe(0);
  });

  it('forgives whoever has kept quiet', () => {
    const back = new HoldBack();
    back.sentAway('a', 1_000);
    expect(back.sentAway('a', 1_000 + patienceMs)).toBe(0);
  });

  it('knows how long a caller has nothing left, whatever he sends meanwhile', () => {
    const back = new HoldBack();
    back.exhausted('a', 'client', 40, 1_000);
    expect(back.sentAway('a', 1_010)).toBe(0);
    expect(back.left('a', 1_010)).toEqual({ whose: 'client', waitMs: 30 });
    expect(back.left('a', 1_040)).toBeUndefined();
  });

  it('believes nothing of whoever was not proven', () => {
    const back = new HoldBack();
    back.sentAway('stranger', 1_000);
    expect(back.left('stranger', 1_000)).toBeUndefined();
    expect(back.left('nobody', 1_000)).toBeUndefined();
  });

  it('holds only so many', () => {
    const back = new HoldBack(1);
    back.sentAway('a', 1_000);
    back.enter();
    expect(back.sentAway('a', 1_001)).toBe(0);
    back.leave();
    expect(back.sentAway('a', 1_002)).toBe(heldBackMs);
    expect(back.held).toBe(0);
  });
});
