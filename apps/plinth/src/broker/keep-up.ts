import type { Clock } from '@plinth/eventing';
import { makeLogger } from '@plinth/runtime';
import { LiveMarket, type MarketFeed } from '@plinth/simulation';
import { tellHowToCall } from './how-to-call.ts';
import { untilAborted } from './until-aborted.ts';
import type { Played } from './play.ts';
import { startBroker } from './running-broker.ts';
import { CELL } from './services.ts';

const MARKET_EVERY_MS = 1_000;

export type KeepUpOptions = Readonly<{ played: Played; feed: MarketFeed; directory: string; port: number }>;

/**
 * Goes on from where a finished run stands: the market keeps its last prices, time passes as it does outside.
 */
export const keepUp = async (
  { played, feed, directory, port }: KeepUpOptions,
  signal: AbortSignal,
): Promise<void> => {
  const { open, run } = played;
  const startedAt = performance.now();
  const endedAtMs = run.clock.now();
  const clock: Clock = { now: () => Math.round(endedAtMs + 1_000 + performance.now() - startedAt) };
  run.clock.follow(clock);
  const market = new LiveMarket(feed, run.venues, clock, MARKET_EVERY_MS, () => feed.ticks - 1);
  const logger = makeLogger('plinth', 'warn');
  const gateway = { host: '127.0.0.1', port };
  const broker = await startBroker({
    open,
    directory,
    clock,
    market,
    cell: CELL,
    isFresh: false,
    venues: run.venues,
    gateway,
    logger,
  });
  tellHowToCall(`127.0.0.1:${broker.port}`, broker.operatorKeyFile);
  try {
    await Promise.race([broker.failed, untilAborted(signal)]);
  } finally {
    await broker.stop();
  }
};
