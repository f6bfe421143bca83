import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimulatedVenue } from '@plinth/connectors';
import type { Clock } from '@plinth/eventing';
import type { CellClient } from '@plinth/runtime';
import type { MarketFeed } from '../market/market-feed.ts';

/** A feed played in real time: the venues' books and the sources' quotes of the moment. */
export class LiveMarket {
  readonly feed: MarketFeed;
  readonly everyMs: number;
  readonly #venues: ReadonlyMap<string, SimulatedVenue>;
  readonly #clock: Clock;
  readonly #tickAt: (nowMs: number) => number;

  /** `tickAt` says which tick of the feed a moment shows. */
  constructor(
    feed: MarketFeed,
    venues: ReadonlyMap<string, SimulatedVenue>,
    clock: Clock,
    everyMs: number,
    tickAt: (nowMs: number) => number,
  ) {
    this.feed = feed;
    this.everyMs = everyMs;
    this.#venues = venues;
    this.#clock = clock;
    this.#tickAt = tickAt;
  }

  async tick(cell: Pick<CellClient, 'command'>): Promise<void> {
    const { now, tick } = this.move();
    const quotes = this.feed
      .quotesAt(tick)
      .map((quote) => ({ ...quote, sourceTimeMs: now, bid: '', ask: '' }));
    const sender = { tenant: 'operator', actor: 'service:market', requestId: `round.${now}` };
    const answer = await cell.command('PublishRound', { atMs: now, quotes }, sender);
    if (answer.status === 'rejected') {
      throw new Error(`a round was refused with ${answer.rejection.code}: ${answer.rejection.message}`);
    }
  }

  /** The venues alone, without a word to anybody of their prices. */
  move(): Readonly<{ now: number; tick: number }> {
    const now = this.#clock.now();
    const tick = Math.min(this.feed.ticks - 1, Math.max(0, this.#tickAt(now)));
    for (const [venueId, venue] of this.#venues) {
      venue.setCondition(this.feed.faultAt(tick, venueId));
      for (const { instrumentId, bids, asks, indexPrice } of this.feed.booksAt(tick, venueId)) {
        venue.setLiquidity(instrumentId, bids, asks, now, indexPrice);
      }
    }
    return { now, tick };
  }
}

export type MarketFile = Readonly<{
  seed: number;
  startedAtMs: number;
  /** When futures and options with expiries were listed; without it none were: nothing is listed later. */
  datedSinceMs?: number;
  /** The older form of it, which only the broker in one process heeded. */
  isDated?: boolean;
}>;

/**
 * When the made market of a data directory began, and from which seed: kept, so that prices go on after a
 * restart.
 */
export const openMarketFile = (directory: string, seed: number, clock: Clock): MarketFile => {
  const path = join(directory, 'market.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as MarketFile;
  const now = clock.now();
  const market: MarketFile = { seed, startedAtMs: now, datedSinceMs: now };
  writeFileSync(path, `${JSON.stringify(market)}\n`);
  return market;
};

/**
 * The same market in the directory of another cell of the house. A cell that begins later than the house
 * lists nothing with an expiry: what the house lists may have expired, and nothing else would have a mark.
 */
export const joinMarketFile = (
  directory: string,
  { seed, startedAtMs, datedSinceMs }: MarketFile,
  beginsWithHouse: boolean,
): MarketFile => {
  const path = join(directory, 'market.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as MarketFile;
  const dated = beginsWithHouse && datedSinceMs !== undefined ? { datedSinceMs } : {};
  const market: MarketFile = { seed, startedAtMs, ...dated };
  writeFileSync(path, `${JSON.stringify(market)}\n`);
  return market;
};
