import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokerControl, type BrokerControl } from './broker-control.ts';

export type OwnBrokers = Readonly<{
  brokers: readonly string[];
  control: BrokerControl;
  close: () => Promise<void>;
}>;

const PORTS_FROM = 20_000;
const PORTS = 10_000;
/** Controllers of the brokers listen so many ports above them. */
const CONTROLLERS = 100;

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
};

/** The first of so many ports in a row that nobody uses, with those of the controllers. */
const freePorts = async (nodes: number): Promise<number> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const base = PORTS_FROM + Math.floor(Math.random() * PORTS);
    const ports = Array.from({ length: nodes }, (_, n) => [base + n, base + CONTROLLERS + n]).flat();
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
  throw new Error('Expected free ports for brokers');
};

/**
 * Several brokers in a directory of their own, gone afterwards, by the program of PLINTH_KAFKA_CONTROL; the
 * libraries of PLINTH_KAFKA_DIRECTORY are used again.
 */
export const startOwnBrokers = async (nodes: number): Promise<OwnBrokers> => {
  const script = process.env['PLINTH_KAFKA_CONTROL'] ?? '';
  const libraries = join(process.env['PLINTH_KAFKA_DIRECTORY'] ?? '', 'libs');
  const directory = await mkdtemp(join(tmpdir(), 'plinth-brokers-'));
  await access(libraries).then(
    () => symlink(libraries, join(directory, 'libs')),
    () => undefined,
  );
  const base = await freePorts(nodes);
  const run = async (...args: readonly string[]): Promise<number | null> => {
    // Brokers outlive the program that starts them: nothing of ours may stay open in them.
    const child = spawn(script, [...args], { stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  };
  const close = async (): Promise<void> => {
    await run('stop', directory);
    await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 });
  };
  if ((await run('start', directory, String(nodes), String(base))) !== 0) {
    await close();
    throw new Error(`Expected ${nodes} brokers of ${script}`);
  }
  const brokers = Array.from({ length: nodes }, (_, n) => `127.0.0.1:${base + n}`);
  return { brokers, control: brokerControl(directory), close };
};
