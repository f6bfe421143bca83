import type { EventLog } from '@plinth/eventing';
import type { CellClient, Lockstep, ServiceHost } from '@plinth/runtime';
import type { SimulatedVenue } from '@plinth/connectors';
import { assert } from '@plinth/money';
import { takeReports, type RoutingViews } from '@plinth/routing';
import type { MarketFeed } from '../market/market-feed.ts';
import type { ClientBehaviour } from './behaviour.ts';
import { openingSteps, type ScriptedCommand } from './opening.ts';
import type { PlannedAccount } from './population.ts';
import type { ScenarioClock } from './scenario-clock.ts';
import { lastStep, markStep } from './step-log.ts';

export type DriverPorts = Readonly<{
  log: EventLog;
  cell: Lockstep;
  client: CellClient;
  clock: ScenarioClock;
  venues: ReadonlyMap<string, SimulatedVenue>;
  behaviour: ClientBehaviour;
  /** Knows which reports have been taken in. */
  routing: ServiceHost;
}>;

export type Refusal = Readonly<{ step: number; command: string; code: string; message: string }>;

export type DriverProgress = Readonly<{ step: number; steps: number; tick: number; events: bigint }>;

const REFUSALS_KEPT = 1_000;

/**
 * Plays a market and a book of clients through a cell in lockstep: each step moves the clock, sends its
 * commands, and lets the services settle. Steps are functions of the feed, the seed and the log before them,
 * and commands carry ids made of step and number, so a run that is cut anywhere and started again ends with
 * the same log.
 */
export class ScenarioDriver {
  readonly #feed: MarketFeed;
  readonly #ports: DriverPorts;
  readonly #opening: readonly (readonly ScriptedCommand[])[];
  readonly refusals: Refusal[] = [];
  refused = 0;
  sent = 0;

  constructor(
    feed: MarketFeed,
    accounts: readonly PlannedAccount[],
    parametersJson: string,
    ports: DriverPorts,
  ) {
    this.#feed = feed;
    this.#ports = ports;
    this.#opening = openingSteps(feed, accounts, parametersJson);
  }

  get steps(): number {
    return this.#opening.length + this.#feed.ticks;
  }

  async run(
    signal: AbortSignal,
    onProgress: (progress: DriverProgress) => void | Promise<void>,
  ): Promise<void> {
    const { log, cell } = this.#ports;
    await cell.start();
    const mark = await lastStep(log);
    const first = Math.max(1, mark.step);
    if (mark.step > 0) await cell.foldTo(mark.position - 1n, signal);
    for (let step = first; step <= this.steps && !signal.aborted; step += 1) {
      await this.#step(step, signal);
      await onProgress({
        step,
        steps: this.steps,
        tick: step - this.#opening.length - 1,
        events: cell.position,
      });
    }
  }

  async #step(step: number, signal: AbortSignal): Promise<void> {
    const { log, clock } = this.#ports;
    const tick = step - this.#opening.length - 1;
    const at = tick < 0 ? this.#feed.timeOf(0) - 1_000 * (1 - tick) : this.#feed.timeOf(tick);
    const commands = tick < 0 ? (this.#opening[step - 1] ?? []) : this.#tickCommands(tick);
    clock.moveTo(at);
    await markStep(log, step, at);
    if (tick >= 0) this.#moveMarket(tick);
    let n = 0;
    for (const command of commands) await this.#send(step, n++, command);
    await this.#settle(signal);
  }

  /** Until nothing is left to fold, no venue has anything to report and nothing is due. */
  async #settle(signal: AbortSignal): Promise<void> {
    do {
      await this.#ports.cell.settle(signal);
    } while (!signal.aborted && ((await this.#poll(signal)) || (await this.#ports.cell.fireNext())));
  }

  /** Takes in what the first venue with news has to report. */
  async #poll(signal: AbortSignal): Promise<boolean> {
    const { health } = this.#ports.routing.views as unknown as RoutingViews;
    for (const venue of this.#ports.venues.values()) {
      const { client } = this.#ports;
      const answer = await takeReports(venue, health, (...command) => client.command(...command), signal);
      if (answer === undefined) continue;
      assert(answer.status === 'accepted', () => `Expected reports of ${venue.venueId} to be taken`);
      return true;
    }
    return false;
  }

  #tickCommands(tick: number): readonly ScriptedCommand[] {
    const quotes = this.#feed.quotesAt(tick).map((quote) => ({ ...quote, bid: '', ask: '' }));
    const round: ScriptedCommand = {
      name: 'PublishRound',
      request: { atMs: this.#feed.timeOf(tick), quotes },
      tenant: 'operator',
    };
    const funding = this.#feed.fundingAt(tick).map((rate): ScriptedCommand => ({
      name: 'SetFundingRate',
      request: { ...rate, intervalEndMs: this.#feed.timeOf(tick) },
      tenant: 'operator',
    }));
    return [round, ...funding, ...this.#ports.behaviour.commandsAt(tick)];
  }

  /** The venues' own business: their state and the rest of the market's orders. */
  #moveMarket(tick: number): void {
    for (const [venueId, venue] of this.#ports.venues) {
      venue.setCondition(this.#feed.faultAt(tick, venueId));
      for (const { instrumentId, bids, asks, indexPrice } of this.#feed.booksAt(tick, venueId)) {
        venue.setLiquidity(instrumentId, bids, asks, this.#feed.timeOf(tick), indexPrice);
      }
    }
  }

  async #send(step: number, n: number, { name, request, tenant }: ScriptedCommand): Promise<void> {
    const requestId = `s${step}.${n}`;
    const actor = tenant === 'operator' ? 'operator:scenario' : `client:${tenant}`;
    this.sent += 1;
    const answer = await this.#ports.client.command(name, request, { tenant, actor, requestId });
    // In a step that is taken up again an earlier answer may differ in the books a client saw: it was given,
    // it stands.
    if (answer.status === 'accepted' || answer.rejection.code === 'REQUEST_ID_REUSED') return;
    this.refused += 1;
    const { code, message } = answer.rejection;
    if (this.refusals.length < REFUSALS_KEPT) this.refusals.push({ step, command: name, code, message });
  }
}
