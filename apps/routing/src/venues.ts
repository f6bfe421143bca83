import { RemoteVenue } from '@plinth/connectors';
import { observeDepth, takeReports, type RoutingViews } from '@plinth/routing';
import {
  currentTraceparent,
  InProcessCell,
  ObservedVenue,
  reportsTo,
  type Environment,
  type Logger,
} from '@plinth/runtime';
import { parseAddresses, readConfig, textSetting, tlsOf, tlsSettings } from '@plinth/runtime/config';
import { channelCredentialsTo } from '@plinth/runtime/grpc';
import type { StartedService } from '@plinth/runtime/nest';
import { setTimeout as sleep } from 'node:timers/promises';

const schema = {
  ...tlsSettings,
  PLINTH_VENUES: textSetting({
    about: 'address of every venue, name=host:port, separated by commas',
    pattern: /^[a-z0-9-]+=\S+:\d{1,5}(,[a-z0-9-]+=\S+:\d{1,5})*$/,
  }),
  PLINTH_VENUE_IDENTITY: textSetting({
    about: 'name in the certificate of the processes that run the venues: spiffe://plinth/{name}',
    fallback: 'exchange',
    pattern: /^[a-z][a-z0-9-]{0,31}$/,
  }),
} as const;

/** A venue as the router asks it, and how its connection ends. */
export type OpenVenue = Readonly<{ venue: ObservedVenue; close: () => void }>;

/** The venues that the environment names, by id. */
export const openVenues = (environment: Environment): ReadonlyMap<string, OpenVenue> => {
  const config = readConfig(schema, environment);
  const credentialsTo = channelCredentialsTo(tlsOf(config).tls);
  return new Map(
    [...parseAddresses(config.PLINTH_VENUES)].map(([venueId, address]) => {
      const credentials = credentialsTo(config.PLINTH_VENUE_IDENTITY);
      const remote = new RemoteVenue({ venueId, address, credentials, traceparent: currentTraceparent });
      return [venueId, { venue: new ObservedVenue(remote), close: () => remote.close() }];
    }),
  );
};

const POLL_EVERY_MS = 50;
const DEPTH_EVERY_MS = 30_000;

/** Takes in what the venues report and what their books take, for as long as this replica leads. */
export const pollVenues = (
  venues: ReadonlyMap<string, OpenVenue>,
  { host, isLeading }: StartedService,
  logger: Logger,
): Readonly<{ stop: () => Promise<void> }> => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const views = host.views as unknown as RoutingViews;
  const cell = new InProcessCell([host]);
  const pollOne = async (venue: ObservedVenue): Promise<void> => {
    const answer = await takeReports(venue, views.health, reportsTo(cell, venue), signal);
    if (answer === undefined) return;
    if (answer.status === 'accepted') await host.waitFor(answer.position, signal);
    else logger.error({ venue: venue.venueId, rejection: answer.rejection }, 'reports were refused');
  };
  const observeOne = async (venue: ObservedVenue): Promise<void> => {
    const answer = await observeDepth(venue, views, cell.command.bind(cell), Date.now(), signal);
    if (answer?.status === 'rejected')
      logger.error({ venue: venue.venueId, rejection: answer.rejection }, 'its books were refused');
  };
  const repeat = async (
    venue: ObservedVenue,
    everyMs: number,
    failed: string,
    task: (venue: ObservedVenue) => Promise<void>,
  ): Promise<void> => {
    while (!signal.aborted) {
      if (isLeading()) {
        await task(venue).catch((error: unknown) => {
          if (!signal.aborted) logger.warn({ venue: venue.venueId, err: error }, failed);
        });
      }
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const running = [...venues.values()].flatMap(({ venue }) => [
    repeat(venue, POLL_EVERY_MS, 'reports could not be taken', pollOne),
    repeat(venue, DEPTH_EVERY_MS, 'its books could not be read', observeOne),
  ]);
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
};
