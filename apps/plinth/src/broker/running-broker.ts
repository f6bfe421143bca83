import { transfersLink } from '@plinth/accounts';
import type { Clock } from '@plinth/eventing';
import { GatewayServer, ratesOf, type GatewayConfig } from '@plinth/gateway';
import { MARKS_LOOK_BACK, marksLink, PRICING_DEFAULTS } from '@plinth/pricing';
import {
  followCell,
  TailTransport,
  type FollowCellOptions,
  type InProcessCell,
  type Logger,
} from '@plinth/runtime';
import { environment } from '../cli/environment.ts';
import { RunningCell, type CellOptions, type CellWorld } from './running-cell.ts';
import { openSecrets } from './secrets.ts';

/** Where the gateway listens, and how it is protected. */
export type Door = Pick<GatewayConfig, 'host' | 'port' | 'tls' | 'allowPlaintext'>;

/** The home cell, and what is not a cell's. */
export type RunningBrokerOptions = CellOptions &
  Readonly<{
    clock: Clock;
    gateway: Door;
    logger: Logger;
    /** The other cells of the house. */
    others?: readonly CellOptions[];
  }>;

export type RunningBroker = Readonly<{
  port: number;
  operatorKeyFile: string;
  /** The home cell. */
  cell: InProcessCell;
  /** Settles when no cell can go on: each met something that it cannot go on from. */
  failed: Promise<never>;
  /** Why the first cell stopped that did so by itself, if any. */
  failure: () => unknown;
  stop: () => Promise<void>;
}>;

type Started = Readonly<{ stop: () => Promise<void> }>;

const stopAll = async (started: readonly Started[]): Promise<void> => {
  for (const one of [...started].reverse()) await one.stop();
};

/**
 * A whole broker at its own pace in this process: services, venues, prices and tree heads of every cell, and
 * the gateway.
 */
export const startBroker = async (options: RunningBrokerOptions): Promise<RunningBroker> => {
  const { directory, clock, logger, cell: home, others = [] } = options;
  const all = [options, ...others];
  const { PLINTH_DESTINATION_DELAY_MS: destinationDelayMs } = environment();
  const isOneOfSeveral = others.length > 0;
  const started: Started[] = [];
  try {
    const cells: RunningCell[] = [];
    for (const one of all) {
      const own = isOneOfSeveral ? logger.child({ cell: one.cell }) : logger;
      const world: CellWorld = { clock, logger: own, home, isOneOfSeveral, destinationDelayMs };
      const cell = new RunningCell(one, world);
      started.push(cell);
      cells.push(cell);
      await cell.start();
    }
    for (const one of cells) started.push(...linksOf(one, cells, all, options));
    const [first, ...rest] = cells as [RunningCell, ...RunningCell[]];
    const gateway = await startGateway(options, first, rest);
    started.push(gateway);
    return {
      ...untilAllFail(cells, logger),
      port: gateway.port,
      operatorKeyFile: openSecrets(directory).operatorKeyFile,
      cell: first.client,
      stop: () => stopAll(started),
    };
  } catch (error) {
    // What has started must not outlive a start that failed.
    await stopAll(started);
    throw error;
  }
};

/** A cell that fails ends by itself; the others go on, and what they have for it waits in their logs. */
const untilAllFail = (
  cells: readonly RunningCell[],
  logger: Logger,
): Pick<RunningBroker, 'failed' | 'failure'> => {
  const failures: unknown[] = [];
  const all = Promise.withResolvers<never>();
  all.promise.catch(() => undefined);
  const end = async (cell: RunningCell, error: unknown): Promise<void> => {
    failures.push(error);
    const remedy = 'when the cause is gone, start the broker again: it goes on where its log ends';
    if (failures.length < cells.length)
      logger.fatal({ cell: cell.cell, err: error }, `a cell has stopped, the others go on: ${remedy}`);
    await cell.fail(error);
    if (failures.length === cells.length) all.reject(failures[0]);
  };
  for (const cell of cells) cell.loops.failed.catch((error: unknown) => end(cell, error));
  return { failed: all.promise, failure: () => failures[0] };
};

/** What a cell takes over from the logs of the others, in this process: transfers, and marks from home. */
const linksOf = (
  cell: RunningCell,
  cells: readonly RunningCell[],
  all: readonly CellOptions[],
  { cell: home, logger }: RunningBrokerOptions,
): readonly Started[] =>
  cells.flatMap((other, i) => {
    const log = all[i]?.open.log;
    if (other === cell || log === undefined) return [];
    const follow = (service: string, link: Pick<FollowCellOptions, 'link' | 'everyMs' | 'lookBack'>) =>
      followCell({
        ...link,
        from: other.cell,
        host: cell.host(service),
        isLeading: () => cell.isLeading(service),
        logger: logger.child({ cell: cell.cell }),
        // The log is open for as long as this process runs: a follower only looks into it.
        open: async () => ({
          log: { head: () => log.head(), close: async () => undefined },
          transport: new TailTransport(log),
        }),
      });
    const transfers = follow('accounts', { link: transfersLink(cell.cell) });
    if (other.cell !== home) return [transfers];
    const { minRoundMs: everyMs } = PRICING_DEFAULTS;
    return [transfers, follow('pricing', { link: marksLink, everyMs, lookBack: MARKS_LOOK_BACK })];
  });

const startGateway = async (
  { directory, gateway, logger }: RunningBrokerOptions,
  home: RunningCell,
  others: readonly RunningCell[],
): Promise<GatewayServer> => {
  const { operatorKeys, sealingKey } = openSecrets(directory);
  const { PLINTH_GATEWAY_RATE_PER_KEY: perKey, PLINTH_GATEWAY_RATE_PER_CLIENT: perClient } = environment();
  const { PLINTH_GATEWAY_ORIGINS: origins } = environment();
  const server = new GatewayServer(
    { ...gateway, operatorKeys, sealingKey, origins, rates: ratesOf(perKey, perClient) },
    {
      ...home.ports,
      others: others.map(({ ports }) => ports),
      clock: { now: () => Date.now() },
      reportBug: (where, error) => logger.error({ where, err: error }, 'a call met a bug'),
    },
  );
  await server.start();
  return server;
};
