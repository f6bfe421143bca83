import type { Vote } from './aggregate.ts';
import type { Consensus } from './consensus.ts';

export type Direction = 'up' | 'down' | '';

export type Limited = Vote &
  Readonly<{
    /** The limit held the price back. */
    guarded: boolean;
    /** At least two thirds of the groups stand beyond the limit on this side. */
    confirming: Direction;
  }>;

/** Largest move allowed: price · ppm per second · time, rounded down. */
export const allowedMove = (price: bigint, movePpmPerSecond: number, elapsedMs: number): bigint =>
  (price * BigInt(movePpmPerSecond) * BigInt(elapsedMs)) / 1_000_000_000n;

/**
 * The speed limit (finance: oracle, 4). A centre beyond the limit is followed only when at least two thirds
 * of the groups stand beyond it too, in two rounds running; until then the price goes as far as the limit
 * allows, and its confidence reaches over to the centre.
 */
export const limitSpeed = (
  centre: Consensus,
  previous: Readonly<{ price: bigint; confirming: Direction }>,
  limit: bigint,
): Limited => {
  const low = previous.price - limit;
  const high = previous.price + limit;
  const { price, confidence } = centre;
  if (price >= low && price <= high) return { price, confidence, guarded: false, confirming: '' };
  const direction = price > high ? 'up' : 'down';
  const beyond = centre.votes.filter((vote) => (direction === 'up' ? vote.price > high : vote.price < low));
  const isConfirmed = centre.isAgreed && 3 * beyond.length >= 2 * centre.votes.length;
  const confirming = isConfirmed ? direction : '';
  if (isConfirmed && previous.confirming === direction) {
    return { price, confidence, guarded: false, confirming };
  }
  const held = direction === 'up' ? high : low;
  const gap = price > held ? price - held : held - price;
  return { price: held, confidence: confidence + gap, guarded: true, confirming };
};
