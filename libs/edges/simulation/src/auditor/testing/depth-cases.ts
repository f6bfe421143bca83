import type { AuditCase } from './audit-case.ts';
import { planted, type Planted } from './planted-log.ts';

const PERP = 'BTC-PERP';
const CALL = 'BTC-1-90-C';

const listings = [PERP, CALL].map((instrumentId) => ({
  instrumentId,
  lot: '1',
  tick: '1',
  minQuantity: '1',
}));
const head = [
  planted('InstrumentListed', { instrumentId: PERP, kind: 'perpetual', expiresAtMs: 0 }),
  planted('InstrumentListed', { instrumentId: CALL, kind: 'option', strike: '90', expiresAtMs: 9 }),
  planted('VenueRegistered', { venueId: 'v', listings }),
];
const knots = (...quantities: readonly string[]) =>
  quantities.map((quantity, k) => ({ costPpm: 100 * (k + 1), quantity }));
const seen = (
  atMs: number,
  { goodMs = 600_000, instrumentId = PERP, sell = knots('1', '2') }: Readonly<Partial<Seen>> = {},
): Planted =>
  planted('VenueDepthObserved', {
    ...{ venueId: 'v', atMs, goodUntilMs: atMs + goodMs },
    books: [{ instrumentId, sell, buy: knots('0', '0') }],
  });
type Seen = { goodMs: number; instrumentId: string; sell: ReturnType<typeof knots> };

const SHAPED = 'an observed book takes more at every higher cost, and nothing below zero';
const LISTED = 'depth is observed of what the venue lists, options left out';
const BOUNDED = 'depth of a venue is observed forward in time, and counts for ten minutes at most';
const sound = [...head, seen(1), seen(2)];

export const DEPTH_CASES: readonly AuditCase[] = [
  {
    what: 'a book that takes less at a higher cost',
    invariant: SHAPED,
    sound,
    faulty: [...head, seen(1, { sell: knots('2', '1') })],
  },
  {
    what: 'a book that takes less than nothing',
    invariant: SHAPED,
    faulty: [...head, seen(1, { sell: knots('-1', '2') })],
    sound,
  },
  {
    what: 'two depths at one cost',
    invariant: SHAPED,
    faulty: [...head, seen(1, { sell: [...knots('1'), ...knots('2')] })],
    sound,
  },
  {
    what: 'depth of an option',
    invariant: LISTED,
    faulty: [...head, seen(1, { instrumentId: CALL })],
    sound,
  },
  {
    what: 'depth of what the venue does not list',
    invariant: LISTED,
    faulty: [...head, seen(1, { instrumentId: 'ETH-PERP' })],
    sound,
  },
  {
    what: 'depth that counts for too long',
    invariant: BOUNDED,
    faulty: [...head, seen(1, { goodMs: 600_001 })],
    sound,
  },
  { what: 'depth from before', invariant: BOUNDED, faulty: [...head, seen(2), seen(2)], sound },
];
