import type { GatewayClient } from '@plinth/gateway';
import { openPostgresLog, type PostgresLog } from '@plinth/runtime';
import { Backbone } from '@plinth/runtime/testing';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientLoad, draws, untilAnswered } from './client-load.ts';
import { Clocks } from './clocks.ts';
import { Cluster, SERVICES, type Part } from './cluster.ts';
import {
  eventsOf,
  judgeAcknowledged,
  judgeInvariants,
  judgeStates,
  judgeVenues,
  type AcknowledgedFigures,
} from './judge-cluster.ts';

const ACCOUNTS = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7'] as const;
/** A machine that does many other things at once takes its time. */
const WAIT_MAX_MS = 300_000;
/** Answered commands that are sent again in the end. */
const SENT_AGAIN = 100;

/** Figures of one fault, as one line where a reader of the run finds them. */
export const tell = (what: string, figures: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
};

/**
 * Every process of a cluster, two replicas of each service, behind clients who send one command after the
 * other until they are told to stop; and the judgement of what is left in the end.
 */
export class LoadedCluster {
  readonly clocks = new Clocks();
  readonly cluster = new Cluster({
    environment: { ...this.clocks.environment, PLINTH_SNAPSHOT_EVERY: '500' },
  });
  readonly brokers: string | undefined;
  #log: PostgresLog | undefined;
  #load: ClientLoad | undefined;
  #isOver = false;

  constructor(brokers: string | undefined) {
    this.brokers = brokers;
  }

  get client(): GatewayClient {
    return this.cluster.client;
  }

  get log(): PostgresLog {
    if (this.#log === undefined) throw new Error('Expected a started cluster');
    return this.#log;
  }

  get load(): ClientLoad {
    if (this.#load === undefined) throw new Error('Expected a started cluster');
    return this.#load;
  }

  async start(): Promise<void> {
    const { cluster } = this;
    await cluster.start(this.brokers, { replicas: 2 });
    if (this.brokers !== undefined) cluster.run('relay', await cluster.freePort());
    await this.allUp();
    this.#log = await openPostgresLog({ url: cluster.databaseUrl });
    await cluster.until('live marks', () => this.#isPriced(), WAIT_MAX_MS);
    await this.#openAccounts();
    const path = join(cluster.directory, 'acknowledged');
    this.#load = new ClientLoad(() => this.#clientOfLoad(), ACCOUNTS, path);
    this.#load.start('a');
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    const { topicPrefix } = this.cluster;
    await this.#log?.close();
    await this.cluster.stop();
    await this.#load?.stop().catch(() => undefined);
    this.#load?.close();
    this.clocks.close();
    if (this.brokers !== undefined) await new Backbone(this.brokers.split(','), topicPrefix).remove();
  }

  /** Nobody who is not answered holds up the end. */
  #clientOfLoad(): GatewayClient {
    if (this.#isOver) throw new Error('Expected a cluster that runs');
    return this.client;
  }

  async #isPriced(): Promise<true | undefined> {
    const { response } = await this.client.call('Trading', 'ListMarks', {
      ...{ state: '', pageSize: 500, pageToken: '', read: undefined },
    });
    const isLive = response.marks.some((mark) => mark.instrumentId === 'BTC-PERP' && mark.state === 'live');
    return isLive || undefined;
  }

  async #openAccounts(): Promise<void> {
    const desk = { clientId: 'desk' };
    await this.client.call('Operations', 'OpenClient', { ...desk, name: 'Desk', jurisdiction: 'CH' });
    await this.client.call('Operations', 'SetKycState', { ...desk, state: 'approved', reason: 'known' });
    for (const accountId of ACCOUNTS) {
      await this.client.call('Operations', 'OpenAccount', { ...desk, accountId, name: accountId });
      await this.client.call('Operations', 'CreditDeposit', {
        ...{ accountId, subAccountId: '', depositId: 'first', asset: 'USD', amount: '100000' },
        location: 'vault:bank',
      });
    }
  }

  /** Until the clients have had so many more answers. */
  async progress(count: number): Promise<void> {
    const from = this.load.acknowledged;
    await this.cluster.until(
      `${count} more answers`,
      async () => this.load.acknowledged >= from + count || undefined,
      WAIT_MAX_MS,
    );
  }

  async allUp(): Promise<void> {
    await this.cluster.until(
      'every process up',
      async () => this.cluster.running.every((part) => part.isUp()) || undefined,
      WAIT_MAX_MS,
    );
  }

  /**
   * Until orders can go to every venue: one that calls of a frozen or killed process left without an answer
   * is taken down for a moment.
   */
  async venuesUp(): Promise<void> {
    await this.cluster.until(
      'every venue up',
      async () => {
        const { response } = await this.client.call('Trading', 'ListVenues', { read: undefined });
        return response.venues.every(({ state }) => state === 'up') || undefined;
      },
      WAIT_MAX_MS,
    );
  }

  /** Venues that were taken down since a position. */
  async takenDown(since: bigint): Promise<readonly string[]> {
    const down: string[] = [];
    for (const event of await eventsOf(this.log))
      if (event.position > since && event.type === 'VenueStateSet' && event.data.state === 'down')
        down.push(`${event.data.venueId}: ${event.data.reason}`);
    return down;
  }

  leaderOf(name: string): Promise<Part> {
    return this.cluster.until(
      `a leader of ${name}`,
      async () => this.cluster.running.find((part) => part.name === name && part.isLeading()),
      WAIT_MAX_MS,
    );
  }

  /** Replicas of services: not the gateway, the relay and the exchange. */
  get replicas(): readonly Part[] {
    return this.cluster.running.filter(({ name }) => (SERVICES as readonly string[]).includes(name));
  }

  /** Ends the load; then until the venues have filled its last order. */
  async settle(): Promise<void> {
    let isStopped = false;
    const stopping = this.load.stop().finally(() => (isStopped = true));
    stopping.catch(() => undefined);
    await this.cluster.until('every command to be answered', async () => isStopped || undefined, WAIT_MAX_MS);
    await stopping;
    await this.cluster.until('the last order to be done', async () => {
      const { position: minPosition } = await this.log.head();
      await sleep(1_000);
      const orders = this.load
        .read()
        .flatMap(({ command, answer }) =>
          command.kind === 'order' && 'position' in answer ? [command.orderId] : [],
        );
      const { response } = await this.client.call('Trading', 'GetOrder', {
        ...{ orderId: orders.at(-1) ?? '', read: { minPosition } },
      });
      return response.status === 'closed' || undefined;
    });
  }

  /** What clients were told against the log, the venues and every replica. */
  async judge(): Promise<Judgement> {
    const { cluster } = this;
    const told = this.load.read();
    const events = await eventsOf(this.log);
    const draw = draws(9);
    const sample = told.filter(() => draw(told.length) < SENT_AGAIN);
    let otherAnswers = 0;
    for (const { requestId, command, answer } of sample) {
      const again = await untilAnswered(() => this.client, command, requestId);
      if (JSON.stringify(again) !== JSON.stringify(answer)) otherAnswers += 1;
    }
    return {
      events: events.length,
      acknowledged: judgeAcknowledged(told, events),
      ...{ sentAgain: sample.length, otherAnswers },
      venues: judgeVenues(join(cluster.directory, 'market'), events),
      invariants: judgeInvariants(events),
      states: await judgeStates(cluster, this.replicas),
      met: Object.fromEntries(this.load.met),
    };
  }
}

export type Judgement = Readonly<{
  events: number;
  acknowledged: AcknowledgedFigures;
  sentAgain: number;
  otherAnswers: number;
  venues: ReturnType<typeof judgeVenues>;
  invariants: ReturnType<typeof judgeInvariants>;
  states: Awaited<ReturnType<typeof judgeStates>>;
  met: Readonly<Record<string, number>>;
}>;
