import { AccountsService, DEFAULT_ACCOUNTS_CONFIG } from '@plinth/accounts';
import { MemoryLog, type Clock } from '@plinth/eventing';
import { emptyRequest, GatewayClient, GatewayServer, makeKey, verifierOf } from '@plinth/gateway';
import { InProcessCell, ServiceHost, TailTransport } from '@plinth/runtime';
import { benchIds } from '@plinth/runtime/bench';
import { absentRow, against, type BenchRow } from './bench-row.ts';
import { startBareServer } from './bare-grpc.ts';
import { asAppends, brokerEvents } from './broker-log.ts';
import { measureRates, type Spread } from './measure.ts';
import type { BenchOptions } from './options.ts';

const BENCH = 'grpc';
const UNIT = 'calls/s';
const IN_FLIGHT = 16;
const CALLS = 200;
const ACCOUNTS = 10;
const UNLIMITED = { perSecond: 1e9, burst: 1e9 };

/** So many calls, always the same number under way. */
const load = (call: () => Promise<unknown>) => async (): Promise<number> => {
  let left = CALLS;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  return CALLS;
};

const openCell = async (clock: Clock): Promise<Readonly<{ log: MemoryLog; cell: InProcessCell }>> => {
  const log = new MemoryLog();
  for (const request of asAppends(brokerEvents(ACCOUNTS, 1_000), benchIds())) await log.append(request);
  const host = new ServiceHost(AccountsService({ ...DEFAULT_ACCOUNTS_CONFIG, cell: 'main' }), { log, clock });
  for (const event of await log.read(0n, 10_000)) host.fold(event);
  return { log, cell: new InProcessCell([host]) };
};

/**
 * The clients' edge, with a signature made and verified per call, beside bare grpc-js with the same messages.
 */
export const benchGrpc = async ({ pace }: BenchOptions): Promise<readonly BenchRow[]> => {
  const clock: Clock = { now: () => Date.now() };
  const { log, cell } = await openCell(clock);
  const key = makeKey('operator.bench');
  const server = new GatewayServer(
    {
      ...{ host: '127.0.0.1', port: 0, rates: { perKey: UNLIMITED, perClient: UNLIMITED } },
      operatorKeys: [{ keyId: key.keyId, publicKey: verifierOf(key) }],
    },
    {
      ...{ cell, log, clock, transport: new TailTransport(log) },
      reportBug: (where, error) => process.stderr.write(`${where}: ${String(error)}\n`),
    },
  );
  await server.start();
  const client = new GatewayClient({ address: `127.0.0.1:${server.port}`, key });
  const request = { ...emptyRequest('Accounts', 'GetAccount'), accountId: 'a1' };
  const { response } = await client.call('Accounts', 'GetAccount', request);
  const bare = await startBareServer(response);
  const inProcess = (): Promise<unknown> => cell.query('GetAccount', request, AbortSignal.timeout(60_000));
  const subjects = [
    { name: 'bare', run: load(() => bare.call(request)) },
    { name: 'gateway', run: load(() => client.call('Accounts', 'GetAccount', request)) },
    { name: 'in process', run: load(inProcess) },
  ];
  try {
    const [plain, edge, local] = (await measureRates(subjects, pace)) as [Spread, Spread, Spread];
    const common = { bench: BENCH, scale: `${IN_FLIGHT} in flight`, unit: UNIT };
    const baseline = 'bare grpc-js, the same messages';
    return [
      {
        ...common,
        what: 'GetAccount through the gateway: Ed25519, replay, rates and tenancy checked',
        figure: edge,
        baseline: against(baseline, edge, plain),
        note: 'client and server in one process; the client signs there too',
      },
      {
        ...common,
        what: 'GetAccount inside the process, through the codecs',
        figure: local,
        baseline: against(baseline, local, plain),
      },
      absentRow(
        BENCH,
        'internal query over gRPC',
        'services answer inside the process: no internal gRPC yet',
      ),
    ];
  } finally {
    client.close();
    await bare.close();
    await server.stop();
  }
};
