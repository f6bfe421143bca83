import type { VenueOrder, VenueReport } from '@plinth/market';
import type { SimulatedListing } from './listing-terms.ts';
import { SimulatedVenue } from './simulated-venue.ts';
import type { SimulatedVenueOptions } from './simulated-venue.ts';
import { memoryJournal } from './venue-journal.ts';
import type { VenueJournal } from './venue-journal.ts';

export const listing = (more: Partial<SimulatedListing> = {}): SimulatedListing => ({
  instrumentId: 'BTC/USD',
  lot: '0.001',
  tick: '0.01',
  minQuantity: '0.01',
  contractSize: '1',
  inverse: false,
  feeAsset: 'USD',
  feeScale: 6,
  ...more,
});

export type Setup = Readonly<{ venue: SimulatedVenue; setNow: (ms: number) => void }>;

export const setup = (
  journal: VenueJournal = memoryJournal(),
  more: Partial<SimulatedVenueOptions> = {},
): Setup => {
  let now = 1_000;
  const venue = new SimulatedVenue({
    venueId: 'alpha',
    makerFeePpm: -20,
    takerFeePpm: 500,
    listings: [listing(), listing({ instrumentId: 'BTC-PERP', contractSize: '0.1' })],
    now: () => now,
    journal,
    ...more,
  });
  return { venue, setNow: (ms) => void (now = ms) };
};

export const signal = (): AbortSignal => AbortSignal.timeout(10_000);

export const limit = (
  id: string,
  side: 'buy' | 'sell',
  limitPrice: string,
  quantity: string,
): VenueOrder => ({
  clientOrderId: id,
  instrumentId: 'BTC/USD',
  side,
  quantity,
  type: 'limit',
  limitPrice,
  timeInForce: 'gtc',
});

export const reportsOf = async (venue: SimulatedVenue): Promise<readonly VenueReport[]> => {
  const outcome = await venue.reports(0, 10_000, signal());
  return outcome.status === 'reports' ? outcome.reports : [];
};

export const fillsOf = async (
  venue: SimulatedVenue,
): Promise<readonly (VenueReport & { type: 'filled' })[]> =>
  (await reportsOf(venue)).filter((report) => report.type === 'filled');
