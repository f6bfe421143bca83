import {
  DEFAULT_RATES,
  GatewayError,
  makeKey,
  verifierOf,
  type GatewayClient,
  type RateLimitConfig,
} from '@plinth/gateway';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCell, prepareClients, setUp, type Cell, type CellTerms } from './overload-cell.ts';
import { latencyOf, type Latency } from './overload.ts';

export type FairnessTerms = CellTerms &
  Readonly<{
    /** Calls of the modest client, alone and then beside the greedy one, who has so many callers. */
    calls: number;
    times: number;
    /** What keys and clients may ask for; as the house sets it when absent. */
    rates?: RateLimitConfig;
  }>;

export type FairnessFigures = Readonly<{
  greedy: Readonly<{ asked: number; served: number; limited: number; others: readonly string[] }>;
  modest: Readonly<{ asked: number; served: number }>;
  alone: Latency;
  beside: Latency;
}>;

/** Whoever is refused and does not care comes again after this. */
const IMPATIENT_MS = 20;

/** Between the calls of the modest one, so that he stays within what his key may have. */
const MODEST_MS = 50;

type Party = Readonly<{ client: GatewayClient; accountId: string }>;

const admit = async (cell: Cell, clientId: string): Promise<Party> => {
  const key = makeKey(`${clientId}.key`);
  const verifier = verifierOf(key);
  const scopes = ['read', 'transfer'];
  await setUp(cell, 'IssueApiKey', { clientId, keyId: key.keyId, algorithm: 'ed25519', verifier, scopes });
  await setUp(cell, 'OpenAccount', { accountId: clientId, clientId, name: '' });
  const money = { accountId: clientId, subAccountId: '', asset: 'USD', location: 'vault:bank' };
  const deposit = { ...money, depositId: 'first', amount: '1000000' };
  await cell.client.call('Operations', 'CreditDeposit', deposit);
  const client = cell.clientWith(key);
  await client.call('Accounts', 'OpenSubAccount', { accountId: clientId, subAccountId: 's', name: '' });
  return { client, accountId: clientId };
};

/** Money of one's own from here to there, or a look at it. */
const call = async ({ client, accountId }: Party, n: number): Promise<void> => {
  if (n % 2 === 0) {
    await client.call('Accounts', 'GetAccount', { accountId, read: undefined });
    return;
  }
  const bank = { fromLocation: 'vault:bank', toLocation: 'vault:bank' };
  const places = { fromSubAccountId: '', toSubAccountId: 's', ...bank };
  const money = { accountId, moveId: `m${n}`, asset: 'USD', amount: '1' };
  await client.call('Accounts', 'MoveCollateral', { ...money, ...places });
};

/** One client calls from a hundred places without a pause; another one calls as usual. */
export const runFairness = async (terms: FairnessTerms): Promise<FairnessFigures> => {
  const cell = await openCell(terms, terms.rates ?? DEFAULT_RATES);
  try {
    await prepareClients(cell, 'greedy', 'modest');
    const [greedy, modest] = [await admit(cell, 'greedy'), await admit(cell, 'modest')];
    const counts = { asked: 0, served: 0, limited: 0, others: [] as string[] };
    let served = 0;
    const timed = async (from: number): Promise<readonly number[]> => {
      const times: number[] = [];
      for (let n = from; n < from + terms.calls; n += 1) {
        const startMs = performance.now();
        await call(modest, n);
        served += 1;
        times.push(performance.now() - startMs);
        await sleep(MODEST_MS);
      }
      return times;
    };
    const alone = latencyOf(await timed(0));
    let isOver = false;
    const caller = async (): Promise<void> => {
      while (!isOver) {
        counts.asked += 1;
        await call(greedy, counts.asked).then(
          () => (counts.served += 1),
          async (error: unknown) => {
            if (!(error instanceof GatewayError)) throw error;
            if (error.retryAfterMs === undefined) counts.others.push(`${error.reason}: ${error.message}`);
            else counts.limited += 1;
            await sleep(IMPATIENT_MS);
          },
        );
      }
    };
    const callers = Array.from({ length: terms.times }, caller);
    // He has used up what he may have at once, and more.
    while (counts.limited < terms.times) await Promise.race([sleep(IMPATIENT_MS), ...callers]);
    const beside = latencyOf(await timed(terms.calls).finally(() => (isOver = true)));
    await Promise.all(callers);
    return { greedy: counts, modest: { asked: 2 * terms.calls, served }, alone, beside };
  } finally {
    await cell.stop();
  }
};
