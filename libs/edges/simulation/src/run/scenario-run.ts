import { fileJournal, memoryJournal, SimulatedVenue, type VenueJournal } from '@plinth/connectors';
import type { AnyService, Clock, EventLog } from '@plinth/eventing';
import type { VenueAdapter } from '@plinth/market';
import { InProcessCell, Lockstep, ServiceHost, type CellClient, type SnapshotPorts } from '@plinth/runtime';
import { assert } from '@plinth/money';
import { join } from 'node:path';
import { ClientBehaviour } from '../driver/behaviour.ts';
import { observer, type ObserverViews } from '../driver/observer.ts';
import { parametersFor } from '../driver/parameters.ts';
import type { PlannedAccount } from '../driver/population.ts';
import { ScenarioClock } from '../driver/scenario-clock.ts';
import { ScenarioDriver } from '../driver/scenario-driver.ts';
import type { FeedInstrument, MarketFeed } from '../market/market-feed.ts';

export type ScenarioRunOptions = Readonly<{
  feed: MarketFeed;
  accounts: readonly PlannedAccount[];
  seed: number;
  log: EventLog;
  /** The broker's services over these venues, in the order of lockstep. */
  services: (adapters: ReadonlyMap<string, VenueAdapter>) => readonly AnyService[];
  /** Where the services keep what their folds know; without it they start from the first event. */
  snapshots?: SnapshotPorts;
  /** Where the venues keep their journals; in memory when absent. */
  directory?: string;
}>;

export type ScenarioRun = Readonly<{
  driver: ScenarioDriver;
  cell: Lockstep;
  client: CellClient;
  clock: ScenarioClock;
  views: ObserverViews;
  venues: ReadonlyMap<string, SimulatedVenue>;
  host: (name: string) => ServiceHost;
  close: () => void;
}>;

/** The opening of a scenario lies before its first tick by less than this. */
const OPENING_MS = 86_400_000;

/** A whole broker in lockstep over a log, with simulated venues and clients, ready to be driven. */
export const prepareRun = (options: ScenarioRunOptions): ScenarioRun => {
  const { feed, accounts, seed, log, snapshots } = options;
  const clock = new ScenarioClock(feed.timeOf(0) - OPENING_MS);
  const venues = openVenues(options, clock);
  const hosts = [...options.services(venues), observer].map(
    (definition) =>
      new ServiceHost(definition, { log, clock, ...(snapshots === undefined ? {} : { snapshots }) }),
  );
  const host = (name: string): ServiceHost => {
    const found = hosts.find((one) => one.name === name);
    assert(found !== undefined, () => `Expected a service of this cell, was ${name}`);
    return found;
  };
  const cell = new Lockstep(log, hosts);
  const client = new InProcessCell(hosts);
  const views = host('observer').views as unknown as ObserverViews;
  const driver = new ScenarioDriver(feed, accounts, parametersFor(feed), {
    log,
    cell,
    client,
    clock,
    venues,
    behaviour: new ClientBehaviour(feed, accounts, seed, views),
    routing: host('routing'),
  });
  const close = (): void => {
    for (const venue of venues.values()) venue.close();
  };
  return { driver, cell, client, clock, views, venues, host, close };
};

/**
 * The venues of a feed as simulated exchanges, with their journals in `directory` (in memory when absent).
 */
export const openVenues = (
  { feed, directory }: Pick<ScenarioRunOptions, 'feed' | 'directory'>,
  clock: Clock,
): ReadonlyMap<string, SimulatedVenue> => {
  const journalOf = (venueId: string): VenueJournal =>
    directory === undefined ? memoryJournal() : fileJournal(join(directory, `venue-${venueId}.journal`));
  return new Map(
    feed.venues.map(({ venueId, makerFeePpm, takerFeePpm, optionFeeCapPpm, instruments }) => {
      const listings = feed.instruments
        .filter(({ instrumentId }) => instruments.includes(instrumentId))
        .map((instrument) => listingOf(feed, instrument));
      const journal = journalOf(venueId);
      const terms = { venueId, makerFeePpm, takerFeePpm, optionFeeCapPpm, listings };
      return [venueId, new SimulatedVenue({ ...terms, journal, now: () => clock.now() })];
    }),
  );
};

const listingOf = (
  feed: MarketFeed,
  { instrumentId, lot, tick, quoteAsset, expiresAtMs }: FeedInstrument,
) => ({
  // A contract that never ends has no expiry in the venue's own terms, also not zero.
  ...(expiresAtMs === 0 ? {} : { expiresAtMs }),
  instrumentId,
  lot,
  tick,
  minQuantity: lot,
  contractSize: '1',
  inverse: false,
  feeAsset: quoteAsset,
  feeScale: feed.assets.find(({ symbol }) => symbol === quoteAsset)?.scale ?? 6,
});
