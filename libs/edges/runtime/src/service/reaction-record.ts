import {
  OutcomeUnknown,
  type AnyService,
  type AppendResult,
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
 * What a service's reactions decide, on its way into the log: the events and the checkpoint are one append,
 * so that of two leaders for a moment one wins and the other is fenced.
 */
export class ReactionRecord {
  readonly #definition: Pick<AnyService, 'name' | 'owns'>;
  readonly #ports: Ports;
  readonly #states: StreamStates;
  /** The checkpoint as it is stored. */
  #stored = 0n;
  /** An append of a reaction whose outcome nobody knows: the checkpoint tells. */
  #isInDoubt = false;

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
    this.#states.clear();
    return this.#stored;
  }

  /** Records the outcome of an effect that ran in the background. */
  async recordOutcome(effect: Effect, intents: readonly Intent[]): Promise<void> {
    const ids = { correlationId: effect.key, causationId: effect.key };
    const cause = { ...ids, actor: `service:${this.#definition.name}`, ...traced(undefined) };
    for (let attempt = 0; attempt <= LIMITS.conflictRetriesMax; attempt += 1) {
      const decision = await decideAll(intents, this.#states, this.#definition.owns);
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
      cause: {
        correlationId: this.#definition.name,
        causationId: this.#definition.name,
        actor: `service:${this.#definition.name}`,
      },
      occurredAt: this.#ports.clock.now(),
      checkpoint: { consumer: this.#definition.name, expected: this.#stored, position: reacted },
    });
    if (result.status === 'fenced') throw new Fenced(this.#definition.name, this.#stored, result.actual);
    this.#stored = reacted;
  }

  async #appendReaction(event: Envelope, decision: Decision): Promise<AppendResult> {
    try {
      return await traceReaction(this.#definition.name, event, () =>
        this.#ports.log.append({
          appends: appendsOf(decision, (n) => reactionEventId(event.id, this.#definition.name, n)),
          cause: causeOf(event, this.#definition.name),
          occurredAt: event.occurredAt,
          checkpoint: { consumer: this.#definition.name, expected: this.#stored, position: event.position },
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
    this.#states.clear();
    return true;
  }

  /** Appends what was decided at an event, with the checkpoint behind it. Throws `Fenced`. */
  async record(event: Envelope, intents: readonly Intent[]): Promise<void> {
    if (this.#isInDoubt && (await this.#wasRecorded(event))) return;
    if (intents.length === 0 && event.position - this.#stored < LIMITS.checkpointEvery) return;
    for (let attempt = 0; attempt <= LIMITS.conflictRetriesMax; attempt += 1) {
      const decision = await decideAll(intents, this.#states, this.#definition.owns);
      if (decision.rejection !== undefined) throw new AssertionError(refusal(decision.rejection));
      const due = event.position - this.#stored >= LIMITS.checkpointEvery;
      if (decision.eventCount === 0 && !due) return;
      const result = await this.#appendReaction(event, decision);
      switch (result.status) {
        case 'appended':
          commitStates(this.#definition.name, decision, this.#states);
          this.#stored = event.position;
          return;
        case 'duplicate':
          this.#states.doubt(decision.touched.keys());
          this.#stored = await this.#ports.log.checkpoint(this.#definition.name);
          return;
        case 'fenced':
          throw new Fenced(this.#definition.name, this.#stored, result.actual);
        case 'conflict':
          countConflict({ service: this.#definition.name });
          this.#states.doubt(decision.touched.keys());
          continue;
        case 'key-reused':
          throw new AssertionError('Expected no command key on a reaction');
      }
    }
    throw new AssertionError(`Expected to append the reaction within ${LIMITS.conflictRetriesMax} tries`);
  }
}

const refusal = (rejection: Rejection): string => `refused with ${rejection.code}: ${rejection.message}`;

const causeOf = (event: Envelope, service: string) => ({
  correlationId: event.correlationId,
  causationId: event.id,
  actor: `service:${service}`,
  ...traced(event.traceparent),
});
