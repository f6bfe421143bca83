import { Server, status as grpc, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Clock, EventLog, Transport } from '@plinth/eventing';
import type { Socket } from 'node:net';
import { observeLag, type CellClient, type SnapshotPorts } from '@plinth/runtime';
import {
  addHealth,
  addReflection,
  GrpcError,
  isLoopback,
  openDoor,
  rawMethods,
  takeOtherStreams,
  SERVER_OPTIONS,
  shutDown,
  type Door,
  type Health,
  type ReportBug,
  type ReportCertificate,
  type TlsFiles,
} from '@plinth/runtime/grpc';
import { Authenticator } from '../auth/authenticator.ts';
import { KeyDirectory, type OperatorKey } from '../auth/key-directory.ts';
import { CellRouter } from '../cells/cell-router.ts';
import { Cells, type Cell } from '../cells/cells.ts';
import { NoncesByCell } from '../cells/nonces-by-cell.ts';
import { MemoryNonceStore, type NonceStore } from '../auth/nonce-store.ts';
import { SecretSeal } from '../auth/secret-seal.ts';
import { LIMITS } from '../limits.ts';
import { Owners } from '../policy/owners.ts';
import { HoldBack } from '../policy/hold-back.ts';
import { DEFAULT_RATES, RateLimits, type RateLimitConfig } from '../policy/rate-limits.ts';
import { Tenancy } from '../policy/tenancy.ts';
import type { ProofSource } from '../proofs/proof-source.ts';
import { Proofs } from '../proofs/proofs.ts';
import { LogFeed } from '../streams/log-feed.ts';
import { Streams } from '../streams/streams.ts';
import { observeHeldAnswers, observeOpenCalls, observeOpenStreams } from './gateway-instruments.ts';
import { GATEWAY_SERVICES, inJson, type GatewayMethod } from './methods.ts';
import { Gate, RequestPipeline } from './request-pipeline.ts';
import { unary, type UnaryPorts } from './unary.ts';
import { WebEdge, type WebMethod } from '../web/web-edge.ts';
import { WebServer } from '../web/web-server.ts';

export type GatewayConfig = Readonly<{
  host: string;
  /** 0 takes a free one. */
  port: number;
  tls?: TlsFiles;
  /** Told of certificate files that cannot be used; those before stay in use. */
  onCertificateRefused?: ReportCertificate;
  /** Plaintext is refused on any address but loopback unless this says that something else protects it. */
  allowPlaintext?: boolean;
  /** Origins whose pages may call, as browsers say them: `https://desk.example.com`. None without. */
  origins?: readonly string[];
  operatorKeys: readonly OperatorKey[];
  /** 32 bytes. Without it keys with shared secrets can neither be issued nor used. */
  sealingKey?: Uint8Array;
  rates?: RateLimitConfig;
  /** Higher where a balancer in front shows its own address for every client. */
  connectionsPerAddressMax?: number;
  silentMaxMs?: number;
  /** Of streams; the defaults are in `limits.ts`. */
  heartbeatMs?: number;
  slowReaderMs?: number;
  feedEntriesMax?: number;
}>;

/** What the gateway needs of one cell. */
export type CellPorts = Readonly<{
  cell: CellClient;
  /** Id of the cell; `main` when there is only one. */
  cellId?: string;
  /** Whether new clients may be placed there; true when it is absent. */
  takesClients?: boolean;
  /** What streams are fed from. */
  log: Pick<EventLog, 'read' | 'head'>;
  transport: Transport;
  /** Absent: this gateway can prove nothing. */
  proofs?: ProofSource;
  /** Absent: after a start the streams' feed reads the log from the first event. */
  snapshots?: SnapshotPorts;
  /** Absent: nonces are remembered in this process only. */
  nonces?: NonceStore;
}>;

/** A stream may last longer than any call: it is not cut because its connection has grown old. */
const EDGE_OPTIONS = { ...SERVER_OPTIONS, 'grpc.max_connection_age_grace_ms': LIMITS.streamMaxMs };

/** The home cell, and what is not a cell's. */
export type GatewayPorts = CellPorts &
  Readonly<{
    /** The other cells of the house. */
    others?: readonly (CellPorts & Readonly<{ cellId: string }>)[];
    /** The time of the world outside: callers sign with theirs. */
    clock: Clock;
    reportBug: ReportBug;
  }>;

/** How long a start waits until it knows where clients are. */
const DIRECTORY_TIMEOUT_MS = 600_000;

/** How long calls under way may take after a stop. */
const STOP_GRACE_MS = 5_000;

/** The clients' edge of a house, on one port. */
export class GatewayServer {
  readonly #config: GatewayConfig;
  readonly #server = new Server(EDGE_OPTIONS);
  readonly #web: WebServer;
  readonly #health: Health;
  readonly #cells: Cells;
  readonly #reportBug: ReportBug;
  readonly #observe: () => readonly (() => void)[];
  #observed: readonly (() => void)[] = [];
  readonly #stopping = new AbortController();
  #following: readonly Promise<void>[] = [];
  #door: Door | undefined;

  constructor(config: GatewayConfig, ports: GatewayPorts) {
    if (config.tls === undefined && config.allowPlaintext !== true && !isLoopback(config.host)) {
      throw new Error(`Expected TLS or a loopback address, was ${config.host}: set key and certificate`);
    }
    this.#config = config;
    this.#reportBug = ports.reportBug;
    const { cells, serve, gate, holdBack, streams } = assemble(config, ports, this.#stopping.signal);
    this.#cells = cells;
    this.#observe = () => [
      observeOpenCalls(() => [[gate.open, {}]]),
      observeHeldAnswers(() => [[holdBack.held, {}]]),
      observeOpenStreams(() => [[streams.openCount, {}]]),
      ...cells.all.map(({ id, feed }) =>
        observeLag(
          cells.areSeveral ? `gateway ${id}` : 'gateway',
          () => feed.head(),
          () => feed.last,
        ),
      ),
    ];
    for (const { methods } of GATEWAY_SERVICES) {
      // What is signed is what was sent: requests are left as bytes.
      this.#server.addService(rawMethods(methods), implementation(methods, serve));
    }
    const edge = new WebEdge({
      methods: webMethods(serve),
      origins: new Set(config.origins ?? []),
      reportBug: ports.reportBug,
    });
    this.#web = new WebServer(edge, config.silentMaxMs ?? LIMITS.silentMaxMs);
    takeOtherStreams(this.#server, (...stream) => this.#web.takeStream(...stream));
    const names = GATEWAY_SERVICES.map(({ name }) => name);
    this.#health = addHealth(this.#server, names);
    addReflection(this.#server, names);
  }

  /** The port it listens on. */
  get port(): number {
    return this.#door?.port ?? 0;
  }

  /** What balancers hear of it, for a port that answers nothing else. */
  get health(): Health {
    return this.#health;
  }

  async start(): Promise<void> {
    this.#observed = this.#observe();
    const { signal } = this.#stopping;
    const { all, home } = this.#cells;
    this.#following = all.map(({ id, feed }) =>
      feed.run(signal).catch((error: unknown) => {
        // Streams have ended with it; calls go on, but balancers should look for another gateway.
        this.#health.set(false);
        this.#reportBug(`feed of ${id}`, error);
      }),
    );
    // Before it is known where clients are they would be looked for in the wrong cell.
    if (this.#cells.areSeveral) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(DIRECTORY_TIMEOUT_MS)]);
      await home.feed.reach(await home.feed.head(), until);
    }
    const guests = { http2: this.#server, http1: (socket: Socket) => this.#web.takeConnection(socket) };
    const limits = {
      connectionsMax: LIMITS.connectionsMax,
      connectionsPerAddressMax: this.#config.connectionsPerAddressMax ?? LIMITS.connectionsPerAddressMax,
      silentMaxMs: this.#config.silentMaxMs ?? LIMITS.silentMaxMs,
    };
    this.#door = await openDoor(guests, this.#config, limits, this.#config.onCertificateRefused);
    this.#health.set(true);
  }

  /** Sends no new callers here, ends the streams, lets calls under way finish, then closes. */
  async stop(): Promise<void> {
    this.#health.set(false);
    for (const end of this.#observed) end();
    this.#stopping.abort(stopped());
    await Promise.all([shutDown(this.#server, STOP_GRACE_MS), this.#web.stop(STOP_GRACE_MS)]);
    await this.#door?.close();
    await Promise.all(this.#following);
  }
}

const stopped = (): GrpcError =>
  new GrpcError(grpc.UNAVAILABLE, 'STOPPING', 'this gateway stops: resume at another one', {
    retryAfterMs: 1_000,
  });

/** Calls of grpc-js have both faces, as the method needs them; those of HTTP always have both. */
type Handler = WebMethod['handlers']['proto'];
type Serve = (method: GatewayMethod) => Handler;

const assemble = (
  config: GatewayConfig,
  ports: GatewayPorts,
  stopping: AbortSignal,
): Readonly<{ cells: Cells; serve: Serve; gate: Gate; holdBack: HoldBack; streams: Streams }> => {
  const { clock, reportBug, others = [] } = ports;
  const parts: readonly CellPorts[] = [ports, ...others];
  // What the parts need of the whole exists when they are first asked.
  const keysChanged = (): void => keys.forget();
  const tenancyOf: Pick<Tenancy, 'owns'> = { owns: (...asked) => tenancy.owns(...asked) };
  const cells = new Cells(parts.map((part) => cellOf(part, config, keysChanged, tenancyOf)));
  const keys = new KeyDirectory(cells, clock, config.operatorKeys);
  const owners = new Owners(cells);
  const tenancy = new Tenancy(owners);
  const seal = config.sealingKey === undefined ? undefined : new SecretSeal(config.sealingKey);
  const router = new CellRouter(cells);
  const holdBack = new HoldBack();
  const pipeline = new RequestPipeline({
    authenticator: new Authenticator({ keys, nonces: noncesOf(cells, parts, clock), seal, clock }),
    rates: new RateLimits(config.rates ?? DEFAULT_RATES),
    ...{ tenancy, router, holdBack, clock },
  });
  const gate = new Gate();
  const unaryPorts: UnaryPorts = { pipeline, gate, cells, router, seal, reportBug };
  const streams = new Streams({
    ...{ keys, pipeline, owners, reportBug, stopping },
    heartbeatMs: config.heartbeatMs ?? LIMITS.heartbeatMs,
    slowReaderMs: config.slowReaderMs ?? LIMITS.slowReaderMs,
  });
  const serve = (method: GatewayMethod): Handler =>
    method.responseStream ? streams.handler(method) : unary(unaryPorts, method);
  return { cells, serve, gate, holdBack, streams };
};

const cellOf = (
  { cell: client, cellId: id = 'main', takesClients = true, log, transport, proofs, snapshots }: CellPorts,
  config: GatewayConfig,
  onKeysChanged: () => void,
  tenancy: Pick<Tenancy, 'owns'>,
): Cell => {
  const feed = new LogFeed({
    ...{ transport, log, onKeysChanged },
    entriesMax: config.feedEntriesMax ?? LIMITS.feedEntriesMax,
    ...(snapshots === undefined ? {} : { snapshots }),
  });
  return { id, takesClients, client, feed, proofs: new Proofs(proofs, id, tenancy) };
};

const noncesOf = (cells: Cells, parts: readonly CellPorts[], clock: Clock): NonceStore =>
  new NoncesByCell(
    cells,
    new Map(
      cells.all.map(({ id }, i) => [id, parts[i]?.nonces ?? new MemoryNonceStore(clock.now())] as const),
    ),
  );

const implementation = (methods: readonly GatewayMethod[], serve: Serve): UntypedServiceImplementation =>
  Object.fromEntries(
    methods.map((method) => [method.key, serve(method) as unknown as UntypedServiceImplementation[string]]),
  );

/** The same methods for gRPC-Web, and once more for JSON. */
const webMethods = (serve: Serve): ReadonlyMap<string, WebMethod> =>
  new Map(
    GATEWAY_SERVICES.flatMap(({ methods }) =>
      methods.map((method) => [
        method.path,
        { method, handlers: { proto: serve(method), json: serve(inJson(method)) } },
      ]),
    ),
  );
