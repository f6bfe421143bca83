import { memoryJournal, SimulatedVenue, type SimulatedListing } from '@plinth/connectors';
import { MemoryLog } from '@plinth/eventing';
import {
  GatewayServer,
  SecretSeal,
  type Algorithm,
  type GatewayConfig,
  type GatewayPorts,
} from '@plinth/gateway';
import { GatewayClient, makeKey, verifierOf, type ClientKey } from '@plinth/gateway/client';
import { assert } from '@plinth/money';
import { takeReports, type RoutingViews } from '@plinth/routing';
import { InProcessCell, Lockstep, ServiceHost, TailTransport } from '@plinth/runtime';
import { brokerServices, CELL } from '../broker/services.ts';

const SEALING_KEY = Buffer.alloc(32, 7);
const SCOPES = ['read', 'trade', 'transfer', 'withdraw'];

/** A whole broker in this process behind its gateway, with one simulated venue and a clock that is moved. */
export type GatewayWorld = Readonly<{
  log: MemoryLog;
  venue: SimulatedVenue;
  /** Of the gateway, on loopback. */
  port: number;
  clock: Readonly<{ now: () => number }>;
  operator: GatewayClient;
  /** A client of the broker with a key of its own. */
  enrol: (clientId: string) => Promise<GatewayClient>;
  /** A key of a client, issued; a shared secret is quick to sign with. */
  issue: (
    keyId: string,
    clientId: string,
    scopes: readonly string[],
    algorithm: Algorithm,
  ) => Promise<ClientKey>;
  /** What no client may send, as the broker's own hosts send it. */
  send: (command: string, request: unknown) => Promise<void>;
  /** Until nothing is left to fold, to report or due. */
  settle: () => Promise<void>;
  /** Time passes, and what becomes due is done. */
  moveTo: (atMs: number) => Promise<void>;
  /** What the gateway met and did not expect. */
  bugs: readonly unknown[];
  stop: () => Promise<void>;
}>;

/** The gateway on a free port, with one operator's key. */
const openDoor = async (
  operatorKey: ClientKey,
  ports: GatewayPorts,
  door: Partial<GatewayConfig>,
): Promise<GatewayServer> => {
  const operatorKeys = [{ keyId: operatorKey.keyId, publicKey: verifierOf(operatorKey) }];
  const address = { host: '127.0.0.1', port: 0 };
  const server = new GatewayServer({ ...address, sealingKey: SEALING_KEY, operatorKeys, ...door }, ports);
  await server.start();
  return server;
};

/** Issues keys: what the broker gets to know of a shared secret is sealed. */
const issuer =
  (send: GatewayWorld['send']): GatewayWorld['issue'] =>
  async (keyId, clientId, scopes, algorithm) => {
    const key = makeKey(keyId, algorithm);
    const isShared = algorithm === 'hmac-sha256';
    const verifier = isShared ? new SecretSeal(SEALING_KEY).seal(keyId, key.secret) : verifierOf(key);
    await send('IssueApiKey', { clientId, keyId, algorithm, verifier, scopes });
    return key;
  };

export const openGatewayWorld = async (
  startAtMs: number,
  listings: readonly SimulatedListing[],
  door: Partial<GatewayConfig> = {},
): Promise<GatewayWorld> => {
  let nowMs = startAtMs;
  const clock = { now: () => nowMs };
  const log = new MemoryLog();
  const terms = { venueId: 'alpha', makerFeePpm: 0, takerFeePpm: 0, listings, journal: memoryJournal() };
  const venue = new SimulatedVenue({ ...terms, now: clock.now });
  const adapters = new Map([[venue.venueId, venue]]);
  const hosts = brokerServices({ cell: CELL, adapters, minRoundMs: 0 }).map(
    (definition) => new ServiceHost(definition, { log, clock }),
  );
  const cell = new InProcessCell(hosts);
  const lockstep = new Lockstep(log, hosts);
  await lockstep.start();
  const routing = hosts.find(({ name }) => name === 'routing');
  const { health } = routing?.views as unknown as RoutingViews;
  const signal = new AbortController().signal;
  const poll = async (): Promise<boolean> => {
    const answer = await takeReports(venue, health, (...command) => cell.command(...command), signal);
    assert(answer?.status !== 'rejected', 'Expected reports to be taken');
    return answer !== undefined;
  };
  const settle = async (): Promise<void> => {
    do await lockstep.settle(signal);
    while ((await poll()) || (await lockstep.fireNext()));
  };
  const bugs: unknown[] = [];
  const operatorKey = makeKey('operator.root');
  const ports = { cell, clock, log, transport: new TailTransport(log) };
  const server = await openDoor(operatorKey, { ...ports, reportBug: (_, error) => bugs.push(error) }, door);
  const clients: GatewayClient[] = [];
  const client = (key: ClientKey): GatewayClient => {
    const made = new GatewayClient({ address: `127.0.0.1:${server.port}`, key, now: clock.now });
    clients.push(made);
    return made;
  };
  const operator = client(operatorKey);
  let sent = 0;
  const send = async (command: string, request: unknown): Promise<void> => {
    const sender = { tenant: 'operator', actor: 'operator:spec', requestId: `spec-${(sent += 1)}` };
    const answer = await cell.command(command, request, sender);
    assert(answer.status === 'accepted', () => `Expected ${command} to be taken: ${JSON.stringify(answer)}`);
    await settle();
  };
  const issue = issuer(send);
  const enrol = async (clientId: string): Promise<GatewayClient> => {
    await send('OpenClient', { clientId, name: clientId, jurisdiction: 'CH' });
    await send('SetKycState', { clientId, state: 'approved', reason: '' });
    return client(await issue(`${clientId}.desk`, clientId, SCOPES, 'ed25519'));
  };
  return {
    ...{ log, venue, operator, enrol, issue, send, settle, bugs, clock, port: server.port },
    moveTo: async (atMs) => {
      nowMs = atMs;
      await settle();
    },
    stop: async () => {
      for (const one of clients) one.close();
      await server.stop();
      venue.close();
    },
  };
};
