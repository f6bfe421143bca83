import {
  OutcomeUnknown,
  plainSnapshot,
  Retryable,
  type AnyService,
  type AppendResult,
  type Clock,
  type Effect,
  type Envelope,
  type EventLog,
  type Fold,
  type Instant,
  type Intent,
  type Reaction,
  type Rejection,
} from '@plinth/eventing';
import { assert, AssertionError } from '@plinth/money';
import { countConflict, countEvents } from '../telemetry/instruments.ts';
import { traceAppend, traced, traceReaction } from '../telemetry/spans.ts';
import { appendsOf, commitStates, decideAll, type Decision } from './decision.ts';
import { reactionEventId, timerEventId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { ServiceHistory } from './service-history.ts';
import { stateHash } from './state-hash.ts';
import { SnapshotKeeper, type SnapshotPorts } from './snapshot-keeper.ts';
import { snapshotPartsOf } from './snapshot-parts.ts';
import { StreamStates } from './stream-states.ts';
import { StreamTurns } from './stream-turns.ts';
import { PositionWaiters } from './position-waiters.ts';

export type HostPorts = Readonly<{
  log: EventLog;
  clock: Clock;
  /** Absent: the folds always start from the first event. */
  snapshots?: SnapshotPorts;
}>;

/** The database is away or cut the connection: nothing is wrong with the service or with the event. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Retryable || error instanceof OutcomeUnknown;

const isEffect = (reaction: Reaction): reaction is Effect => 'effect' in reaction;

/**
 * The service cannot go on at this position: a bug, or data that it must not interpret. It stays queryable
 * where it is.
 */
export class PoisonEvent extends Error {
  override readonly name = 'PoisonEvent';
  readonly position: bigint;
  constructor(service: string, event: Envelope, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${service} stopped at position ${event.position} (${event.type} on ${event.stream}): ${why}`, {
      cause,
    });
    this.position = event.position;
  }
}

/**
 * One service over one log: its folds, its reactions, its checkpoint. Who drives it decides when it folds and
 * reacts.
 */
export class ServiceHost {
  readonly definition: AnyService;
  readonly views: Readonly<Record<string, Fold>>;
  readonly states: StreamStates;
  readonly ports: HostPorts;
  /** Answers questions about earlier positions. */
  readonly history: ServiceHistory;
  readonly #folds: readonly Fold[];
  /** Commands on one stream, one after the other. */
  readonly turns = new StreamTurns();
  readonly #waiters = new PositionWaiters();
  readonly #keeper: SnapshotKeeper | undefined;
  #last = 0n;
  #reacted = 0n;
  #stored = 0n;
  /** An append of a reaction whose outcome nobody knows: the checkpoint tells. */
  #isInDoubt = false;
  #floor = 0n;
  /** Something folds the log into the views as it grows: whoever needs a later position may wait for it. */
  isFollowing = false;

  constructor(definition: AnyService, ports: HostPorts) {
    this.definition = definition;
    this.ports = ports;
    this.views = definition.views() as Readonly<Record<string, Fold>>;
    this.#folds = [...new Set(Object.values(this.views))];
    this.states = new StreamStates(ports.log);
    const { log, snapshots } = ports;
    this.history = new ServiceHistory(definition, {
      log,
      ...(snapshots === undefined ? {} : { snapshots: snapshots.store }),
    });
    if (snapshots !== undefined) {
      this.#keeper = new SnapshotKeeper(this.name, snapshotPartsOf(this.views, this.states), snapshots);
    }
  }

  get name(): string {
    return this.definition.name;
  }

  /** Position of the last folded event. */
  get last(): bigint {
    return this.#last;
  }

  /** Position of the last event whose reaction is done. */
  get reacted(): bigint {
    return this.#reacted;
  }

  /**
   * Position below which an answer would go back in time: of views that are folded again, or for the first
   * time. Zero when nobody folds: then the service answers from where it stands.
   */
  get floor(): bigint {
    return this.isFollowing ? this.#floor : 0n;
  }

  /** From now on the views answer for nothing less than this position. */
  raiseFloor(position: bigint): void {
    if (position > this.#floor) this.#floor = position;
  }

  /** Reads the stored checkpoint: where this service's reactions go on. Call when becoming leader. */
  async takeOver(): Promise<void> {
    this.#stored = await this.checkpoint();
    this.#reacted = this.#stored;
    this.#isInDoubt = false;
    this.states.clear();
  }

  /** How far this service's reactions are, as it is stored. */
  checkpoint(): Promise<bigint> {
    return this.ports.log.checkpoint(this.name);
  }

  /** Applies one event to every fold. */
  fold(event: Envelope): void {
    assert(
      event.position === this.#last + 1n,
      () => `Expected position ${this.#last + 1n}, was ${event.position}`,
    );
    try {
      for (const fold of this.#folds) fold.apply(event);
    } catch (cause) {
      throw new PoisonEvent(this.name, event, cause);
    }
    this.#last = event.position;
    this.states.seen(event.stream, event.version);
    this.#waiters.reached(this.#last);
  }

  /** Resolves when the folds include `position`; rejects when the signal aborts first. */
  waitFor(position: bigint, signal: AbortSignal): Promise<void> {
    return position <= this.#last ? Promise.resolve() : this.#waiters.wait(position, signal);
  }

  /**
   * The reaction to the event that was folded last. Effects are handed to `dispatch` when there is one;
   * without it they are awaited and their outcome is recorded together with the intents (lockstep).
   */
  async react(
    event: Envelope,
    signal: AbortSignal,
    dispatch?: (effect: Effect, traceparent: string | undefined) => Promise<void>,
  ): Promise<void> {
    if (event.position <= this.#reacted) return;
    assert(event.position === this.#last, 'Expected to react to the event that was folded last');
    try {
      const intents: Intent[] = [];
      const later: Effect[] = [];
      for (const reaction of this.definition.react(event, this.views)) {
        if (!isEffect(reaction)) intents.push(reaction);
        else if (dispatch !== undefined) later.push(reaction);
        else intents.push(...(await this.perform(reaction, signal)));
      }
      await this.#record(event, intents);
      for (const effect of later) await dispatch?.(effect, event.traceparent);
    } catch (cause) {
      if (cause instanceof Fenced || isPassing(cause) || signal.aborted) throw cause;
      throw new PoisonEvent(this.name, event, cause);
    }
    this.#reacted = event.position;
  }

  /** Events folded since the snapshot that a start would go on from. */
  get snapshotAge(): bigint {
    return this.#last - (this.#keeper?.position ?? 0n);
  }

  /** Carries out one effect and gives the decisions that record its outcome. */
  async perform(effect: Effect, signal: AbortSignal): Promise<readonly Intent[]> {
    const handler = this.definition.effects?.[effect.effect];
    assert(handler !== undefined, () => `Expected a handler of effect ${effect.effect} in ${this.name}`);
    return handler(effect.input as never, { now: this.ports.clock.now(), signal });
  }

  /** Records the outcome of an effect that ran in the background. */
  async recordOutcome(effect: Effect, intents: readonly Intent[]): Promise<void> {
    const ids = { correlationId: effect.key, causationId: effect.key };
    const cause = { ...ids, actor: `service:${this.name}`, ...traced(undefined) };
    for (let attempt = 0; attempt <= LIMITS.conflictRetriesMax; attempt += 1) {
      const decision = await decideAll(intents, this.states, this.definition.owns);
      if (decision.rejection !== undefined) throw new AssertionError(refusal(decision.rejection));
      if (decision.eventCount === 0) return;
      const versions = [...decision.touched].map(([stream, { before }]) => `${stream}@${before}`).join();
      const result = await traceAppend(this.name, () =>
        this.ports.log.append({
          appends: appendsOf(decision, (n) =>
            reactionEventId(`${effect.effect}:${effect.key}:${versions}`, this.name, n),
          ),
          cause,
          occurredAt: this.ports.clock.now(),
        }),
      );
      if (result.status === 'appended') return commitStates(this.name, decision, this.states);
      this.states.doubt(decision.touched.keys());
      if (result.status === 'duplicate') return;
      countConflict({ service: this.name });
    }
    throw new AssertionError(`Expected to record ${effect.effect} within ${LIMITS.conflictRetriesMax} tries`);
  }

  /**
   * Takes the folds from before their first event to the newest snapshot up to `atMost`, when there is one
   * that can be read; the caller folds what comes after it. Of a leader `atMost` is its checkpoint: a
   * reaction sees the state at its event.
   */
  async restore(atMost: bigint): Promise<void> {
    assert(this.#last === 0n, () => `Expected folds before their first event, was ${this.#last}`);
    this.#last = (await this.#keeper?.restore(atMost, () => this.resetViews())) ?? 0n;
    this.#waiters.reached(this.#last);
  }

  /** Whether a snapshot is worth its while now: not while old events are folded, nor while one is stored. */
  isSnapshotDue(when: 'running' | 'stopping'): boolean {
    return this.#last === this.#reacted && this.#keeper?.isDue(this.#last, when) === true;
  }

  /**
   * Keeps a snapshot of what the folds know now; until it resolves nothing may be folded. The checkpoint is
   * stored first, so that a leader may begin from here.
   */
  async keepSnapshot(): Promise<void> {
    await this.storeCheckpoint();
    await this.#keeper?.keep(this.#last);
  }

  /** Resolves when no snapshot is being stored. */
  async snapshotStored(): Promise<void> {
    await this.#keeper?.stored();
  }

  /** Back to the state before the first event; the caller folds the log again. */
  resetViews(): void {
    this.raiseFloor(this.#last);
    for (const fold of this.#folds) fold.reset();
    this.#last = 0n;
  }

  /** When this service wants to be woken next. */
  nextDue(): Instant | undefined {
    return this.definition.nextDue?.(this.views);
  }

  /** Time until the next thing is due by the passing of time alone; infinite when nothing is. */
  dueInMs(): number {
    const due = this.nextDue();
    return due === undefined ? Infinity : due - this.ports.clock.now();
  }

  /** Appends `TimerFired` when something is due. Returns whether it did. */
  async fireTimer(): Promise<boolean> {
    const due = this.nextDue();
    const now = this.ports.clock.now();
    if (due === undefined || due > now) return false;
    const id = timerEventId(this.name, due);
    const stream = `timer-${this.name}`;
    const version = await this.states.load(stream, TIMER);
    const event = { type: 'TimerFired', data: { service: this.name, dueAtMs: due } } as const;
    const request = {
      appends: [{ stream, expectedVersion: version.version, events: [{ ...event, id }] }],
      cause: { correlationId: id, causationId: id, actor: `service:${this.name}` },
      occurredAt: now,
    };
    const result = await this.ports.log.append(request).catch((error: unknown) => {
      this.states.doubt([stream]);
      throw error;
    });
    if (result.status === 'appended') {
      this.states.advance(stream, TIMER, version.version, [event], undefined);
      countEvents({ service: this.name, type: event.type });
    } else this.states.doubt([stream]);
    return result.status === 'appended';
  }

  /** Stores how far the reactions are although the last ones had nothing to append. */
  async storeCheckpoint(): Promise<void> {
    if (this.#reacted === this.#stored) return;
    const result = await this.ports.log.append({
      appends: [],
      cause: { correlationId: this.name, causationId: this.name, actor: `service:${this.name}` },
      occurredAt: this.ports.clock.now(),
      checkpoint: { consumer: this.name, expected: this.#stored, position: this.#reacted },
    });
    if (result.status === 'fenced') throw new Fenced(this.name, this.#stored, result.actual);
    this.#stored = this.#reacted;
  }

  /** SHA-256 of every view, by name. */
  hashes(): ReadonlyMap<string, string> {
    return new Map(Object.entries(this.views).map(([name, fold]) => [name, stateHash(fold)] as const));
  }

  async #appendReaction(event: Envelope, decision: Decision): Promise<AppendResult> {
    try {
      return await traceReaction(this.name, event, () =>
        this.ports.log.append({
          appends: appendsOf(decision, (n) => reactionEventId(event.id, this.name, n)),
          cause: causeOf(event, this.name),
          occurredAt: event.occurredAt,
          checkpoint: { consumer: this.name, expected: this.#stored, position: event.position },
        }),
      );
    } catch (error) {
      this.#isInDoubt ||= error instanceof OutcomeUnknown;
      throw error;
    }
  }

  /** A reaction's events and its checkpoint are one append: where the one is the other is too. */
  async #wasRecorded(event: Envelope): Promise<boolean> {
    const stored = await this.checkpoint();
    this.#isInDoubt = false;
    if (stored < event.position) return false;
    this.#stored = stored;
    this.states.clear();
    return true;
  }

  async #record(event: Envelope, intents: readonly Intent[]): Promise<void> {
    if (this.#isInDoubt && (await this.#wasRecorded(event))) return;
    if (intents.length === 0 && event.position - this.#stored < LIMITS.checkpointEvery) return;
    for (let attempt = 0; attempt <= LIMITS.conflictRetriesMax; attempt += 1) {
      const decision = await decideAll(intents, this.states, this.definition.owns);
      if (decision.rejection !== undefined) throw new AssertionError(refusal(decision.rejection));
      const due = event.position - this.#stored >= LIMITS.checkpointEvery;
      if (decision.eventCount === 0 && !due) return;
      const result = await this.#appendReaction(event, decision);
      switch (result.status) {
        case 'appended':
          commitStates(this.name, decision, this.states);
          this.#stored = event.position;
          return;
        case 'duplicate':
          this.states.doubt(decision.touched.keys());
          this.#stored = await this.ports.log.checkpoint(this.name);
          return;
        case 'fenced':
          throw new Fenced(this.name, this.#stored, result.actual);
        case 'conflict':
          countConflict({ service: this.name });
          this.states.doubt(decision.touched.keys());
          continue;
        case 'key-reused':
          throw new AssertionError('Expected no command key on a reaction');
      }
    }
    throw new AssertionError(`Expected to append the reaction within ${LIMITS.conflictRetriesMax} tries`);
  }
}

/** Another process leads this service now; this one must stop reacting (its folds go on). */
export class Fenced extends Error {
  override readonly name = 'Fenced';
  constructor(service: string, expected: bigint, actual: bigint) {
    super(`${service}: expected checkpoint ${expected}, was ${actual}: another leader has taken over`);
  }
}

/** Timer streams have no state beyond their version. */
const TIMER = {
  initialState: () => undefined,
  decide: () => [],
  evolve: () => undefined,
  snapshot: plainSnapshot<undefined>(1),
} as const;

const refusal = (rejection: Rejection): string => `refused with ${rejection.code}: ${rejection.message}`;

const causeOf = (event: Envelope, service: string) => ({
  correlationId: event.correlationId,
  causationId: event.id,
  actor: `service:${service}`,
  ...traced(event.traceparent),
});
