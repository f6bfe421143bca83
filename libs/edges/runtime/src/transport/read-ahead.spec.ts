import { describe, expect, it } from '@jest/globals';
import { ReadAhead } from './read-ahead.ts';

const END = 25n;

const opened = (failAt?: bigint) => {
  const asked: bigint[] = [];
  const read = (after: bigint, limit: number) => {
    asked.push(after);
    if (after === failAt && asked.filter((one) => one === after).length === 1)
      return Promise.reject(new Error('away'));
    const count = Math.min(limit, Number(END - after));
    return Promise.resolve(Array.from({ length: count }, (_, i) => ({ position: after + BigInt(i) + 1n })));
  };
  return { asked, ahead: new ReadAhead(read) };
};

describe('Reading ahead', () => {
  it('has read the next run when it is asked for, and nothing behind the end', async () => {
    const { asked, ahead } = opened();
    expect((await ahead.read(0n, 10)).at(-1)?.position).toBe(10n);
    expect(asked).toEqual([0n, 10n]);
    expect((await ahead.read(10n, 10)).at(-1)?.position).toBe(20n);
    expect((await ahead.read(20n, 10)).at(-1)?.position).toBe(25n);
    expect(asked).toEqual([0n, 10n, 20n]);
    expect(await ahead.read(25n, 10)).toEqual([]);
    expect(asked).toEqual([0n, 10n, 20n, 25n]);
  });

  it('reads anew for another place or another length', async () => {
    const { asked, ahead } = opened();
    await ahead.read(0n, 10);
    expect((await ahead.read(3n, 2)).map(({ position }) => position)).toEqual([4n, 5n]);
    expect((await ahead.read(5n, 1)).map(({ position }) => position)).toEqual([6n]);
    expect(asked).toEqual([0n, 10n, 3n, 5n, 5n, 6n]);
  });

  it('never answers by an old look that there is nothing', async () => {
    let end = 10n;
    const ahead = new ReadAhead((after: bigint, limit: number) =>
      Promise.resolve(
        Array.from({ length: Math.min(limit, Number(end - after)) }, (_, i) => ({
          position: after + BigInt(i) + 1n,
        })),
      ),
    );
    expect(await ahead.read(0n, 10)).toHaveLength(10);
    end = 11n;
    expect(await ahead.read(10n, 10)).toEqual([{ position: 11n }]);
  });

  it('tells a failure to whoever asks for that run, once', async () => {
    const { ahead } = opened(10n);
    expect(await ahead.read(0n, 10)).toHaveLength(10);
    await expect(ahead.read(10n, 10)).rejects.toThrow('away');
    expect((await ahead.read(10n, 10)).at(-1)?.position).toBe(20n);
  });
});
