import { AccountsService, DEFAULT_ACCOUNTS_CONFIG, transfersLink } from '@plinth/accounts';
import type { Clock, Envelope, MemoryLog } from '@plinth/eventing';
import { interestService } from '@plinth/interest';
import { assert } from '@plinth/money';
import { marksLink, pricingOfCell, pricingService } from '@plinth/pricing';
import { RiskService } from '@plinth/risk';
import { DEFAULT_CONTROLS, DEFAULT_VENUE_TIMEOUT_MS, routingService } from '@plinth/routing';
import { InProcessCell, Lockstep, ServiceHost, takeOver } from '@plinth/runtime';
import type { MarketFeed } from '../../market/market-feed.ts';
import { openMarket } from '../open-market.ts';

const HOME = 'main';

/** Stops a cell as a crash would: in the middle of whatever it does. */
class Crash {
  readonly #stop = new AbortController();
  #left: number;

  /** After so many appends. */
  constructor(log: MemoryLog, after: number) {
    this.#left = after;
    const unsubscribe = log.onAppend(() => {
      this.#left -= 1;
      if (this.#left > 0) return;
      unsubscribe();
      this.#stop.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }
}

/** One cell of a house in lockstep over a log of its own, which can be crashed and started again anywhere. */
export class CellWorld {
  readonly cell: string;
  readonly log: MemoryLog;
  readonly #clock: Clock;
  readonly #hosts: readonly ServiceHost[];
  readonly #lockstep: Lockstep;
  readonly client: InProcessCell;

  private constructor(cell: string, log: MemoryLog, clock: Clock) {
    this.cell = cell;
    this.log = log;
    this.#clock = clock;
    const services = [
      AccountsService({ ...DEFAULT_ACCOUNTS_CONFIG, cell, destinationDelayMs: 0 }),
      pricingService({ ...pricingOfCell(cell, HOME), minRoundMs: 0 }),
      interestService(),
      RiskService({ cell }),
      routingService({
        adapters: new Map(),
        venueTimeoutMs: DEFAULT_VENUE_TIMEOUT_MS,
        controls: DEFAULT_CONTROLS,
      }),
    ];
    this.#hosts = services.map((definition) => new ServiceHost(definition, { log, clock }));
    this.#lockstep = new Lockstep(log, this.#hosts);
    this.client = new InProcessCell(this.#hosts);
  }

  /** From what the log says: as at a first start, so after a crash. */
  static async start(cell: string, log: MemoryLog, clock: Clock): Promise<CellWorld> {
    const world = new CellWorld(cell, log, clock);
    await world.#lockstep.start();
    await world.settle();
    return world;
  }

  restarted(): Promise<CellWorld> {
    return CellWorld.start(this.cell, this.log, this.#clock);
  }

  async open(feed: MarketFeed): Promise<void> {
    await openMarket(feed, this.client, () => this.settle());
  }

  /** Until nothing is left to say and nothing is due; `crashAfter` appends it stops short. */
  async settle(crashAfter = Infinity): Promise<boolean> {
    const { signal } = new Crash(this.log, crashAfter);
    do await this.#lockstep.settle(signal);
    while (!signal.aborted && (await this.#lockstep.fireNext()));
    return signal.aborted;
  }

  /** A command that must be taken. */
  async send(name: string, request: object, tenant: string, requestId: string): Promise<void> {
    const answer = await this.client.command(name, request, { tenant, actor: tenant, requestId });
    assert(answer.status === 'accepted', () => `${name}: ${JSON.stringify(answer)}`);
  }

  /** Brings events of another cell's log, after `after`, to the services that take them over. */
  async takeFrom(other: CellWorld, after: bigint): Promise<void> {
    const events = await other.log.read(after, 10_000);
    await this.#bring(other.cell, 'accounts', events);
    if (other.cell === HOME) await this.#bring(other.cell, 'pricing', events);
  }

  /** How far this cell has taken over transfers of another one. */
  async through(other: string): Promise<bigint> {
    const host = this.#host('accounts');
    return transfersLink(this.cell).through(host.views as never, other);
  }

  async marksThrough(): Promise<bigint> {
    return marksLink.through(this.#host('pricing').views as never, HOME);
  }

  /** Text of every view of every service. */
  hashes(): readonly string[] {
    return this.#hosts.flatMap((host) =>
      [...host.hashes()].map(([view, hash]) => `${this.cell} ${host.name} ${view} ${hash}`),
    );
  }

  async #bring(from: string, service: string, events: readonly Envelope[]): Promise<void> {
    const link = service === 'accounts' ? transfersLink(this.cell) : marksLink;
    await takeOver(this.#host(service), link, from, events);
  }

  #host(name: string): ServiceHost {
    const host = this.#hosts.find((one) => one.name === name);
    assert(host !== undefined, () => `Expected a service of this world, was ${name}`);
    return host;
  }
}
