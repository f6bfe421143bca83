import { OutcomeUnknown, Retryable } from '@plinth/eventing';
import type { AppendResult } from '@plinth/eventing';
import type pg from 'pg';
import { APPEND_PARAMETERS } from './append-function.ts';
import { appendResults, appendValues, workMs } from './append-batch.ts';
import type { PreparedAppend, VerdictRow } from './append-batch.ts';
import type { Pace } from './append-queue.ts';
import { connectClient, destroyClient, within } from './connection.ts';
import type { Client, ConnectionOptions } from './connection.ts';
import * as limits from './limits.ts';
import { appendFailure, READ_ONLY_STATE, readFailure, sqlStateOf } from './pg-errors.ts';
import { readOnlyFailure } from './storage-guard.ts';

const callOf = (schema: string): string => {
  const values = APPEND_PARAMETERS.map((parameter, i) => `$${i + 1}::${parameter.split(' ')[1] ?? ''}`);
  return `SELECT req, verdict, place, stream, answer FROM ${schema}.append(${values.join(', ')})`;
};

/** One connection that appends, one batch at a time; it connects again when it has to. */
export class AppendLane {
  readonly #connection: ConnectionOptions;
  readonly #text: string;
  readonly #epoch: number;
  readonly #pace: Pace;
  #client: Client | undefined;

  constructor(connection: ConnectionOptions, schema: string, epoch: number, pace: Pace) {
    this.#connection = connection;
    this.#text = callOf(schema);
    this.#epoch = epoch;
    this.#pace = pace;
  }

  async send(batch: readonly PreparedAppend[]): Promise<readonly (AppendResult | Error)[]> {
    const client = await this.#connect();
    const query: pg.QueryConfig = {
      name: 'append',
      text: this.#text,
      values: appendValues(this.#epoch, batch) as unknown[],
    };
    const start = performance.now();
    try {
      const { rows } = await within(client, limits.ANSWER_TIMEOUT_MS, () => client.query<VerdictRow>(query));
      this.#pace.sample(performance.now() - start - workMs(rows));
      return appendResults(batch, rows);
    } catch (error) {
      const failure = appendFailure(error);
      if (failure instanceof OutcomeUnknown) this.#drop(client);
      throw sqlStateOf(error) === READ_ONLY_STATE ? await readOnlyFailure(client, failure) : failure;
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await within(client, limits.CONNECT_TIMEOUT_MS, () => client.end());
  }

  /** Nothing was sent yet, so every failure here is one that may be tried again. */
  async #connect(): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    try {
      const client: Client = await connectClient(this.#connection, () => this.#drop(client));
      this.#client = client;
      return client;
    } catch (error) {
      const failure = readFailure(error);
      throw failure instanceof Retryable ? failure : new Error(failure.message, { cause: error });
    }
  }

  /** A connection that was lost once is never used again. */
  #drop(client: Client): void {
    if (this.#client === client) this.#client = undefined;
    destroyClient(client);
  }
}
