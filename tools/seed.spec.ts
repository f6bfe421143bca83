import { describe, expect, it } from '@jest/globals';
import fc, { sample } from 'fast-check';

describe('The seed of properties', () => {
  const asked = process.env['PLINTH_SEED'];
  const drawn = (): readonly number[] => sample(fc.nat(), 5);

  it('is one for all unless another is asked for', () => {
    const { seed } = fc.readConfigureGlobal();
    expect(seed).toBe(asked === 'random' ? undefined : Number(asked ?? 20_260_312));
  });

  it('makes a property draw the same again', () => {
    if (asked === 'random') expect(drawn()).not.toEqual(drawn());
    else expect(drawn()).toEqual(drawn());
  });
});
