import { GatewayError } from '@plinth/gateway';
import { once } from 'node:events';
import { isPassing, send, untilAnswered, type ClientCommand } from './client-load.ts';
import type { Part } from './cluster.ts';
import type { LoadedCluster } from './loaded-cluster.ts';

/** Calls under way when a process is asked to stop. */
const CALLS = 60;

export type StopFigures = Readonly<{
  /** Exit code; a signal's name when it had to be killed. */
  ended: number | string;
  /** How long it took to stop, milliseconds. */
  tookMs: number;
  /** Calls that had no answer yet when the process was asked to stop. */
  underway: number;
  answered: number;
  toldToRetry: number;
  /** Refused, or answered otherwise when they were sent again. */
  otherwise: readonly string[];
}>;

/**
 * Asks a process to stop while calls are under way, starts another one in its place, and sends every call
 * again under its id: the answer that was given stands, and the others get one.
 */
export const stopUnderway = async (
  { client, cluster }: LoadedCluster,
  part: Part,
  command: (n: number) => ClientCommand,
): Promise<StopFigures> => {
  const first = new Map<number, string>();
  const requestId = (n: number): string => `stop.${part.name}.${part.port}.${n}`;
  const calls = Array.from({ length: CALLS }, async (_, n) => {
    try {
      const { response } = await send(client, command(n), requestId(n));
      first.set(n, response.position.toString());
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      first.set(n, isPassing(error) ? 'retry' : `${error.reason}: ${error.message}`);
    }
  });
  await Promise.race(calls);
  const underway = CALLS - first.size;
  part.child.kill('SIGTERM');
  const askedMs = performance.now();
  let tookMs = 0;
  const gone = exitOf(part).finally(() => (tookMs = Math.round(performance.now() - askedMs)));
  const [ended] = await Promise.all([gone, Promise.all(calls)]);
  await cluster.startAgain(part);
  const otherwise = [...first.values()].filter((told) => told !== 'retry' && !/^\d+$/.test(told));
  const askAgain = async ([n, told]: readonly [number, string]): Promise<void> => {
    const again = await untilAnswered(() => cluster.client, command(n), requestId(n));
    if (!('position' in again)) otherwise.push(again.refused);
    else if (/^\d+$/.test(told) && again.position !== told) otherwise.push(`${told}, then ${again.position}`);
  };
  await Promise.all([...first].map(askAgain));
  const toldToRetry = [...first.values()].filter((told) => told === 'retry').length;
  return { ended, tookMs, underway, answered: CALLS - toldToRetry, toldToRetry, otherwise };
};

const exitOf = async ({ child }: Part): Promise<number | string> => {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return code ?? signal ?? 'unknown';
};
