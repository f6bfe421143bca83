import { AccountsService, DEFAULT_ACCOUNTS_CONFIG } from '@plinth/accounts';
import type { Clock } from '@plinth/eventing';
import {
  emptyRequest,
  GatewayClient,
  GatewayServer,
  makeKey,
  PostgresNonceStore,
  verifierOf,
  type ClientKey,
  type RateLimitConfig,
} from '@plinth/gateway';
import {
  FreeRunner,
  InProcessCell,
  PostgresLeaderLock,
  ServiceHost,
  TailTransport,
  type PostgresLog,
} from '@plinth/runtime';

/** `url` is how the leader's lock reaches the database that the log is in. */
export type CellTerms = Readonly<{ log: PostgresLog; url: string }>;

/** Accounts behind a gateway in this process, over the real log, and its operator. */
export type Cell = Readonly<{
  client: GatewayClient;
  /** The operator by several keys: one alone may have only so many nonces in the window. */
  operators: readonly GatewayClient[];
  clientWith: (key: ClientKey) => GatewayClient;
  stop: () => Promise<void>;
}>;

type SetUp = 'ListAsset' | 'OpenClient' | 'SetKycState' | 'OpenAccount' | 'IssueApiKey';

const UNLIMITED = { perSecond: 1e9, burst: 1e9 };
const TIMEOUT_MS = 30_000;
const OPERATOR_KEYS = 16;

/** Everybody may call as often as he likes, unless rates are given. */
export const openCell = async (
  { log, url }: CellTerms,
  rates: RateLimitConfig = { perKey: UNLIMITED, perClient: UNLIMITED },
): Promise<Cell> => {
  const clock: Clock = { now: () => Date.now() };
  const definition = AccountsService({ ...DEFAULT_ACCOUNTS_CONFIG, cell: 'main' });
  const host = new ServiceHost(definition, { log, clock });
  const lock = new PostgresLeaderLock({ url, schema: log.schema, service: definition.name });
  const transport = new TailTransport(log);
  const stopping = new AbortController();
  const runner = new FreeRunner(host, { transport, lock, onEffectFailed: () => undefined });
  const running = runner.run(stopping.signal);
  const cell = new InProcessCell([host]);
  const keys = Array.from({ length: OPERATOR_KEYS }, (_, n) => makeKey(`operator.load${n}`));
  const operatorKeys = keys.map((key) => ({ keyId: key.keyId, publicKey: verifierOf(key) }));
  const server = new GatewayServer(
    { host: '127.0.0.1', port: 0, operatorKeys, rates },
    {
      ...{ cell, log, clock, transport: new TailTransport(log), reportBug: () => undefined },
      nonces: new PostgresNonceStore(log, clock.now()),
    },
  );
  await server.start();
  const clients: GatewayClient[] = [];
  const clientWith = (of: ClientKey): GatewayClient => {
    const client = new GatewayClient({ address: `127.0.0.1:${server.port}`, key: of, timeoutMs: TIMEOUT_MS });
    clients.push(client);
    return client;
  };
  const operators = keys.map(clientWith);
  return {
    ...{ client: operators[0] as GatewayClient, operators, clientWith },
    stop: async () => {
      for (const client of clients) client.close();
      await server.stop();
      stopping.abort();
      await running;
      await lock.release();
    },
  };
};

/** One command of an operator; what it does not name is empty. */
export const setUp = async ({ client }: Cell, name: SetUp, request: object): Promise<void> => {
  await client.call('Operations', name, { ...emptyRequest('Operations', name), ...request });
};

/** Dollars, and clients in good standing. */
export const prepareClients = async (cell: Cell, ...clientIds: readonly string[]): Promise<void> => {
  await setUp(cell, 'ListAsset', { asset: 'USD', scale: 6, kind: 'fiat', chains: ['bank'] });
  for (const clientId of clientIds) {
    await setUp(cell, 'OpenClient', { clientId, name: clientId, jurisdiction: 'CH' });
    await setUp(cell, 'SetKycState', { clientId, state: 'approved', reason: '' });
  }
};
