import type { Envelope } from '@plinth/eventing';
import { commandEventId, type PostgresLog } from '@plinth/runtime';
import { Auditor } from '@plinth/simulation';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Acknowledged } from './client-load.ts';
import type { Cluster, Part } from './cluster.ts';

const READ_MAX = 5_000;
/** The gateway's caller in these tests is an operator. */
const TENANT = 'operator';

export const eventsOf = async (log: PostgresLog): Promise<readonly Envelope[]> => {
  const events: Envelope[] = [];
  for (;;) {
    const batch = await log.read(BigInt(events.length), READ_MAX);
    events.push(...batch);
    if (batch.length === 0) return events;
  }
};

export type AcknowledgedFigures = Readonly<{
  acknowledged: number;
  accepted: number;
  lost: number;
  twice: number;
}>;

/** Every acknowledged command against the log: there, once, and where its sender was told. */
export const judgeAcknowledged = (
  acknowledged: readonly Acknowledged[],
  events: readonly Envelope[],
): AcknowledgedFigures => {
  const byId = new Map(events.map((event) => [event.id, event]));
  const effects = new Map<string, number>();
  for (const { type, data } of events) {
    if (type === 'DepositCredited') count(effects, `deposit ${data.accountId} ${data.depositId}`);
    if (type === 'OrderPlaced') count(effects, `order ${data.orderId}`);
  }
  let [accepted, lost, twice] = [0, 0, 0];
  for (const { requestId, command, answer } of acknowledged) {
    if (!('position' in answer)) continue;
    accepted += 1;
    const first = byId.get(commandEventId(TENANT, requestId, 0));
    if (first === undefined || first.position > BigInt(answer.position)) lost += 1;
    if (command.kind === 'deposit')
      twice += more(effects, `deposit ${command.accountId} ${command.depositId}`);
    if (command.kind === 'order') twice += more(effects, `order ${command.orderId}`);
  }
  return { acknowledged: acknowledged.length, accepted, lost, twice };
};

const count = (effects: Map<string, number>, key: string): void => {
  effects.set(key, (effects.get(key) ?? 0) + 1);
};
/** Effects beyond the one that there must be; a missing one counts too. */
const more = (effects: ReadonlyMap<string, number>, key: string): number =>
  Math.abs((effects.get(key) ?? 0) - 1);

export const judgeInvariants = (events: readonly Envelope[]) => {
  const auditor = new Auditor();
  for (const event of events) auditor.apply(event);
  const { invariants, breaches, found } = auditor.finish();
  return { invariants: invariants.length, breaches, first: found[0] };
};

export type VenueFigures = Readonly<{
  submitted: number;
  twice: number;
  unknown: number;
  bookedTwice: number;
}>;

/** What the venues' own journals say was sent to them, against the children that routing has decided. */
export const judgeVenues = (directory: string, events: readonly Envelope[]): VenueFigures => {
  const children = new Set<string>();
  const booked = new Map<string, number>();
  for (const { type, data } of events) {
    if (type === 'OrderRouted') for (const { childId } of data.children) children.add(childId);
    if (type === 'FillBooked') count(booked, `${data.venueId} ${data.fillId}`);
  }
  const submitted: string[] = [];
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.journal'))) {
    for (const line of readFileSync(join(directory, file), 'utf8').split('\n')) {
      const found = /"op":"submit".*"clientOrderId":"([^"]+)"/.exec(line);
      if (found?.[1] !== undefined) submitted.push(found[1]);
    }
  }
  return {
    submitted: submitted.length,
    twice: submitted.length - new Set(submitted).size,
    unknown: submitted.filter((id) => !children.has(id)).length,
    bookedTwice: [...booked.values()].filter((times) => times > 1).length,
  };
};

type StateLine = Readonly<{ position: string; service: string; view: string; hash: string }>;

/** What a process says of its views on SIGUSR2. */
export const statesOf = async (cluster: Cluster, part: Part): Promise<readonly StateLine[]> => {
  const said = (): readonly string[] => part.lines.filter((line) => line.includes('"msg":"state"'));
  const before = said().length;
  part.child.kill('SIGUSR2');
  const line = await cluster.until(`the state of ${part.name}`, async () => said()[before]);
  return (JSON.parse(line) as { states: readonly StateLine[] }).states;
};

/** Folds the log anew, by the command line, and compares it with what every replica holds. */
export const judgeStates = async (
  cluster: Cluster,
  parts: readonly Part[],
): Promise<Readonly<{ replicas: number; hashes: number; equal: number }>> => {
  const states = (await Promise.all(parts.map((part) => statesOf(cluster, part)))).flat();
  const file = join(cluster.directory, 'state-hashes.ndjson');
  writeFileSync(file, states.map((state) => `${JSON.stringify(state)}\n`).join(''));
  const told = await cluster.offline(
    ...[
      'replay',
      '--check',
      '--data',
      cluster.directory,
      '--database',
      cluster.databaseUrl,
      '--output',
      'json',
    ],
  );
  const rows = JSON.parse(told) as readonly Readonly<{ result: string }>[];
  const equal = rows.filter(({ result }) => result === 'equal').length;
  return { replicas: parts.length, hashes: states.length, equal };
};
