import type { AppendRequest, StreamAppend } from '@plinth/eventing';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asOwner, startEmbeddedPostgres } from '../log/index.ts';

type NewEvents = StreamAppend['events'];

/** uuids in the order of their making, as version 7 has them: the index on ids grows at its end. */
export const benchIds = (): (() => string) => {
  const run = randomBytes(4).toString('hex');
  let made = 0;
  return () => {
    made += 1;
    const n = made.toString(16).padStart(12, '0');
    return `${n.slice(0, 8)}-${n.slice(8)}-7000-8000-${run}${run.slice(0, 4)}`;
  };
};

/** A booked fill with its two ledger legs: the commonest event of a broker, about 300 bytes. */
export const fillEvents = (account: string, count: number, nextId: () => string): NewEvents =>
  Array.from({ length: count }, () => {
    const id = nextId();
    return {
      id,
      type: 'FillBooked' as const,
      data: {
        ...{ accountId: account, orderId: id, childId: `${account}-c1`, fillId: id, venueId: 'alpha' },
        ...{
          instrumentId: 'BTC-USD-PERP',
          side: 'buy',
          quantity: '0.125',
          price: '64210.5',
          fee: '4.01315625',
        },
        ...{ feeAsset: 'USD', realisedProfit: '0', positionQuantity: '1.5', entryPrice: '63998.25' },
        ...{ entryCost: '95997.375', subAccountId: 'main' },
        postings: [
          { account: `client:${account}:USD:venue:alpha`, asset: 'USD', amount: '-4.01315625' },
          { account: 'house:fees', asset: 'USD', amount: '4.01315625' },
        ],
      },
    };
  });

export const benchRequest = (append: StreamAppend, key: string, occurredAt: number): AppendRequest => ({
  appends: [append],
  cause: { correlationId: key, causationId: key, actor: 'client:bench' },
  occurredAt,
  command: { tenant: 'bench', key, bodyHash: new Uint8Array(32).fill(7), answer: new Uint8Array(24).fill(3) },
});

export type BenchServer = Readonly<{ url: string; ownerUrl: string; close: () => Promise<void> }>;

/** The given server, or an embedded one with durable settings in a directory that is gone afterwards. */
export const benchServer = async (url: string | undefined): Promise<BenchServer> => {
  if (url !== undefined) return { url, ownerUrl: url, close: async () => undefined };
  const directory = await mkdtemp(join(tmpdir(), 'plinth-bench-'));
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({ directory });
  const close = async (): Promise<void> => {
    await server.stop();
    await rm(server.place, { recursive: true, force: true });
    await rm(directory, { recursive: true, force: true });
  };
  return { url: server.url, ownerUrl: server.ownerUrl, close };
};

export const benchSchema = (): string => `plinth_bench_${randomBytes(6).toString('hex')}`;

export const dropBenchSchema = (ownerUrl: string, schema: string): Promise<unknown> =>
  asOwner(ownerUrl, (client) => client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`));
