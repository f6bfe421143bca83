import { decodeEvent, encodeEvent, type EventData, type EventType } from '@plinth/messages';
import { assert } from '@plinth/money';
import { isRejection, type Rejection } from './decider.ts';
import type { Envelope, Instant, NewEvent, StreamId } from './envelope.ts';
import type { Fold } from './fold.ts';
import { stateOf, wholeStateText } from './state-text.ts';
import type { AnyDecider, Intent, Reaction, ServiceDefinition } from './service.ts';

type Views = Readonly<Record<string, Fold>>;

/**
 * One service over a log in memory, synchronous and without any host: what a specification of a service
 * needs.
 */
export type ServiceSpec<V extends Views> = Readonly<{
  views: V;
  /** Events of other services, or of this one in the past. Returns them with what this service reacted. */
  given(stream: StreamId, at: Instant, ...events: readonly NewEvent[]): readonly Envelope[];
  /** Plans and decides a command: the events it appended, or why it was refused. */
  when(
    command: string,
    request: unknown,
    context?: Partial<Readonly<{ now: Instant; tenant: string }>>,
  ): readonly Envelope[] | Rejection;
  ask(query: string, request: unknown): unknown;
  /**
   * Fires what is due, once. Returns the events that came of it, the timer's own first; none when nothing
   * is due.
   */
  passTime(now: Instant): readonly Envelope[];
  /** Everything so far. */
  log(): readonly Envelope[];
  /** Entries of all folds, for comparing a service with another one that was given the same log. */
  entries(): ReadonlyMap<string, string>;
}>;

type Kept = { decider: AnyDecider; state: unknown; version: number };

class SpecRun {
  readonly definition: ServiceDefinition<Views>;
  readonly views: Views;
  readonly log: Envelope[] = [];
  /** Appended events that the service has not folded yet: it goes on in the order of the log. */
  readonly #waiting: Envelope[] = [];
  #isGoing = false;
  /** Length of the log at which the folds are next taken apart and put together again. */
  #restoreAt = 2;
  readonly #states = new Map<StreamId, Kept>();
  readonly #versions = new Map<StreamId, number>();

  constructor(definition: ServiceDefinition<Views>) {
    this.definition = definition;
    this.views = definition.views();
  }

  /**
   * Appends through the codec; then every event is folded and reacted to, those of the reactions after it.
   */
  append(stream: StreamId, at: Instant, events: readonly NewEvent[]): void {
    this.#write(stream, at, events);
    this.#go();
  }

  #write(stream: StreamId, at: Instant, events: readonly NewEvent[]): void {
    for (const event of events) {
      const envelope = this.#envelope(stream, at, event);
      this.log.push(envelope);
      this.#waiting.push(envelope);
    }
  }

  #go(): void {
    if (this.#isGoing) return;
    this.#isGoing = true;
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      for (const fold of new Set(Object.values(this.views))) fold.apply(event);
      const refusal = this.decide(this.definition.react(event, this.views).map(asIntent), event.occurredAt);
      assert(refusal === undefined, () => `Expected a reaction without refusal, was ${refusal?.message}`);
    }
    this.#isGoing = false;
    if (this.log.length >= this.#restoreAt) this.#restore();
  }

  /**
   * From time to time the folds, and states that snapshots keep, are dumped, reset and loaded, as after a
   * restart from a snapshot: whatever a specification expects of them, it expects of restored ones too.
   */
  #restore(): void {
    this.#restoreAt = 2 * this.log.length;
    const folds = [...new Set(Object.values(this.views))];
    const dumps = folds.map((fold) => wholeStateText(fold.dump()));
    for (const fold of folds) fold.reset();
    folds.forEach((fold, i) => fold.load(stateOf(dumps[i] ?? '') as never));
    for (const kept of this.#states.values()) {
      const { snapshot } = kept.decider;
      if (snapshot === undefined) continue;
      kept.state = snapshot.load(stateOf(wholeStateText(snapshot.dump(kept.state))) as never);
    }
  }

  /** All intents are decided before anything is appended, as a host does it. */
  decide(intents: readonly Intent[], at: Instant): Rejection | undefined {
    const decided: [StreamId, readonly NewEvent[]][] = [];
    const touched = new Map<StreamId, Kept>();
    for (const { stream, decider, command, onRejection } of intents) {
      const category = stream.slice(0, stream.indexOf('-'));
      assert(this.definition.owns.includes(category), () => `Expected an own stream, was ${stream}`);
      // Each decision sees those before it.
      const kept = touched.get(stream) ?? this.#load(stream, decider);
      touched.set(stream, kept);
      const outcome = decider.decide(command, kept.state);
      if (!isRejection(outcome)) decided.push([stream, outcome as readonly NewEvent[]]);
      else if (onRejection !== 'ignore') return outcome;
      for (const event of isRejection(outcome) ? [] : outcome) {
        kept.state = decider.evolve(kept.state, event);
        kept.version += 1;
      }
    }
    // One append: nothing is folded before all of it is in the log.
    for (const [stream, events] of decided) this.#write(stream, at, events);
    this.#go();
    return undefined;
  }

  #load(stream: StreamId, decider: AnyDecider): Kept {
    const known = this.#states.get(stream);
    if (known?.decider === decider && known.version === (this.#versions.get(stream) ?? 0)) return known;
    const own = this.log.filter((event) => event.stream === stream);
    const state = own.reduce<unknown>(
      (before, event) => decider.evolve(before, event),
      decider.initialState(),
    );
    const fresh = { decider, state, version: own.length };
    this.#states.set(stream, fresh);
    return fresh;
  }

  #envelope(stream: StreamId, at: Instant, { type, data }: NewEvent): Envelope {
    const { schema, bytes } = encodeEvent(type, data as EventData<EventType>);
    const version = (this.#versions.get(stream) ?? 0) + 1;
    this.#versions.set(stream, version);
    const position = BigInt(this.log.length) + 1n;
    const id = `00000000-0000-5000-8000-${position.toString(16).padStart(12, '0')}`;
    const cause = { correlationId: 'spec', causationId: id, actor: 'operator:spec' };
    const stored = { position, stream, version, id, type, schema, occurredAt: at, ...cause };
    return { ...stored, data: decodeEvent(type, schema, bytes) } as Envelope;
  }
}

const asIntent = (reaction: Reaction): Intent => {
  assert(!('effect' in reaction), 'Expected intents only: give the outcome of an effect as events');
  return reaction;
};

export const serviceSpec = <V extends Views>(definition: ServiceDefinition<V>): ServiceSpec<V> => {
  const run = new SpecRun(definition as unknown as ServiceDefinition<Views>);
  const since = (start: number): readonly Envelope[] => run.log.slice(start);
  return {
    views: run.views as V,
    given: (stream, at, ...events) => {
      const start = run.log.length;
      for (const event of events) run.append(stream, at, [event]);
      return since(start);
    },
    when: (command, request, { now = 0, tenant = 'operator' } = {}) => {
      const handler = run.definition.commands[command];
      assert(handler !== undefined, () => `Expected a command of ${run.definition.name}, was ${command}`);
      const cause = { correlationId: 'spec', causationId: 'spec', actor: 'operator:spec' };
      const planned = handler(request as never, run.views, { now, cause, tenant });
      if (isRejection(planned)) return planned;
      const start = run.log.length;
      return run.decide(planned, now) ?? since(start);
    },
    ask: (query, request) => {
      const handler = run.definition.queries[query];
      assert(handler !== undefined, () => `Expected a query of ${run.definition.name}, was ${query}`);
      return handler(request as never, run.views);
    },
    passTime: (now) => {
      const due = run.definition.nextDue?.(run.views);
      if (due === undefined || due > now) return [];
      const start = run.log.length;
      const { name: service } = run.definition;
      run.append(`timer-${service}`, now, [{ type: 'TimerFired', data: { service, dueAtMs: due } }]);
      return since(start);
    },
    log: () => run.log,
    entries: () => {
      const all = new Map<string, string>();
      for (const [name, fold] of Object.entries(run.views)) {
        for (const [key, value] of fold.entries()) all.set(`${name}/${key}`, value);
      }
      return all;
    },
  };
};
