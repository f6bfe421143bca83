import { RemoteCell, type QueryAnswer } from '@plinth/runtime';
import { join } from 'node:path';
import { untilAnswered, type ClientCommand } from './client-load.ts';
import type { Part } from './cluster.ts';
import type { LoadedCluster } from './loaded-cluster.ts';

const ANSWER_MS = 60_000;
/** How long a position is waited for that does not come. */
const TOO_SOON_MS = 1_000;
const FAR = 1_000_000n;
const ACCOUNT = 'f0';

/** One process of a service, whatever stands in front of it. */
export const cellOf = ({ cluster }: LoadedCluster, { name, port }: Part): RemoteCell => {
  const place = cluster.certificates('gateway');
  const tls = {
    keyFile: join(place, 'tls.key'),
    certFile: join(place, 'tls.crt'),
    caFile: join(place, 'ca.crt'),
  };
  return new RemoteCell({ addresses: new Map([[name, `127.0.0.1:${port}`]]), tls });
};

const ask = (cell: RemoteCell, minPosition: bigint, afterPosition: bigint, ms: number) =>
  cell.query(
    'ListEntries',
    { accountId: ACCOUNT, afterPosition, toPosition: 0n, asset: '', pageSize: 10, read: { minPosition } },
    AbortSignal.timeout(ms),
  );

const shows = (answer: QueryAnswer, position: bigint): boolean => {
  if (answer.status !== 'answered' || answer.position < position) return false;
  const { entries } = answer.response as Readonly<{ entries: readonly Readonly<{ position: bigint }>[] }>;
  return entries.some((entry) => entry.position === position);
};

export type OwnWrites = Readonly<{
  standbys: number;
  asked: number;
  /** Answers without the write; answers of before a position that was yet to come. */
  missing: number;
  early: number;
  /** Questions about a position that did not come, and those among them that were answered all the same. */
  tooSoon: number;
  answeredTooSoon: number;
}>;

/** Writes so often, and asks every replica of accounts each time for what the position must show. */
export const readOwnWrites = async (on: LoadedCluster, times: number): Promise<OwnWrites> => {
  const replicas = on.cluster.running.filter(({ name }) => name === 'accounts');
  const cells = replicas.map((part) => cellOf(on, part));
  const standbys = replicas.filter((part) => !part.isLeading()).length;
  const figures = { asked: 0, missing: 0, early: 0, tooSoon: 0, answeredTooSoon: 0 };
  try {
    for (let n = 0; n < times; n += 1) {
      const command = { kind: 'deposit', accountId: ACCOUNT, depositId: `own-${n}`, amount: '1' } as const;
      const position = await written(on, command, `own.${n}`);
      for (const cell of cells) {
        figures.asked += 1;
        if (!shows(await ask(cell, position, position - 1n, ANSWER_MS), position)) figures.missing += 1;
      }
    }
    for (const cell of cells) {
      // The clients write on: it will come.
      const soon = (await on.log.head()).position + 10n;
      const answer = await ask(cell, soon, soon - 1n, ANSWER_MS);
      if (answer.status !== 'answered' || answer.position < soon) figures.early += 1;
      figures.tooSoon += 1;
      const late = await ask(cell, soon + FAR, soon, TOO_SOON_MS).catch(() => undefined);
      if (late !== undefined) figures.answeredTooSoon += 1;
    }
  } finally {
    for (const cell of cells) cell.close();
  }
  return { standbys, ...figures };
};

const written = async (on: LoadedCluster, command: ClientCommand, requestId: string): Promise<bigint> => {
  const answer = await untilAnswered(() => on.client, command, requestId);
  if ('position' in answer) return BigInt(answer.position);
  throw new Error(`Expected an acceptance, was ${answer.refused}`);
};
