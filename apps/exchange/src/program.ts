import { status as grpc, type Server, type handleUnaryCall } from '@grpc/grpc-js';
import type { SimulatedVenue } from '@plinth/connectors';
import type { Clock } from '@plinth/eventing';
import { MarketControlService, type MarketInfo, type PlayRequest } from '@plinth/messages/venue';
import {
  calmProgram,
  liveFeed,
  LiveMarket,
  openMarketFile,
  openVenues,
  tickAt,
  type LiveProgram,
} from '@plinth/simulation';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const TICKS = { min: 20, max: 20_000 } as const;
const TICK_MS = { min: 50, max: 60_000 } as const;
/** Marks are published no faster than pricing takes them. */
const EVERY_MIN_MS = 200;
const CALM_EVERY_MS = 1_000;

/** What a request asks for that cannot be played, and the remedy. */
export class CannotPlay extends Error {
  override readonly name = 'CannotPlay';
}

/** What the market plays now, over venues that stay; kept on disk, so that a restart goes on with it. */
export class Program {
  readonly venues: ReadonlyMap<string, SimulatedVenue>;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #datedSinceMs: number;
  #program: LiveProgram;
  #market: LiveMarket;

  constructor(directory: string, seed: number, clock: Clock, calmTicks?: number) {
    this.#path = join(directory, 'program.json');
    this.#clock = clock;
    const file = openMarketFile(directory, seed, clock);
    this.#datedSinceMs = file.datedSinceMs ?? 0;
    const calm = calmProgram(file.seed, file.startedAtMs, this.#datedSinceMs, calmTicks);
    this.venues = openVenues({ feed: liveFeed(calm), directory }, clock);
    this.#program = existsSync(this.#path)
      ? { ...(JSON.parse(readFileSync(this.#path, 'utf8')) as LiveProgram), datedSinceMs: this.#datedSinceMs }
      : calm;
    this.#market = this.#open();
  }

  get market(): LiveMarket {
    return this.#market;
  }

  get info(): MarketInfo {
    return this.#program;
  }

  /** Begins a scenario now. */
  play({ scenario, seed, ticks, tickMs }: PlayRequest): MarketInfo {
    if (scenario !== 'calm' && scenario !== 'crash')
      throw new CannotPlay(`scenario: Expected calm or crash, was ${scenario}`);
    const sinceMs = this.#clock.now();
    const datedSinceMs = this.#datedSinceMs;
    if (scenario === 'calm') this.#program = calmProgram(seed, sinceMs, datedSinceMs);
    else {
      within('ticks', ticks, TICKS);
      within('tick_ms', tickMs, TICK_MS);
      this.#program = { scenario, seed, ticks, tickMs, sinceMs, datedSinceMs };
    }
    // Whole or not at all: a crash in between leaves the old one.
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(this.#program)}\n`);
    renameSync(`${this.#path}.new`, this.#path);
    this.#market = this.#open();
    return this.info;
  }

  #open(): LiveMarket {
    const program = this.#program;
    const everyMs = Math.max(EVERY_MIN_MS, Math.min(CALM_EVERY_MS, program.tickMs));
    const feed = liveFeed(program);
    return new LiveMarket(feed, this.venues, this.#clock, everyMs, (now) => tickAt(program, now));
  }
}

const within = (field: string, value: number, { min, max }: Readonly<{ min: number; max: number }>): void => {
  if (value < min || value > max) throw new CannotPlay(`${field}: Expected ${min} to ${max}, was ${value}`);
};

/** Lets others see and choose what is played. */
export const serveProgram = (server: Server, program: Program): void => {
  const play: handleUnaryCall<PlayRequest, MarketInfo> = ({ request }, callback) => {
    try {
      callback(null, program.play(request));
    } catch (error) {
      if (!(error instanceof CannotPlay)) throw error;
      callback({ code: grpc.INVALID_ARGUMENT, details: error.message });
    }
  };
  server.addService(MarketControlService, {
    play,
    getMarket: (_: unknown, callback: (error: null, info: MarketInfo) => void) =>
      callback(null, program.info),
  });
};
