import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a test may do to a broker of its own: signals, and a start after it has died. */
export type BrokerControl = Readonly<{
  signal: (node: number, signal: 'KILL' | 'STOP' | 'CONT') => Promise<void>;
  restart: (node: number) => Promise<void>;
}>;

const script = process.env['PLINTH_KAFKA_CONTROL'];
const ownDirectory = process.env['PLINTH_KAFKA_DIRECTORY'];

/** Why brokers cannot be killed; undefined when they can. */
export const controlMissing: string | undefined =
  script && ownDirectory
    ? undefined
    : 'PLINTH_KAFKA_CONTROL and PLINTH_KAFKA_DIRECTORY are not set: no broker was killed or frozen';

/** Through a program that is called as `kill DIRECTORY NODE SIGNAL` and `restart DIRECTORY NODE`. */
export const brokerControl = (directory = ownDirectory): BrokerControl => {
  if (!script || !directory) throw new Error(controlMissing);
  const signal: BrokerControl['signal'] = async (node, name) => {
    await run(script, ['kill', directory, String(node), name]);
  };
  const restart: BrokerControl['restart'] = async (node) => {
    // The broker outlives the program that starts it: nothing of ours may stay open in it.
    const child = spawn(script, ['restart', directory, String(node)], { stdio: 'ignore' });
    // It may give up waiting on a busy machine: whether the broker is back is seen by what comes through it.
    await once(child, 'exit');
  };
  return { signal, restart };
};
