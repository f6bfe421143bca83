import { MemoryLog } from '@plinth/eventing';
import { TailTransport } from '@plinth/runtime';
import { GatewayClient } from '../client/gateway-client.ts';
import { makeKey, verifierOf, type ClientKey } from '../client/key-file.ts';
import type { Algorithm } from '../auth/signing.ts';
import { SecretSeal } from '../auth/secret-seal.ts';
import { SCOPES, type Scope } from '../auth/key-directory.ts';
import { GatewayServer, type GatewayConfig, type GatewayPorts } from '../server/gateway-server.ts';
import { FakeCell } from './fake-cell.ts';

export const SEALING_KEY = Buffer.alloc(32, 7);

export type Started = Readonly<{
  cell: FakeCell;
  log: MemoryLog;
  server: GatewayServer;
  operator: GatewayClient;
  operatorKey: ClientKey;
  /** The clock of the gateway and of its clients: moves when told to. */
  clock: { now: () => number; atMs: number };
  bugs: unknown[];
  client: (key: ClientKey) => GatewayClient;
  /** A key of a client that the cell knows. */
  issue: (clientId: string, more?: IssueMore) => ClientKey;
  stop: () => Promise<void>;
}>;

type IssueMore = Readonly<{
  name?: string;
  scopes?: readonly Scope[];
  algorithm?: Algorithm;
  kycState?: string;
}>;

const CLIENT_SCOPES = SCOPES.filter((scope) => scope !== 'operate' && scope !== 'guard');

/** A gateway on a free port over a fake cell, with an operator's key in its configuration. */
export const startGateway = async (
  config: Partial<GatewayConfig> = {},
  ports: Partial<GatewayPorts> = {},
): Promise<Started> => {
  const cell = new FakeCell();
  const atMs = 1_700_000_000_000;
  const clock = { atMs, now: () => clock.atMs };
  const bugs: unknown[] = [];
  const log = new MemoryLog();
  const operatorKey = makeKey('operator.root');
  const server = new GatewayServer(
    {
      ...{ host: '127.0.0.1', port: 0, sealingKey: SEALING_KEY },
      operatorKeys: [{ keyId: operatorKey.keyId, publicKey: verifierOf(operatorKey) }],
      ...config,
    },
    {
      ...{ cell, clock, log, transport: new TailTransport(log), reportBug: (_, error) => bugs.push(error) },
      ...ports,
    },
  );
  await server.start();
  const clients: GatewayClient[] = [];
  const client = (key: ClientKey): GatewayClient => {
    const made = new GatewayClient({ address: `127.0.0.1:${server.port}`, key, now: clock.now });
    clients.push(made);
    return made;
  };
  const issue = (clientId: string, more: IssueMore = {}): ClientKey => {
    const { name = 'desk', algorithm = 'ed25519', scopes = CLIENT_SCOPES, kycState = 'approved' } = more;
    const key = makeKey(`${clientId}.${name}`, algorithm);
    const { keyId } = key;
    const verifier =
      algorithm === 'ed25519' ? verifierOf(key) : new SecretSeal(SEALING_KEY).seal(keyId, key.secret);
    const info = { keyId, clientId, algorithm, verifier, scopes: [...scopes], revoked: false };
    cell.keys.set(keyId, { ...info, clientKycState: kycState });
    return key;
  };
  const stop = async (): Promise<void> => {
    for (const one of clients) one.close();
    await server.stop();
  };
  return { cell, log, server, operator: client(operatorKey), operatorKey, clock, bugs, client, issue, stop };
};
