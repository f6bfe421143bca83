import { OutcomeUnknown, Retryable, type EventLog } from '@plinth/eventing';
import { testAppend, testCommand, testRequest } from '@plinth/eventing/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcknowledgedFile, Acknowledgement } from './acknowledged.ts';

const PAUSE_MS = 20;
const ASKED_AT_ONCE = 256;

export type AppendLoad = Readonly<{
  /** Faults that callers have met, by the reason or the class. */
  met: ReadonlyMap<string, number>;
  acknowledged: () => number;
  /** Sends nothing new and waits until every command under way is answered. */
  stop: () => Promise<void>;
}>;

/** Callers that send one command after the other, each until it is answered, and note what they were told. */
export const startAppendLoad = (
  log: EventLog,
  file: AcknowledgedFile,
  callers: number,
  name = 'c',
): AppendLoad => {
  const met = new Map<string, number>();
  let [acknowledged, isOver] = [0, false];
  const answerOf = async (key: string): Promise<bigint> => {
    const request = testRequest([testAppend(`order-${key}`, 0)], { command: testCommand(key) });
    for (;;) {
      try {
        const result = await log.append(request);
        if (result.status === 'appended' || result.status === 'duplicate') return result.last;
        throw new Error(`Expected ${key} to be appended, was ${result.status}`);
      } catch (error) {
        if (!(error instanceof Retryable || error instanceof OutcomeUnknown)) throw error;
        const what = (error instanceof Retryable ? error.reason : undefined) ?? error.name;
        met.set(what, (met.get(what) ?? 0) + 1);
        await sleep(PAUSE_MS);
      }
    }
  };
  const call = async (caller: number): Promise<void> => {
    for (let n = 0; !isOver; n += 1) {
      const key = `${name}${caller}-${n}`;
      file.note({ key, position: String(await answerOf(key)) });
      acknowledged += 1;
    }
  };
  const running = Promise.all(Array.from({ length: callers }, (_, i) => call(i)));
  running.catch(() => undefined);
  const stop = async (): Promise<void> => {
    isOver = true;
    await running;
  };
  return { met, acknowledged: () => acknowledged, stop };
};

export type KeptFigures = Readonly<{
  acknowledged: number;
  lost: number;
  twice: number;
  otherAnswer: number;
}>;

/** What the log holds of all that was acknowledged, and what each command is answered when sent again. */
export const keptOf = async (log: EventLog, file: AcknowledgedFile): Promise<KeptFigures> => {
  const positions = new Map<string, bigint[]>();
  let last = 0n;
  for (;;) {
    const events = await log.read(last, 10_000);
    for (const { stream, position } of events) {
      if (position !== last + 1n) throw new Error(`Expected position ${last + 1n}, was ${position}`);
      last = position;
      positions.set(stream, [...(positions.get(stream) ?? []), position]);
    }
    if (events.length === 0) break;
  }
  const told = file.read();
  let [lost, otherAnswer] = [0, 0];
  const ask = async ({ key, position }: Acknowledgement): Promise<void> => {
    if (!positions.has(`order-${key}`)) lost += 1;
    const again = await log.append(
      testRequest([testAppend(`order-${key}`, 0)], { command: testCommand(key) }),
    );
    if (again.status !== 'duplicate' || String(again.last) !== position) otherAnswer += 1;
  };
  for (let i = 0; i < told.length; i += ASKED_AT_ONCE) {
    await Promise.all(told.slice(i, i + ASKED_AT_ONCE).map(ask));
  }
  const twice = told.filter(({ key }) => (positions.get(`order-${key}`)?.length ?? 0) > 1).length;
  return { acknowledged: told.length, lost, twice, otherAnswer };
};
