import { status as grpc } from '@grpc/grpc-js';
import { Retryable, type Envelope, type EventLog, type Transport } from '@plinth/eventing';
import type { gatewayMessages } from '@plinth/messages';
import { SnapshotKeeper, type SnapshotPart, type SnapshotPorts } from '@plinth/runtime';
import { GrpcError } from '@plinth/runtime/grpc';
import { Placements } from '../cells/placements.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../limits.ts';
import { MarginStates, type AccountMargin } from './margin-states.ts';

/** What a stream may have to tell, at its place in the log. */
export type FeedEntry = Readonly<{ position: bigint }> &
  (
    | Readonly<{ kind: 'margin'; margin: AccountMargin }>
    | Readonly<{ kind: 'fill'; fill: gatewayMessages.Fill }>
    | Readonly<{ kind: 'account'; accountId: string; clientId: string }>
    | Readonly<{ kind: 'key'; keyId: string }>
  );

export type FeedPorts = Readonly<{
  transport: Transport;
  log: Pick<EventLog, 'read' | 'head'>;
  /** A key was revoked or a client's state was set. */
  onKeysChanged: () => void;
  entriesMax?: number;
  /** Where the feed keeps what it knows; without it it reads the log from the first event. */
  snapshots?: SnapshotPorts;
}>;

export const fillOf = (event: Envelope<'FillBooked'>): gatewayMessages.Fill => {
  const { accountId, orderId, fillId, venueId, instrumentId, side, quantity, price, fee, feeAsset } =
    event.data;
  const ids = { accountId, orderId, fillId, venueId, instrumentId };
  return { ...ids, side, quantity, price, fee, feeAsset, bookedAtMs: event.occurredAt };
};

/**
 * Follows the log once for all streams of this gateway. It keeps a bounded tail of what streams tell, each
 * reader with a cursor of its own: a slow one costs nothing and is found out when the tail has gone past it.
 */
export class LogFeed {
  readonly #ports: FeedPorts;
  readonly #entriesMax: number;
  readonly #states = new MarginStates();
  /** Of the home cell; empty in any other. */
  readonly placements = new Placements();
  readonly #keeper: SnapshotKeeper | undefined;
  #entries: FeedEntry[] = [];
  /** Everything after this position that streams tell is in `#entries`. */
  #floor = 0n;
  #last = 0n;
  #waiting = new Set<() => void>();
  #failure: Error | undefined;

  constructor(ports: FeedPorts) {
    this.#ports = ports;
    this.#entriesMax = ports.entriesMax ?? LIMITS.feedEntriesMax;
    if (ports.snapshots !== undefined) {
      this.#keeper = new SnapshotKeeper(FEED_OWNER, partsOf(this.#states, this.placements), ports.snapshots);
    }
  }

  /** Position up to which the log is known here. */
  get last(): bigint {
    return this.#last;
  }

  get floor(): bigint {
    return this.#floor;
  }

  get states(): MarginStates {
    return this.#states;
  }

  /**
   * Follows the log until the signal aborts, and waits for one that is away. When it cannot be read any more,
   * every stream ends with the reason.
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#patiently(signal, () => this.#restore());
      await this.#patiently(signal, () => this.#follow(signal));
      if (this.#keeper?.isDue(this.#last, 'stopping') === true) await this.#keeper.keep(this.#last);
      await this.#keeper?.stored();
    } catch (error) {
      this.#failure = new GrpcError(
        grpc.UNAVAILABLE,
        'FEED_STOPPED',
        'this gateway cannot follow the log any more: resume at another one',
      );
      this.#wake();
      throw error;
    }
  }

  /** From where the feed stands: what it has taken is not taken again. */
  async #follow(signal: AbortSignal): Promise<void> {
    for await (const batch of this.#ports.transport.subscribe(this.#last, signal)) {
      for (const event of batch) this.#take(event);
      this.#trim();
      this.#wake();
      if (this.#keeper?.isDue(this.#last, 'running') === true) await this.#keeper.keep(this.#last);
    }
  }

  async #patiently(signal: AbortSignal, attempt: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof Retryable) || signal.aborted) throw error;
        await sleep(LIMITS.feedRetryMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
      }
    }
  }

  /** What was said before a snapshot is not told again: who resumes there reads the log itself. */
  async #restore(): Promise<void> {
    if (this.#keeper === undefined) return;
    this.#last = await this.#keeper.restore(await this.head(), () => {
      this.#states.reset();
      this.placements.reset();
    });
    this.#floor = this.#last;
  }

  /** Entries after a position; undefined when some of them are no longer kept. */
  after(position: bigint): readonly FeedEntry[] | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (position < this.#floor) return undefined;
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const isAfter = (this.#entries[middle] as FeedEntry).position > position;
      if (isAfter) high = middle;
      else low = middle + 1;
    }
    return this.#entries.slice(low);
  }

  /**
   * Resolves when there may be something after `position`, when the time is over, or when the signal aborts.
   */
  next(position: bigint, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#last > position || signal.aborted || this.#failure !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal.addEventListener('abort', done, { once: true });
      this.#waiting.add(done);
    });
  }

  /** Resolves when the feed has reached a position; rejects when the signal aborts before. */
  async reach(position: bigint, signal: AbortSignal): Promise<void> {
    while (this.#last < position) {
      signal.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
      await this.next(this.#last, LIMITS.heartbeatMs, signal);
    }
  }

  /**
   * As `after`, from the log itself: the entries of one batch of events, and the position that they go up to.
   */
  async read(position: bigint): Promise<Readonly<{ entries: readonly FeedEntry[]; last: bigint }>> {
    const events = await this.#ports.log.read(position, LIMITS.catchUpBatchMax);
    const entries = events.flatMap((event) =>
      event.type === 'FillBooked'
        ? [{ kind: 'fill' as const, position: event.position, fill: fillOf(event) }]
        : [],
    );
    return { entries, last: events.at(-1)?.position ?? position };
  }

  head(): Promise<bigint> {
    return this.#ports.log.head().then(({ position }) => position);
  }

  #take(event: Envelope): void {
    const { position } = event;
    this.placements.apply(event);
    const margin = this.#states.apply(event);
    if (margin !== undefined) this.#entries.push({ kind: 'margin', position, margin });
    switch (event.type) {
      case 'FillBooked':
        this.#entries.push({ kind: 'fill', position, fill: fillOf(event) });
        break;
      case 'AccountOpened': {
        const { accountId, clientId } = event.data;
        this.#entries.push({ kind: 'account', position, accountId, clientId });
        break;
      }
      case 'ApiKeyRevoked':
        this.#ports.onKeysChanged();
        this.#entries.push({ kind: 'key', position, keyId: event.data.keyId });
        break;
      case 'KycStateSet':
        this.#ports.onKeysChanged();
        break;
      default:
        break;
    }
    this.#last = position;
  }

  /** Drops the oldest entries, a quarter at a time. */
  #trim(): void {
    if (this.#entries.length <= this.#entriesMax) return;
    const dropped = this.#entries.splice(0, this.#entries.length - Math.ceil(this.#entriesMax * 0.75));
    this.#floor = dropped.at(-1)?.position ?? this.#floor;
    // One event has one entry of a kind, but entries of one position must not be parted.
    while (this.#entries[0]?.position === this.#floor) this.#entries.shift();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }
}

/** Under which name the feed's snapshots are kept. */
export const FEED_OWNER = 'gateway';

const partsOf = (states: MarginStates, placements: Placements): readonly SnapshotPart[] =>
  [states, placements].map((part) => ({
    ...{ name: part.name, revision: part.revision },
    dump: () => part.dump(),
    load: (state: never) => part.load(state),
  }));

/** What the feed folds, by itself: for those who check its snapshots. */
export const feedFold = (): Readonly<{
  parts: readonly SnapshotPart[];
  apply: (event: Envelope) => void;
}> => {
  const [states, placements] = [new MarginStates(), new Placements()];
  const apply = (event: Envelope): void => {
    states.apply(event);
    placements.apply(event);
  };
  return { parts: partsOf(states, placements), apply };
};
