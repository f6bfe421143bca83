import {
  MemoryLog,
  OutcomeUnknown,
  Retryable,
  type AppendRequest,
  type AppendResult,
  type Envelope,
  type LogHead,
  type StoredCommand,
} from '@plinth/eventing';

/**
 * What happens to one call of the log. `away`: it never comes there. `lost`: an append is done, its answer
 * does not come back.
 */
export type LogFault = 'none' | 'away' | 'lost';

/** A log that is reached over a bad wire: what it holds is kept by another one. */
export class FaultyLog extends MemoryLog {
  readonly #log: MemoryLog;
  readonly #choose: () => LogFault;
  /** Faults that have been done. */
  readonly done = { away: 0, lost: 0 };

  constructor(log: MemoryLog, choose: () => LogFault) {
    super();
    this.#log = log;
    this.#choose = choose;
  }

  override async append(request: AppendRequest): Promise<AppendResult> {
    const fault = this.#pass();
    const result = await this.#log.append(request);
    if (fault !== 'lost') return result;
    this.done.lost += 1;
    throw new OutcomeUnknown('the answer was lost');
  }

  override async read(after: bigint, limit: number): Promise<readonly Envelope[]> {
    this.#pass();
    return this.#log.read(after, limit);
  }

  override async readStream(stream: string, after: number, limit: number): Promise<readonly Envelope[]> {
    this.#pass();
    return this.#log.readStream(stream, after, limit);
  }

  override async readStreams(
    after: ReadonlyMap<string, number>,
    limit: number,
  ): Promise<readonly Envelope[]> {
    this.#pass();
    return this.#log.readStreams(after, limit);
  }

  override async head(): Promise<LogHead> {
    this.#pass();
    return this.#log.head();
  }

  override async checkpoint(consumer: string): Promise<bigint> {
    this.#pass();
    return this.#log.checkpoint(consumer);
  }

  override async command(tenant: string, key: string): Promise<StoredCommand | undefined> {
    this.#pass();
    return this.#log.command(tenant, key);
  }

  override onAppend(listener: () => void): () => void {
    return this.#log.onAppend(listener);
  }

  #pass(): LogFault {
    const fault = this.#choose();
    if (fault !== 'away') return fault;
    this.done.away += 1;
    throw new Retryable('the log is away');
  }
}
