import { memoryJournal, SimulatedVenue } from '@plinth/connectors';
import { MemoryLog, type LeaderLock } from '@plinth/eventing';
import { assert } from '@plinth/money';
import { makeLogger, RemoteCell, TailTransport } from '@plinth/runtime';
import { startService, type StartedService } from '@plinth/runtime/nest';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { brokerServices, CELL } from '../broker/services.ts';
import { furnish, LISTINGS } from './small-cell.ts';

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

/** Of a replica that leads for as long as it lives. */
export const HELD: LeaderLock = {
  isHeld: true,
  acquire: async () => undefined,
  release: async () => undefined,
};

/** Every service of a broker as its process serves it, over one log in memory, at its own pace. */
export type ServedCell = Readonly<{
  log: MemoryLog;
  services: ReadonlyMap<string, StartedService>;
  ports: ReadonlyMap<string, number>;
  /** What ended a service by itself. */
  failures: readonly unknown[];
  /** What a controller met and did not expect. */
  bugs: readonly unknown[];
  stop: () => Promise<void>;
}>;

export const openServedCell = async (): Promise<ServedCell> => {
  const log = new MemoryLog();
  const clock = { now: () => Date.now() };
  const terms = { venueId: 'alpha', makerFeePpm: 0, takerFeePpm: 0, listings: LISTINGS };
  const venue = new SimulatedVenue({ ...terms, journal: memoryJournal(), now: clock.now });
  const [services, ports] = [new Map<string, StartedService>(), new Map<string, number>()];
  const [failures, bugs]: [unknown[], unknown[]] = [[], []];
  const logger = makeLogger('spec', 'silent');
  logger.error = (line: unknown) => void bugs.push(line);
  for (const definition of brokerServices({
    cell: CELL,
    adapters: new Map([['alpha', venue]]),
    minRoundMs: 0,
  })) {
    const port = await freePort();
    const parts = { definition, log, clock, logger, lock: HELD, transport: new TailTransport(log) };
    const service = await startService({ ...parts, host: '127.0.0.1', port });
    service.failed.catch((error: unknown) => failures.push(error));
    services.set(definition.name, service);
    ports.set(definition.name, port);
  }
  const cell = new RemoteCell({
    addresses: new Map([...ports].map(([name, port]) => [name, `127.0.0.1:${port}`])),
  });
  const hosts = [...services.values()].map(({ host }) => host);
  let sent = 0;
  const send = async (command: string, request: unknown): Promise<void> => {
    const sender = { tenant: 'operator', actor: 'operator:spec', requestId: `open-${(sent += 1)}` };
    const answer = await cell.command(command, request, sender);
    assert(answer.status === 'accepted', () => `Expected ${command} to be taken: ${JSON.stringify(answer)}`);
    const signal = AbortSignal.timeout(10_000);
    await Promise.all(hosts.map((host) => host.waitFor(answer.position, signal)));
  };
  for (const clientId of ['alpha', 'beta']) {
    await send('OpenClient', { clientId, name: clientId, jurisdiction: 'CH' });
    await send('SetKycState', { clientId, state: 'approved', reason: '' });
  }
  await furnish({ send, venue }, clock.now());
  cell.close();
  return {
    ...{ log, services, ports, failures, bugs },
    stop: async () => {
      for (const service of services.values()) await service.stop();
      venue.close();
    },
  };
};
