import type { SimulatedVenue } from '@plinth/connectors';
import type { Clock } from '@plinth/eventing';
import { PostgresNonceStore, signerProofs, type GatewayPorts } from '@plinth/gateway';
import { assert } from '@plinth/money';
import type { RoutingViews } from '@plinth/routing';
import type { ObservedVenue } from '@plinth/runtime';
import {
  FreeRunner,
  InProcessCell,
  labelled,
  LogWatch,
  observedVenues,
  observeService,
  patiently,
  PostgresLeaderLock,
  PostgresSnapshots,
  ServiceHost,
  TailTransport,
  witnessFile,
  type HeadSigner,
  type Logger,
  type SnapshotPorts,
  type Witness,
} from '@plinth/runtime';
import { MarketRefused, openMarket, type LiveMarket } from '@plinth/simulation';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { auditFiles, openHeadSigner } from './audit-trail.ts';
import { Loops } from './loops.ts';
import type { OpenLog } from './open-log.ts';
import { brokerServices } from './services.ts';
import { recordHashes } from './state-hashes.ts';
import { StoppableCell } from './stoppable-cell.ts';
import { untilAborted } from './until-aborted.ts';
import { observeAllDepth, takeAllReports } from './take-reports.ts';

/** One cell of a broker: its log, its files, its venues. */
export type CellOptions = Readonly<{
  /** Id of the cell. */
  cell: string;
  open: OpenLog;
  directory: string;
  market: LiveMarket;
  venues: ReadonlyMap<string, SimulatedVenue>;
  /** Lists the market's assets and the like; does nothing where that was done. */
  isFresh: boolean;
}>;

/** What all cells of a broker have in common. */
export type CellWorld = Readonly<{
  clock: Clock;
  logger: Logger;
  /** Cell in which marks are judged. */
  home: string;
  /** Whether there are others, from which its figures have to be told. */
  isOneOfSeveral: boolean;
  destinationDelayMs: number | undefined;
}>;

const HEAD_EVERY_MS = 1_000;
const POLL_EVERY_MS = 100;
const DEPTH_EVERY_MS = 30_000;
const READY_TIMEOUT_MS = 600_000;

const asRefusal = (error: unknown): never => {
  throw error instanceof MarketRefused ? new CliError(EXIT.refused, error.message) : error;
};

/** The services of one cell at their own pace in this process, with its venues and tree heads. */
export class RunningCell {
  readonly cell: string;
  readonly client: InProcessCell;
  readonly loops: Loops;
  /** As the gateway asks it. */
  readonly #door: StoppableCell;
  readonly #options: CellOptions;
  readonly #world: CellWorld;
  readonly #hosts: readonly ServiceHost[];
  readonly #runners: readonly FreeRunner[];
  readonly #locks: readonly PostgresLeaderLock[];
  readonly #snapshots: SnapshotPorts;
  readonly #adapters: ReadonlyMap<string, ObservedVenue>;
  readonly #stopObserving: () => void;
  #audited: Readonly<{ signer: HeadSigner; witness: Witness }> | undefined;
  /** What it could not go on from. */
  #failure: unknown;

  constructor(options: CellOptions, world: CellWorld) {
    const { open, cell, venues } = options;
    this.cell = cell;
    this.#options = options;
    this.#world = world;
    this.loops = new Loops(world.logger);
    this.#snapshots = { store: new PostgresSnapshots(open.log), logger: world.logger };
    this.#adapters = observedVenues(venues.values());
    const { home, clock, destinationDelayMs } = world;
    const definitions = brokerServices({ cell, home, adapters: this.#adapters, destinationDelayMs });
    this.#hosts = definitions.map(
      (definition) => new ServiceHost(definition, { log: open.log, clock, snapshots: this.#snapshots }),
    );
    this.client = new InProcessCell(this.#hosts);
    this.#door = new StoppableCell(cell, this.client);
    this.#locks = this.#hosts.map(
      ({ name }) => new PostgresLeaderLock({ url: open.url, schema: open.log.schema, service: name }),
    );
    this.#runners = this.#hosts.map((host, i) => this.#runnerOf(host, this.#locks[i] as PostgresLeaderLock));
    for (const runner of this.#runners) this.loops.run(runner.host.name, (signal) => runner.run(signal));
    this.#stopObserving = labelled(world.isOneOfSeveral ? { cell } : {}, () => this.#observe());
  }

  /** Until every service has folded what its log says; then venues report, and heads are signed. */
  async start(): Promise<void> {
    const { open, directory, isFresh, market } = this.#options;
    const { clock, home, logger } = this.#world;
    const again = <T>(step: () => Promise<T>): Promise<T> =>
      patiently(step, (error) => logger.warn({ err: error }, 'the database is waited for'));
    const { position } = await again(() => open.log.head());
    await this.#folded(position, READY_TIMEOUT_MS);
    if (open.ended !== undefined) this.#watchDatabase(open.ended);
    const witness = witnessFile(auditFiles(directory).witness);
    const signer = await again(() => openHeadSigner(open.log, directory, clock, witness));
    this.#audited = { signer, witness };
    this.loops.every('tree heads', HEAD_EVERY_MS, () => signer.advance());
    const views = this.host('routing').views as unknown as RoutingViews;
    this.loops.every('venue reports', POLL_EVERY_MS, (signal) =>
      takeAllReports(this.#adapters.values(), views.health, this.client, signal),
    );
    if (isFresh) {
      const folded = (to: bigint): Promise<unknown> => this.#folded(to, READY_TIMEOUT_MS);
      await again(() => openMarket(market.feed, this.client, folded)).catch(asRefusal);
    }
    // Marks are judged in the home cell; in any other one the venues move, and that is all.
    this.loops.every('market', market.everyMs, async () => {
      if (this.cell === home) await market.tick(this.client);
      else market.move();
    });
    this.loops.every('depth of books', DEPTH_EVERY_MS, (signal) =>
      observeAllDepth(this.#adapters.values(), views, this.client, clock.now(), signal),
    );
  }

  host(name: string): ServiceHost {
    const host = this.#hosts.find((one) => one.name === name);
    assert(host !== undefined, () => `Expected ${name} in this cell`);
    return host;
  }

  isLeading(name: string): boolean {
    return this.#runners.some((runner) => runner.host.name === name && runner.isLeading);
  }

  /** What a gateway needs of it, once it has started. */
  get ports(): Omit<GatewayPorts, 'others' | 'clock' | 'reportBug'> & Readonly<{ cellId: string }> {
    const { log } = this.#options.open;
    assert(this.#audited !== undefined, 'Expected a cell that has started');
    const { signer, witness } = this.#audited;
    return {
      ...{ cell: this.#door, cellId: this.cell, log, snapshots: this.#snapshots },
      transport: new TailTransport(log),
      // Callers sign with the time of their own machines, whatever time the cell lives in.
      nonces: new PostgresNonceStore(log, Date.now()),
      proofs: signerProofs(signer, witness, log),
    };
  }

  /** Ends what goes on in it, after a part of it could not go on; its log stays as it is. */
  async fail(error: unknown): Promise<void> {
    this.#failure = error;
    this.#door.stop();
    await this.loops.stop();
    await Promise.allSettled(this.#locks.map((lock) => lock.release()));
  }

  /** Everything down in good order, as far as it has not failed; a start that failed is ended likewise. */
  async stop(): Promise<void> {
    try {
      await this.#stop();
    } catch (error) {
      if (this.#failure === undefined) throw error;
      const { logger } = this.#world;
      logger.warn(
        { err: error },
        'a cell that has failed could not be closed: what is missing is made up for later',
      );
    }
  }

  async #stop(): Promise<void> {
    this.#stopObserving();
    await this.loops.stop();
    await Promise.all(this.#locks.map((lock) => lock.release()));
    if (this.#audited === undefined) return;
    recordHashes(this.#options.directory, this.#hosts);
    await this.#audited.signer.advance();
  }

  /** A server that was started here comes back with the broker only: nothing is gained by waiting for it. */
  #watchDatabase(ended: Promise<void>): void {
    this.loops.run('database', async (signal) => {
      await Promise.race([ended, untilAborted(signal)]);
      if (signal.aborted) return;
      const remedy = 'start the broker again; the log holds all that was answered';
      throw new CliError(EXIT.unavailable, `the database of cell ${this.cell} has ended: ${remedy}`);
    });
  }

  #folded(position: bigint, timeoutMs: number): Promise<unknown> {
    const signal = AbortSignal.timeout(timeoutMs);
    return Promise.all(this.#hosts.map((host) => host.waitFor(position, signal)));
  }

  #observe(): () => void {
    const watch = new LogWatch(this.#options.open.log);
    const stops = this.#runners.map((runner) => observeService(runner, watch));
    return () => {
      for (const stop of stops) stop();
      watch.stop();
    };
  }

  #runnerOf(host: ServiceHost, lock: PostgresLeaderLock): FreeRunner {
    const { logger } = this.#world;
    const { name: service } = host;
    return new FreeRunner(host, {
      transport: new TailTransport(this.#options.open.log),
      lock,
      onEffectFailed: ({ effect, key }, error) =>
        logger.warn({ service, effect, key, err: error }, 'an effect failed: its outcome will be asked for'),
      onSnapshotFailed: (error) => logger.warn({ service, err: error }, 'a snapshot could not be kept'),
      onPassing: (error) =>
        logger.warn({ service, err: error }, 'the log is out of reach, will be tried again'),
    });
  }
}
