import type {
  AnyService,
  Clock,
  Effect,
  Envelope,
  EventLog,
  Fold,
  Instant,
  Intent,
  Reaction,
} from '@plinth/eventing';
import { assert } from '@plinth/money';
import { Fenced, isPassing, PoisonEvent } from './host-failures.ts';
import { PositionWaiters } from './position-waiters.ts';
import { ReactionRecord } from './reaction-record.ts';
import { ServiceHistory } from './service-history.ts';
import { appendTimer } from './service-timer.ts';
import { stateHash } from './state-hash.ts';
import { SnapshotKeeper, type SnapshotPorts } from './snapshot-keeper.ts';
import { snapshotPartsOf } from './snapshot-parts.ts';
import { StreamStates } from './stream-states.ts';
import { StreamTurns } from './stream-turns.ts';

export type HostPorts = Readonly<{
  log: EventLog;
  clock: Clock;
  /** Absent: the folds always start from the first event. */
  snapshots?: SnapshotPorts;
}>;

/** Carries an effect out in the background. */
export type Dispatch = (effect: Effect, traceparent: string | undefined) => Promise<void>;

const isEffect = (reaction: Reaction): reaction is Effect => 'effect' in reaction;

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
  readonly #record: ReactionRecord;
  #last = 0n;
  #reacted = 0n;
  /** The last event of which the decisions wait for their append, and the effects that wait with them. */
  #decided: Envelope | undefined;
  #effects: { effect: Effect; at: Envelope }[] = [];
  #floor = 0n;
  /** Something folds the log into the views as it grows: whoever needs a later position may wait for it. */
  isFollowing = false;

  constructor(definition: AnyService, ports: HostPorts) {
    this.definition = definition;
    this.ports = ports;
    this.views = definition.views() as Readonly<Record<string, Fold>>;
    this.#folds = [...new Set(Object.values(this.views))];
    this.states = new StreamStates(ports.log);
    this.#record = new ReactionRecord(definition, ports, this.states);
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
    this.#decided = undefined;
    this.#effects = [];
    this.#reacted = await this.#record.takeOver();
  }

  /** How far this service's reactions are, as it is stored. */
  checkpoint(): Promise<bigint> {
    return this.#record.checkpoint();
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
   * The whole reaction to the event that was folded last, its effects awaited and their outcome recorded
   * together with the intents (lockstep).
   */
  async react(event: Envelope, signal: AbortSignal): Promise<void> {
    if (event.position <= this.#reacted) return;
    await this.#guarded(event, signal, async () => {
      const intents: Intent[] = [];
      for (const reaction of this.#reactionsTo(event)) {
        if (isEffect(reaction)) intents.push(...(await this.perform(reaction, signal)));
        else intents.push(reaction);
      }
      await this.#record.add(event, intents);
    });
    this.#decided = event;
    await this.record(signal);
  }

  /**
   * Decides what follows from the event that was folded last; `record` appends it, together with what was
   * decided at events before it. What such a decision has changed is appended before another rests on it.
   */
  async decide(event: Envelope, signal: AbortSignal, dispatch: Dispatch): Promise<void> {
    if (event.position <= this.#reacted) return;
    const reactions = this.#reactionsTo(event);
    const intents = reactions.filter((reaction): reaction is Intent => !isEffect(reaction));
    if (!this.#record.isIndependent(intents)) await this.record(signal, dispatch);
    await this.#guarded(event, signal, () => this.#record.add(event, intents));
    for (const effect of reactions.filter(isEffect)) this.#effects.push({ effect, at: event });
    this.#decided = event;
  }

  /** Decisions and effects that wait for `record`. */
  get waiting(): number {
    return this.#record.waiting + this.#effects.length;
  }

  /** Appends what was decided, and hands its effects to `dispatch`. */
  async record(signal: AbortSignal, dispatch?: Dispatch): Promise<void> {
    const last = this.#decided;
    if (last === undefined) return;
    await this.#guarded(last, signal, () => this.#record.write(last));
    for (const { effect, at } of this.#effects.splice(0)) await dispatch?.(effect, at.traceparent);
    this.#decided = undefined;
    this.#reacted = last.position;
  }

  #reactionsTo(event: Envelope): readonly Reaction[] {
    assert(event.position === this.#last, 'Expected to react to the event that was folded last');
    try {
      return [...this.definition.react(event, this.views)];
    } catch (cause) {
      throw new PoisonEvent(this.name, event, cause);
    }
  }

  /** What stops a service for good says at which event. */
  async #guarded(event: Envelope, signal: AbortSignal, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (cause) {
      if (cause instanceof Fenced || isPassing(cause) || signal.aborted) throw cause;
      throw cause instanceof PoisonEvent ? cause : new PoisonEvent(this.name, event, cause);
    }
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
  recordOutcome(effect: Effect, intents: readonly Intent[]): Promise<void> {
    return this.#record.recordOutcome(effect, intents);
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
    const { name: service, states } = this;
    return appendTimer({ service, states, log: this.ports.log }, due, now);
  }

  /** Stores how far the reactions are although the last ones had nothing to append. */
  storeCheckpoint(): Promise<void> {
    return this.#record.storeCheckpoint(this.#reacted);
  }

  /** SHA-256 of every view, by name. */
  hashes(): ReadonlyMap<string, string> {
    return new Map(Object.entries(this.views).map(([name, fold]) => [name, stateHash(fold)] as const));
  }
}
