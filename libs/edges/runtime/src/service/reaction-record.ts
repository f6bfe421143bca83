import {
  OutcomeUnknown,
  type AnyService,
  type AppendResult,
  type Because,
  type Clock,
  type Effect,
  type Envelope,
  type EventLog,
  type Intent,
  type Rejection,
} from '@plinth/eventing';
import { AssertionError } from '@plinth/money';
import { countConflict } from '../telemetry/instruments.ts';
import { traceAppend, traced, traceReaction } from '../telemetry/spans.ts';
import { appendsOf, commitStates, decideAll, type Decision } from './decision.ts';
import { Fenced } from './host-failures.ts';
import { reactionEventId } from './ids.ts';
import { LIMITS } from './limits.ts';
import type { StreamStates } from './stream-states.ts';

type Ports = Readonly<{ log: EventLog; clock: Clock }>;

/**
 * What a service's reactions decide, on its way into the log. Decisions of several events may wait for each
 * other and go together, as long as they touch different streams: when many accounts cross at one tick, each
 * waits for a few appends and not for one of every account before it. The events and the checkpoint are one
 * append, so that of two leaders for a moment one wins and the other is fenced.
 */
export class ReactionRecord {
  readonly #definition: Pick<AnyService, 'name' | 'owns'>;
  readonly #ports: Ports;
  readonly #states: StreamStates;
  /** The checkpoint as it is stored. */
  #stored = 0n;
  /** An append of a reaction whose outcome nobody knows: the checkpoint tells. */
  #isInDoubt = false;
  /** What was decided and is not appended yet, in the order of its events. */
  #run: Reacted[] = [];

  constructor(definition: Pick<AnyService, 'name' | 'owns'>, ports: Ports, states: StreamStates) {
    this.#definition = definition;
    this.#ports = ports;
    this.#states = states;
  }

  /** How far this service's reactions are, as it is stored. */
  checkpoint(): Promise<bigint> {
    return this.#ports.log.checkpoint(this.#definition.name);
  }

  /** Goes on from the stored checkpoint, and returns it. */
  async takeOver(): Promise<bigint> {
    this.#stored = await this.checkpoint();
    this.#isInDoubt = false;
    this.#run = [];
    this.#states.clear();
    return this.#stored;
  }

  /** Records the outcome of an effect that ran in the background. */
  async recordOutcome(effect: Effect, intents: readonly Intent[]): Promise<void> {
    const ids = { correlationId: effect.key, causationId: effect.key };
    const cause = { ...ids, actor: `service:${this.#definition.name}`, ...traced(undefined) };
    for (let attempt = 0; attempt <= LIMITS.conflictRetriesMax; attempt += 1) {
      const isAgain = attempt > 0;
      const decision = await decideAll(intents, this.#states, this.#definition.owns, { isAgain });
      if (decision.rejection !== undefined) throw new AssertionError(refusal(decision.rejection));
      if (decision.eventCount === 0) return;
      const versions = [...decision.touched].map(([stream, { before }]) => `${stream}@${before}`).join();
      const result = await traceAppend(this.#definition.name, () =>
        this.#ports.log.append({
          appends: appendsOf(decision, (n) =>
            reactionEventId(`${effect.effect}:${effect.key}:${versions}`, this.#definition.name, n),
          ),
          cause,
          occurredAt: this.#ports.clock.now(),
        }),
      );
      if (result.status === 'appended') return commitStates(this.#definition.name, decision, this.#states);
      this.#states.doubt(decision.touched.keys());
      if (result.status === 'duplicate') return;
      countConflict({ service: this.#definition.name });
    }
    throw new AssertionError(`Expected to record ${effect.effect} within ${LIMITS.conflictRetriesMax} tries`);
  }

  /** Stores how far the reactions are although the last ones had nothing to append. */
  async storeCheckpoint(reacted: bigint): Promise<void> {
    if (reacted === this.#stored) return;
    const result = await this.#ports.log.append({
      appends: [],
      ...this.#ofItself(),
      checkpoint: { consumer: this.#definition.name, expected: this.#stored, position: reacted },
    });
    if (result.status === 'fenced') throw new Fenced(this.#definition.name, this.#stored, result.actual);
    this.#stored = reacted;
  }

  /** False when the run has changed a stream that these would decide on: it is to be written before. */
  isIndependent(intents: readonly Intent[]): boolean {
    return intents.every(({ stream }) =>
      this.#run.every(({ decision }) => (decision.touched.get(stream)?.events.length ?? 0) === 0),
    );
  }

  /** Decides what follows from an event on the streams as they are, and keeps it for the run. */
  async add(event: Envelope, intents: readonly Intent[]): Promise<void> {
    if (intents.length === 0) return;
    const decision = await this.#decide(intents);
    const before = this.#run.at(-1)?.event;
    const events = this.#run.reduce((sum, one) => sum + one.decision.eventCount, decision.eventCount);
    if (before !== undefined && events > LIMITS.eventsPerRunMax) await this.write(before);
    this.#run.push({ event, intents, decision });
  }

  async #decide(intents: readonly Intent[], isAgain = false): Promise<Decision> {
    const decision = await decideAll(intents, this.#states, this.#definition.owns, { isAgain });
    if (decision.rejection !== undefined) throw new AssertionError(refusal(decision.rejection));
    return decision;
  }

  /** Events of which the decisions wait for their append. */
  get waiting(): number {
    return this.#run.length;
  }

  /** Appends the run, with the checkpoint behind the last event that was reacted to. Throws `Fenced`. */
  async write(last: Envelope): Promise<void> {
    if (this.#isInDoubt) await this.#resolveDoubt();
    if (await this.#append(this.#run, last.position)) {
      this.#run = [];
      return;
    }
    // Others have appended to a stream of the run: whoever is in their way decides again by himself.
    for (let one = this.#run[0]; one !== undefined; one = this.#run[0]) {
      await this.#appendAlone(one);
      this.#run.shift();
    }
  }

  async #appendAlone({ event, intents }: Reacted): Promise<void> {
    for (let attempt = 0; attempt <= LIMITS.conflictRetriesMax; attempt += 1) {
      const decision = await this.#decide(intents, true);
      if (await this.#append([{ event, intents, decision }], event.position)) return;
    }
    throw new AssertionError(`Expected to append the reaction within ${LIMITS.conflictRetriesMax} tries`);
  }

  /** An append whose outcome is not known was one with its checkpoint: what that has passed is in the log. */
  async #resolveDoubt(): Promise<void> {
    const stored = await this.checkpoint();
    this.#isInDoubt = false;
    if (stored === this.#stored) return;
    this.#stored = stored;
    this.#run = this.#run.filter(({ event }) => event.position > stored);
    this.#states.clear();
  }

  /** False when a stream is not as it was when this was decided. */
  async #append(run: readonly Reacted[], position: bigint): Promise<boolean> {
    const isDue = position - this.#stored >= LIMITS.checkpointEvery;
    if (!isDue && run.every(({ decision }) => decision.eventCount === 0)) return true;
    const { name } = this.#definition;
    const result = await this.#send(run, position);
    switch (result.status) {
      case 'appended':
        for (const { decision } of run) commitStates(name, decision, this.#states);
        this.#stored = position;
        return true;
      case 'duplicate':
        this.#doubt(run);
        this.#stored = await this.checkpoint();
        return true;
      case 'fenced':
        throw new Fenced(name, this.#stored, result.actual);
      case 'conflict':
        countConflict({ service: name });
        this.#doubt(run);
        return false;
      case 'key-reused':
        throw new AssertionError('Expected no command key on a reaction');
    }
  }

  #doubt(run: readonly Reacted[]): void {
    for (const { decision } of run) this.#states.doubt(decision.touched.keys());
  }

  async #send(run: readonly Reacted[], position: bigint): Promise<AppendResult> {
    const { name } = this.#definition;
    const checkpoint = { consumer: name, expected: this.#stored, position };
    const [first] = run;
    if (first === undefined) return this.#ports.log.append({ appends: [], ...this.#ofItself(), checkpoint });
    const appends = run.flatMap(({ event, decision }) =>
      appendsOf(decision, (n) => reactionEventId(event.id, name, n)).map((append) =>
        event === first.event ? append : { ...append, because: becauseOf(event, name) },
      ),
    );
    try {
      return await traceReaction(name, first.event, () =>
        this.#ports.log.append({
          ...{ appends, checkpoint },
          ...becauseOf(first.event, name, traced(first.event.traceparent)),
        }),
      );
    } catch (error) {
      this.#isInDoubt ||= error instanceof OutcomeUnknown;
      throw error;
    }
  }

  #ofItself(): Because {
    const { name } = this.#definition;
    const cause = { correlationId: name, causationId: name, actor: `service:${name}` };
    return { cause, occurredAt: this.#ports.clock.now() };
  }
}

/** What a service decided at one event. */
type Reacted = Readonly<{ event: Envelope; intents: readonly Intent[]; decision: Decision }>;

const refusal = (rejection: Rejection): string => `refused with ${rejection.code}: ${rejection.message}`;

const becauseOf = (
  { id, correlationId, occurredAt, traceparent }: Envelope,
  service: string,
  trace = traceparent === undefined ? {} : { traceparent },
): Because => ({
  cause: { correlationId, causationId: id, actor: `service:${service}`, ...trace },
  occurredAt,
});
