import { describe, expect, it } from '@jest/globals';
import { Random } from './random.ts';

const draws = (random: Random, count: number): readonly number[] =>
  Array.from({ length: count }, () => random.uniform());

describe('Random', () => {
  it('gives the same numbers to the same words, on every machine', () => {
    expect(draws(Random.of('path', 1), 100)).toEqual(draws(Random.of('path', 1), 100));
    // Of this generator, for ever: another number here is another demo.
    expect(draws(Random.of('path', 1), 3)).toEqual([
      0.3242704155854881, 0.897583861136809, 0.2809702754020691,
    ]);
  });

  it('gives others to other words, also when they only meet differently', () => {
    const firsts = [
      ['a', 1],
      ['a', 2],
      ['b', 1],
      ['a 1', 2],
      ['a', '12'],
    ].map((words) => Random.of(...words).uniform());
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it('is uniform in [0, 1) as far as an eye can see', () => {
    const all = draws(Random.of('uniform'), 20_000);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...all)).toBeLessThan(1);
    const tenths = Array.from({ length: 10 }, (_, i) => all.filter((u) => Math.floor(u * 10) === i).length);
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  it('has a normal of mean 0 and variance 1, within 6', () => {
    const random = Random.of('normal');
    const all = Array.from({ length: 20_000 }, () => random.normal());
    const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
    const variance = all.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / all.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
    expect(Math.max(...all.map(Math.abs))).toBeLessThanOrEqual(6);
  });

  it('picks every item, and refuses to pick from nothing', () => {
    const random = Random.of('pick');
    const picked = new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c'])));
    expect([...picked].sort()).toEqual(['a', 'b', 'c']);
    expect(() => random.pick([])).toThrow('Expected at least one item');
  });

  it('draws between bounds, and chances as often as they say', () => {
    const random = Random.of('bounds');
    for (let i = 0; i < 1_000; i += 1) {
      expect(random.below(7)).toBeLessThan(7);
      const x = random.between(-2, 3);
      expect(x >= -2 && x < 3).toBe(true);
    }
    const hits = Array.from({ length: 10_000 }, () => random.chance(0.3)).filter(Boolean).length;
    expect(Math.abs(hits - 3_000)).toBeLessThan(200);
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
  });
});
