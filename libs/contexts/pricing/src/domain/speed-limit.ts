import type { Vote } from './aggregate.ts';
import type { Consensus } from './consensus.ts';
import { distance } from './price-units.ts';

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
  const isConfirmed = centre.standing === 'agreed' && 3 * beyond.length >= 2 * centre.votes.length;
  const confirming = isConfirmed ? direction : '';
  if (isConfirmed && previous.confirming === direction) {
    return { price, confidence, guarded: false, confirming };
  }
  const held = direction === 'up' ? high : low;
  return { price: held, confidence: confidence + distance(price, held), guarded: true, confirming };
};

/**
 * A disputed centre moves nothing: the last price stays, and its confidence reaches over to the centre, so
 * that neither side of the dispute can open risk or liquidate anybody by it.
 */
export const holdBack = (centre: Consensus, previous: Readonly<{ price: bigint }>): Limited => ({
  price: previous.price,
  confidence: centre.confidence + distance(centre.price, previous.price),
  guarded: false,
  confirming: '',
});
