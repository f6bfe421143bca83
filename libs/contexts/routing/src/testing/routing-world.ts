import {
  isRejection,
  type Effect,
  type Envelope,
  type EventId,
  type Fold,
  type Instant,
  type Intent,
  type NewEvent,
  type Rejection,
  type StreamId,
} from '@plinth/eventing';
import type { EventData, EventType } from '@plinth/messages';
import { assert } from '@plinth/money';
import { DEFAULT_CONTROLS } from '../application/config.ts';
import { takeReports } from '../application/report-intake.ts';
import { routingService } from '../application/routing-service.ts';
import type { RoutingViews } from '../application/views.ts';
import type { ScriptedVenue } from './scripted-venue.ts';

type Kept = { state: unknown; version: number };

/**
 * Routing alone over a log in memory, with its effects and scripted venues: reactions and the outcome of
 * effects are appended one after another until nothing is left to do. Approval by risk is given as an
 * event.
 */
export class RoutingWorld {
  readonly venues: readonly ScriptedVenue[];
  readonly log: Envelope[] = [];
  readonly #service;
  views: RoutingViews;
  now: Instant = 1_000_000;
  /** Effects are kept back while this is set: a process that dies before it carries them out. */
  isCut = false;
  readonly #streams = new Map<StreamId, Kept>();
  #effects: Effect[] = [];
  #reacted = 0;

  constructor(...venues: readonly ScriptedVenue[]) {
    this.venues = venues;
    this.#service = routingService({
      adapters: new Map(venues.map((venue) => [venue.venueId, venue])),
      venueTimeoutMs: 1_000,
      controls: DEFAULT_CONTROLS,
    });
    this.views = this.#service.views();
  }

  async given<K extends EventType>(stream: StreamId, type: K, data: EventData<K>): Promise<void> {
    this.#append(stream, [{ type, data } as NewEvent]);
    await this.settle();
  }

  async send(command: string, request: unknown, tenant = 'operator'): Promise<Rejection | undefined> {
    const handler = this.#service.commands[command];
    assert(handler !== undefined, () => `Expected a command, was ${command}`);
    const cause = { correlationId: 'spec', causationId: 'spec', actor: 'spec' };
    const planned = handler(request as never, this.views, { now: this.now, cause, tenant });
    if (isRejection(planned)) return planned;
    const refused = this.#decide(planned);
    if (refused === undefined) await this.settle();
    return refused;
  }

  ask(query: string, request: unknown): unknown {
    return this.#service.queries[query]?.(request as never, this.views);
  }

  /** Takes in what the venues have to report, again and again until there is nothing new. */
  async poll(): Promise<Rejection | undefined> {
    for (const venue of this.venues) {
      const send = async (command: string, request: unknown) => ({
        refused: await this.send(command, request),
      });
      const taken = await takeReports(venue, this.views.health, send, new AbortController().signal);
      if (taken !== undefined) return taken.refused ?? (await this.poll());
    }
    return undefined;
  }

  /** Moves the clock to what is due next and fires it. */
  async fire(): Promise<boolean> {
    const due = this.#service.nextDue?.(this.views);
    if (due === undefined) return false;
    this.now = Math.max(this.now, due);
    this.#append('timer-routing', [{ type: 'TimerFired', data: { service: 'routing', dueAtMs: due } }]);
    await this.settle();
    return true;
  }

  /**
   * The process dies and another one takes over: folds from the log, and what was not settled is taken up
   * again.
   */
  async restart(): Promise<void> {
    this.isCut = false;
    this.views = this.#service.views();
    for (const event of this.log) for (const fold of Object.values(this.views)) (fold as Fold).apply(event);
    this.#effects = [...(this.#service.unresolved?.(this.views) ?? [])];
    await this.settle();
  }

  async settle(): Promise<void> {
    while (this.#reacted < this.log.length || (this.#effects.length > 0 && !this.isCut)) {
      const event = this.log[this.#reacted];
      if (event !== undefined) {
        this.#reacted += 1;
        for (const fold of Object.values(this.views)) (fold as Fold).apply(event);
        const reactions = this.#service.react(event, this.views);
        const refused = this.#decide(
          reactions.filter((reaction): reaction is Intent => 'stream' in reaction),
        );
        assert(refused === undefined, () => `Expected a reaction without refusal, was ${refused?.message}`);
        this.#effects.push(...reactions.filter((reaction): reaction is Effect => 'effect' in reaction));
        continue;
      }
      const effect = this.#effects.shift() as Effect;
      const context = { now: this.now, signal: new AbortController().signal };
      const handler = this.#service.effects?.[effect.effect];
      assert(handler !== undefined, () => `Expected a handler of ${effect.effect}`);
      const refused = this.#decide(await handler(effect.input as never, context));
      assert(
        refused === undefined,
        () => `Expected ${effect.effect} to be recorded, was ${refused?.message}`,
      );
    }
  }

  types(): readonly string[] {
    return this.log.map(({ type }) => type);
  }

  of<K extends EventType>(type: K): readonly EventData<K>[] {
    return this.log.filter((event) => event.type === type).map((event) => event.data as EventData<K>);
  }

  #decide(intents: readonly Intent[]): Rejection | undefined {
    const decided: [StreamId, readonly NewEvent[]][] = [];
    for (const { stream, decider, command, onRejection } of intents) {
      const own = [
        ...this.log.filter((e) => e.stream === stream),
        ...decided.flatMap(([s, e]) => (s === stream ? e : [])),
      ];
      const state = own.reduce<unknown>(
        (before, event) => decider.evolve(before, event),
        decider.initialState(),
      );
      const outcome = decider.decide(command, state);
      if (!isRejection(outcome)) decided.push([stream, outcome as readonly NewEvent[]]);
      else if (onRejection !== 'ignore') return outcome;
    }
    for (const [stream, events] of decided) this.#append(stream, events);
    return undefined;
  }

  #append(stream: StreamId, events: readonly NewEvent[]): void {
    for (const event of events) {
      const position = BigInt(this.log.length + 1);
      const kept = this.#streams.get(stream) ?? { state: undefined, version: 0 };
      kept.version += 1;
      this.#streams.set(stream, kept);
      const cause = { correlationId: 'spec', causationId: 'spec', actor: 'spec' };
      const id: EventId = `00000000-0000-5000-8000-${position.toString(16).padStart(12, '0')}`;
      const place = { position, stream, version: kept.version, id, schema: 1, occurredAt: this.now };
      this.log.push({ ...place, ...cause, ...event });
    }
  }
}

const TERMS = {
  ...{ kind: 'cex', chain: '', makerFeePpm: 0, takerFeePpm: 0, optionFeeCapPpm: 0 },
  ...{ creditLimit: '1000000000', orderCost: '' },
  ...{
    defaultProbabilityPpm: 1_000,
    lossGivenDefaultPpm: 500_000,
    requirementPpm: 50_000,
    transferablePpm: 500_000,
    rulebook: '',
  },
} as const;

/**
 * Two assets, a perpetual, a spot pair, the given venues with them, one account of client `fund`, and
 * marks.
 */
export const openedWorld = async (...venues: readonly ScriptedVenue[]): Promise<RoutingWorld> => {
  const world = new RoutingWorld(...venues);
  for (const [asset, scale, kind] of [
    ['USD', 6, 'fiat'],
    ['BTC', 8, 'coin'],
  ] as const) {
    await world.given(`asset-${asset}`, 'AssetListed', { asset, scale, kind, chains: [] });
  }
  for (const [instrumentId, kind] of [
    ['BTC/USD', 'spot'],
    ['BTC-PERP', 'perpetual'],
  ] as const) {
    await world.given(`instrument-${instrumentId}`, 'InstrumentListed', {
      ...{ instrumentId, kind, underlying: 'BTC', quoteAsset: 'USD', contractSize: '1', inverse: false },
      ...{ expiresAtMs: 0, strike: '', optionType: '', priceRule: undefined },
    });
  }
  for (const { venueId } of venues) {
    const listings = ['BTC/USD', 'BTC-PERP'].map((instrumentId) => ({
      ...{ instrumentId, lot: '0.001', tick: '0.5', minQuantity: '0.001' },
    }));
    const refused = await world.send('RegisterVenue', { ...TERMS, venueId, listings });
    assert(refused === undefined, () => `Expected ${venueId} to be registered: ${refused?.message}`);
  }
  await world.given('account-a1', 'AccountOpened', { accountId: 'a1', clientId: 'fund', name: 'one' });
  await markAt(world, '30000');
  return world;
};

export const markAt = async (world: RoutingWorld, price: string, state = 'live'): Promise<void> => {
  const marks = ['BTC/USD', 'BTC-PERP'].map((instrumentId) => ({
    ...{
      instrumentId,
      price,
      confidence: '1',
      twap: price,
      volatility: 0.5,
      state,
      sources: 3,
      guarded: false,
    },
  }));
  const data = { round: 1, atMs: world.now, marks, quotes: [] } as unknown as EventData<'MarksPublished'>;
  await world.given('marks-main', 'MarksPublished', data);
};

export const ORDER = {
  ...{
    orderId: 'o1',
    accountId: 'a1',
    subAccountId: '',
    instrumentId: 'BTC-PERP',
    side: 'buy',
    quantity: '2',
  },
  ...{ orderType: 'market', limitPrice: '', timeInForce: '', venues: [], reduceOnly: false },
} as const;

/** Risk's answer to an order. */
export const approve = async (world: RoutingWorld, orderId = 'o1'): Promise<void> =>
  world.given('margin-a1', 'OrderApproved', {
    ...{ accountId: 'a1', orderId, riskReducing: false, figuresAfter: undefined },
  });
