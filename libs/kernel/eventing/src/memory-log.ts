import { assert, toSafeInteger } from '@plinth/money';
import { assertAppendRequest, assertPayload, assertRead } from './append-rules.ts';
import type { Envelope, EventId, StreamId } from './envelope.ts';
import type { EventCodec } from './event-codec.ts';
import { catalogueCodec } from './event-codec.ts';
import type { AppendRequest, AppendResult, EventLog, LogHead, StoredCommand } from './event-log.ts';
import type { StoredEvent, StoredLog } from './stored-event.ts';
import { toEnvelope } from './stored-event.ts';

type Unplaced = Omit<StoredEvent, 'position'>;

export type MemoryLogOptions = Readonly<{ codec?: EventCodec; epoch?: number }>;

/**
 * The log of simulations and unit tests: the same judgements in the same order as the log on PostgreSQL, held
 * to it by the contract suite. It keeps payloads as bytes, so that nobody can change history through a shared
 * object.
 */
export class MemoryLog implements EventLog, StoredLog {
  readonly #codec: EventCodec;
  readonly #epoch: number;
  readonly #events: StoredEvent[] = [];
  /** Positions of a stream's events, at version - 1. */
  readonly #streams = new Map<StreamId, bigint[]>();
  readonly #ids = new Map<EventId, bigint>();
  readonly #commands = new Map<string, StoredCommand>();
  readonly #checkpoints = new Map<string, bigint>();
  readonly #listeners = new Set<() => void>();

  constructor({ codec = catalogueCodec, epoch = 1 }: MemoryLogOptions = {}) {
    this.#codec = codec;
    this.#epoch = epoch;
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    assertAppendRequest(request);
    const events = this.#encode(request);
    const refusal = this.#judge(request);
    if (refusal !== undefined) return refusal;
    const first = BigInt(this.#events.length) + 1n;
    this.#write(events);
    const last = BigInt(this.#events.length);
    const { command, checkpoint } = request;
    if (command !== undefined) {
      const { tenant, key, bodyHash, answer } = command;
      this.#commands.set(commandId(tenant, key), {
        bodyHash: bodyHash.slice(),
        answer: answer.slice(),
        last,
      });
    }
    if (checkpoint !== undefined) this.#checkpoints.set(checkpoint.consumer, checkpoint.position);
    if (last >= first) for (const listener of this.#listeners) listener();
    return { status: 'appended', first, last };
  }

  async read(after: bigint, limit: number): Promise<readonly Envelope[]> {
    return (await this.readStored(after, limit)).map((stored) => toEnvelope(stored, this.#codec));
  }

  async readStored(after: bigint, limit: number): Promise<readonly StoredEvent[]> {
    assertRead(after, limit);
    const from = after < BigInt(this.#events.length) ? toSafeInteger(after) : this.#events.length;
    return this.#events.slice(from, from + limit);
  }

  async readStream(stream: StreamId, after: number, limit: number): Promise<readonly Envelope[]> {
    assertRead(after, limit);
    const positions = (this.#streams.get(stream) ?? []).slice(after, after + limit);
    return positions.map((position) => toEnvelope(this.#at(position), this.#codec));
  }

  async readStreams(after: ReadonlyMap<StreamId, number>, limit: number): Promise<readonly Envelope[]> {
    const parts = await Promise.all(
      [...after].map(([stream, version]) => this.readStream(stream, version, limit)),
    );
    return parts.flat();
  }

  async head(): Promise<LogHead> {
    return { position: BigInt(this.#events.length), epoch: this.#epoch };
  }

  async checkpoint(consumer: string): Promise<bigint> {
    return this.#checkpoints.get(consumer) ?? 0n;
  }

  async command(tenant: string, key: string): Promise<StoredCommand | undefined> {
    return this.#commands.get(commandId(tenant, key));
  }

  onAppend(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** In the order that both logs keep: command key, event ids, checkpoint, versions. */
  #judge({ appends, command, checkpoint }: AppendRequest): AppendResult | undefined {
    if (command !== undefined) {
      const stored = this.#commands.get(commandId(command.tenant, command.key));
      if (stored !== undefined) {
        if (!sameBytes(stored.bodyHash, command.bodyHash)) return { status: 'key-reused' };
        return { status: 'duplicate', last: stored.last, answer: stored.answer };
      }
    }
    const ids = appends.flatMap(({ events }) => events.map(({ id }) => id));
    const known = ids.flatMap((id) => this.#ids.get(id) ?? []);
    if (ids.length > 0 && known.length === ids.length) {
      return { status: 'duplicate', last: known.reduce((a, b) => (a > b ? a : b)) };
    }
    if (checkpoint !== undefined) {
      const actual = this.#checkpoints.get(checkpoint.consumer) ?? 0n;
      if (actual !== checkpoint.expected) return { status: 'fenced', actual };
    }
    assert(known.length === 0, () => `Expected new event ids, was already appended at position ${known[0]}`);
    for (const { stream, expectedVersion: expected } of appends) {
      const actual = this.#streams.get(stream)?.length ?? 0;
      if (actual !== expected) return { status: 'conflict', stream, expected, actual };
    }
    return undefined;
  }

  /** Encodes before anything is judged or written: a payload that cannot be stored changes nothing. */
  #encode(request: AppendRequest): readonly Unplaced[] {
    return request.appends.flatMap(({ stream, expectedVersion, events, because = request }) =>
      events.map(({ id, type, data }, i) => {
        const { schema, bytes } = this.#codec.encode(type, data);
        assertPayload(type, bytes);
        const version = expectedVersion + i + 1;
        const { cause, occurredAt } = because;
        return { stream, version, id, type, schema, bytes: bytes.slice(), occurredAt, ...cause };
      }),
    );
  }

  #write(events: readonly Unplaced[]): void {
    for (const event of events) {
      const position = BigInt(this.#events.length) + 1n;
      const positions = this.#streams.get(event.stream) ?? [];
      positions.push(position);
      this.#streams.set(event.stream, positions);
      this.#ids.set(event.id, position);
      this.#events.push({ position, ...event });
    }
  }

  #at(position: bigint): StoredEvent {
    const stored = this.#events[toSafeInteger(position - 1n)];
    assert(stored !== undefined, () => `Expected an event at position ${position}, was none`);
    return stored;
  }
}

/** Lengths first, so that no tenant and key can be read as another tenant and key. */
const commandId = (tenant: string, key: string): string => `${tenant.length}:${tenant}${key}`;

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
