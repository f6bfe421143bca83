import { Backbone, brokerControl } from '@plinth/runtime/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { draws } from './client-load.ts';
import type { LoadedCluster } from './loaded-cluster.ts';
import { cellOf } from './own-writes.ts';

const WAIT_MS = 180_000;
/** Records at the end of the topic that are delivered five times, and how often the whole of them. */
const LAST = 400;
const TIMES = 5;

export const backboneOf = ({ brokers, cluster }: LoadedCluster): Backbone => {
  if (brokers === undefined) throw new Error('Expected PLINTH_KAFKA_BROKERS');
  return new Backbone(brokers.split(','), cluster.topicPrefix);
};

/** Until the topic ends where the log does, or later: nothing waits for the relay any more. */
const relayed = async (on: LoadedCluster, backbone: Backbone): Promise<bigint> => {
  const { position } = await on.log.head();
  await on.cluster.until(
    'the topic to reach the head of the log',
    async () => (await backbone.position()) >= position || undefined,
    WAIT_MS,
  );
  return position;
};

export type OutageFigures = Readonly<{
  /** Answers while no broker was there, and how far the topic was behind the log in the end of it. */
  answered: number;
  lag: string;
  lost: number;
}>;

/** The broker is killed; the clients trade on for so long and for so many answers; it comes back. */
export const withoutBroker = async (
  on: LoadedCluster,
  outageMs: number,
  answers: number,
): Promise<OutageFigures> => {
  const [backbone, control] = [backboneOf(on), brokerControl()];
  await relayed(on, backbone);
  const published = await backbone.position();
  const before = on.load.acknowledged;
  await control.signal(1, 'KILL');
  try {
    await on.progress(answers);
    await sleep(outageMs);
  } finally {
    await control.restart(1);
  }
  const [answered, { position }] = [on.load.acknowledged - before, await on.log.head()];
  const head = await relayed(on, backbone);
  const lost = await backbone.missing(head);
  return { answered, lag: String(position - published), lost };
};

export type ReplayFigures = Readonly<{ delivered: number; answered: number; lost: number }>;

/**
 * The last records of the topic once more, each five times and in disorder, then all of them in order; and a
 * relay that finds them when it takes over.
 */
export const replayed = async (on: LoadedCluster, answers: number): Promise<ReplayFigures> => {
  const backbone = backboneOf(on);
  const before = on.load.acknowledged;
  const records = await backbone.last(LAST);
  const draw = draws(3);
  const five = records.flatMap((record) =>
    Array.from({ length: TIMES }, () => ({ record, at: draw(1_000) })),
  );
  const shuffled = five.sort((a, b) => a.at - b.at).map(({ record }) => record);
  await backbone.deliver(shuffled);
  await backbone.deliver(records);
  await on.cluster.replace(await on.leaderOf('relay'));
  await on.progress(answers);
  const head = await relayed(on, backbone);
  const lost = await backbone.missing(head);
  return { delivered: shuffled.length + records.length, answered: on.load.acknowledged - before, lost };
};

export type ForgedFigures = Readonly<{
  position: string;
  /** Replicas that stand, say HISTORY_FORKED with the position, run on, and answer from before it. */
  standing: number;
  naming: number;
  answering: number;
}>;

/** A record of another history: every replica stands before it and still answers questions. */
export const forged = async (on: LoadedCluster): Promise<ForgedFigures> => {
  const backbone = backboneOf(on);
  const { replicas, cluster } = on;
  const position = await backbone.forge((await on.log.head()).position);
  const said = (line: string): boolean => line.includes('"msg":"stopped at this position"');
  await cluster.until(
    'every replica to stand',
    async () => replicas.every(({ lines }) => lines.some(said)) || undefined,
    WAIT_MS,
  );
  // Whoever would end because of it has ended by now.
  await sleep(1_000);
  const naming = replicas.filter(({ lines }) =>
    lines.some((line) => said(line) && new RegExp(`HISTORY_FORKED.* position ${position}\\b`).test(line)),
  );
  const accounts = replicas.filter(({ name }) => name === 'accounts');
  let answering = 0;
  for (const part of accounts) {
    const cell = cellOf(on, part);
    const request = { accountId: 'f0', read: undefined };
    const answer = await cell.query('GetAccount', request, AbortSignal.timeout(WAIT_MS));
    if (answer.status === 'answered' && answer.position < position) answering += 1;
    cell.close();
  }
  return {
    position: position.toString(),
    standing: replicas.filter((part) => part.isRunning()).length,
    naming: naming.length,
    answering,
  };
};
