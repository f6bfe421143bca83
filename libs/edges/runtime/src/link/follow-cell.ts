import type { AnyCellLink, Transport } from '@plinth/eventing';
import type { KafkaCell } from '../config/process-files.ts';
import type { CellEntry } from '../config/cells.ts';
import { openPostgresLog, type PostgresLog } from '../log/postgres-log.ts';
import { observeLink } from '../telemetry/instruments.ts';
import type { Logger } from '../telemetry/logger.ts';
import { openTransport } from '../transport/open-transport.ts';
import { pause } from '../transport/pause.ts';
import type { ServiceHost } from '../service/service-host.ts';
import { bring, LinkRefused } from './take-over.ts';

export type FollowCellOptions = Readonly<{
  link: AnyCellLink;
  /** The cell that is followed. */
  from: string;
  /** Opens its log and what brings its events. Tried again until it can be reached. */
  open: () => Promise<OpenCell>;
  host: ServiceHost;
  isLeading: () => boolean;
  logger: Logger;
  /** Least time between two commands: what comes in between is taken together. */
  everyMs?: number;
  /** A cell that has taken nothing yet begins so many events before the end; absent: at the first one. */
  lookBack?: bigint;
}>;

export type OpenCell = Readonly<{
  log: Pick<PostgresLog, 'head' | 'close'>;
  transport: Transport;
}>;

const STANDBY_MS = 200;
const RETRY_MS = 500;
const RETRY_MAX_MS = 10_000;
const CATCH_UP_TIMEOUT_MS = 60_000;
/** Of events that do not concern this cell so many are read again after a restart, at the most. */
const PROGRESS_EVERY = 10_000n;

/** Another cell's log as a process of this cell follows it: through Kafka, or from its table. */
export const openCell = async (
  entry: CellEntry,
  service: string,
  kafka: KafkaCell | undefined,
): Promise<OpenCell & Readonly<{ log: PostgresLog }>> => {
  const log = await openPostgresLog({ url: entry.database, isForeign: true });
  const topics = kafka === undefined ? undefined : { ...kafka, prefix: entry.kafkaPrefix };
  return { log, transport: openTransport(log, `${service}-${entry.cell}`, topics) };
};

/**
 * Follows the log of another cell for as long as this replica leads, and brings what concerns this cell to
 * its service, in order. How far that has come stands in the service's own streams: a crash at any place
 * brings some of it again, without effect. While the other cell cannot be reached, or refuses, it is tried
 * again; nothing is passed over.
 */
export const followCell = (options: FollowCellOptions): Readonly<{ stop: () => Promise<void> }> => {
  const stopping = new AbortController();
  const follower = new CellFollower(options);
  const running = follower.run(stopping.signal);
  const stopObserving = observeLink(options.link.name, options.from, () => follower.failingMs);
  return {
    stop: async () => {
      stopping.abort();
      stopObserving();
      await running;
    },
  };
};

class CellFollower {
  readonly #options: FollowCellOptions;
  readonly #consumer: string;
  /** How far the other log has been read, whatever concerned this cell; kept to make a restart short. */
  #read = 0n;
  #stored = 0n;
  #failingSince: number | undefined;

  constructor(options: FollowCellOptions) {
    this.#options = options;
    this.#consumer = `${options.host.name} ${options.link.name} ${options.from}`;
  }

  /** For how long nothing could be taken over; 0 while that goes well. */
  get failingMs(): number {
    return this.#failingSince === undefined ? 0 : performance.now() - this.#failingSince;
  }

  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      if (!this.#options.isLeading()) {
        this.#failingSince = undefined;
        await pause(STANDBY_MS, signal);
        continue;
      }
      try {
        await this.#follow(signal, () => {
          failures = 0;
          this.#failingSince = undefined;
        });
      } catch (error) {
        if (signal.aborted) return;
        this.#failingSince ??= performance.now();
        failures += 1;
        const { link, from, logger } = this.#options;
        const level = error instanceof LinkRefused ? 'error' : 'warn';
        logger[level]({ link: link.name, from, failures, err: error }, 'another cell could not be followed');
        await pause(Math.min(RETRY_MS * failures, RETRY_MAX_MS), signal);
      }
    }
  }

  async #follow(signal: AbortSignal, onTaken: () => void): Promise<void> {
    const { open, isLeading, everyMs = 0 } = this.#options;
    const { log, transport } = await open();
    try {
      await this.#caughtUp(signal);
      this.#read = await this.#start(log);
      for await (const events of transport.subscribe(this.#read, signal)) {
        if (!isLeading()) return;
        const startedAt = performance.now();
        const { host, link, from } = this.#options;
        const commands = link.commands(events, from);
        if (commands.length > 0) {
          // What the service decides by must include all that this cell knew when the event came.
          await this.#caughtUp(signal);
          await host.waitFor(await bring(host, link.name, from, commands), within(signal));
        }
        this.#read = events.at(-1)?.position ?? this.#read;
        await this.#storeProgress();
        onTaken();
        const restMs = everyMs - (performance.now() - startedAt);
        if (commands.length > 0 && restMs > 0) await pause(restMs, signal);
      }
    } finally {
      await log.close();
    }
  }

  async #caughtUp(signal: AbortSignal): Promise<void> {
    const { host } = this.#options;
    const { position } = await host.ports.log.head();
    await host.waitFor(position, within(signal));
  }

  async #start(log: OpenCell['log']): Promise<bigint> {
    const { host, link, from, lookBack } = this.#options;
    this.#stored = await host.ports.log.checkpoint(this.#consumer);
    const through = link.through(host.views, from);
    const known = through > this.#stored ? through : this.#stored;
    if (known > 0n || lookBack === undefined) return known;
    const { position } = await log.head();
    return position > lookBack ? position - lookBack : 0n;
  }

  async #storeProgress(): Promise<void> {
    if (this.#read - this.#stored < PROGRESS_EVERY) return;
    const { host } = this.#options;
    const cause = {
      correlationId: this.#consumer,
      causationId: this.#consumer,
      actor: `service:${host.name}`,
    };
    const checkpoint = { consumer: this.#consumer, expected: this.#stored, position: this.#read };
    const occurredAt = host.ports.clock.now();
    const result = await host.ports.log.append({ appends: [], cause, occurredAt, checkpoint });
    // Another leader got further: that is as good.
    this.#stored = result.status === 'fenced' ? result.actual : this.#read;
  }
}

const within = (signal: AbortSignal): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(CATCH_UP_TIMEOUT_MS)]);
