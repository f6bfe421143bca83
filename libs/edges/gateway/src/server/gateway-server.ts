import {
  Server,
  status as grpc,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Clock, EventLog, Transport } from '@plinth/eventing';
import type { CellClient, SnapshotPorts } from '@plinth/runtime';
import {
  addHealth,
  addReflection,
  bind,
  GrpcError,
  isLoopback,
  SERVER_OPTIONS,
  serverCredentials,
  shutDown,
  type Health,
  type ReportBug,
  type ReportCertificate,
  type TlsFiles,
} from '@plinth/runtime/grpc';
import { Authenticator } from '../auth/authenticator.ts';
import { KeyDirectory, type OperatorKey } from '../auth/key-directory.ts';
import { MemoryNonceStore, type NonceStore } from '../auth/nonce-store.ts';
import { SecretSeal } from '../auth/secret-seal.ts';
import { LIMITS } from '../limits.ts';
import { Owners } from '../policy/owners.ts';
import { DEFAULT_RATES, RateLimits, type RateLimitConfig } from '../policy/rate-limits.ts';
import { Tenancy } from '../policy/tenancy.ts';
import type { ProofSource } from '../proofs/proof-source.ts';
import { Proofs } from '../proofs/proofs.ts';
import { LogFeed } from '../streams/log-feed.ts';
import { Streams } from '../streams/streams.ts';
import { GATEWAY_SERVICES, type GatewayMethod } from './methods.ts';
import { Gate, RequestPipeline } from './request-pipeline.ts';
import { unary, type UnaryPorts } from './unary.ts';

export type GatewayConfig = Readonly<{
  host: string;
  /** 0 takes a free one. */
  port: number;
  tls?: TlsFiles;
  /** Told of certificate files that cannot be used; those before stay in use. */
  onCertificateRefused?: ReportCertificate;
  /** Plaintext is refused on any address but loopback unless this says that something else protects it. */
  allowPlaintext?: boolean;
  operatorKeys: readonly OperatorKey[];
  /** 32 bytes. Without it keys with shared secrets can neither be issued nor used. */
  sealingKey?: Uint8Array;
  rates?: RateLimitConfig;
  /** Of streams; the defaults are in `limits.ts`. */
  heartbeatMs?: number;
  slowReaderMs?: number;
  feedEntriesMax?: number;
}>;

export type GatewayPorts = Readonly<{
  cell: CellClient;
  /** What streams are fed from. */
  log: Pick<EventLog, 'read' | 'head'>;
  transport: Transport;
  /** The time of the world outside: callers sign with theirs. */
  clock: Clock;
  reportBug: ReportBug;
  /** Absent: this gateway can prove nothing. */
  proofs?: ProofSource;
  /** Absent: after a start the streams' feed reads the log from the first event. */
  snapshots?: SnapshotPorts;
  /** Absent: nonces are remembered in this process only. */
  nonces?: NonceStore;
}>;

/** A stream may last longer than any call: it is not cut because its connection has grown old. */
const EDGE_OPTIONS = { ...SERVER_OPTIONS, 'grpc.max_connection_age_grace_ms': LIMITS.streamMaxMs };

/** How long calls under way may take after a stop. */
const STOP_GRACE_MS = 5_000;

/** The clients' edge of a cell, on one port. */
export class GatewayServer {
  readonly #config: GatewayConfig;
  readonly #server = new Server(EDGE_OPTIONS);
  readonly #health: Health;
  readonly #feed: LogFeed;
  readonly #reportBug: ReportBug;
  readonly #stopping = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #port = 0;

  constructor(config: GatewayConfig, ports: GatewayPorts) {
    if (config.tls === undefined && config.allowPlaintext !== true && !isLoopback(config.host)) {
      throw new Error(`Expected TLS or a loopback address, was ${config.host}: set key and certificate`);
    }
    this.#config = config;
    this.#reportBug = ports.reportBug;
    const { feed, serve } = assemble(config, ports, this.#stopping.signal);
    this.#feed = feed;
    for (const { methods } of GATEWAY_SERVICES) {
      this.#server.addService(rawDefinition(methods), implementation(methods, serve));
    }
    const names = GATEWAY_SERVICES.map(({ name }) => name);
    this.#health = addHealth(this.#server, names);
    addReflection(this.#server, names);
  }

  /** The port it listens on. */
  get port(): number {
    return this.#port;
  }

  /** What balancers hear of it, for a port that answers nothing else. */
  get health(): Health {
    return this.#health;
  }

  async start(): Promise<void> {
    const { host, port, tls, onCertificateRefused } = this.#config;
    this.#following = this.#feed.run(this.#stopping.signal).catch((error: unknown) => {
      // Streams have ended with it; calls go on, but balancers should look for another gateway.
      this.#health.set(false);
      this.#reportBug('feed', error);
    });
    this.#port = await bind(this.#server, host, port, serverCredentials(tls, onCertificateRefused));
    this.#health.set(true);
  }

  /** Sends no new callers here, ends the streams, lets calls under way finish, then closes. */
  async stop(): Promise<void> {
    this.#health.set(false);
    this.#stopping.abort(stopped());
    await shutDown(this.#server, STOP_GRACE_MS);
    await this.#following;
  }
}

const stopped = (): GrpcError =>
  new GrpcError(grpc.UNAVAILABLE, 'STOPPING', 'this gateway stops: resume at another one', {
    retryAfterMs: 1_000,
  });

type Handler = UntypedServiceImplementation[string];
type Serve = (method: GatewayMethod) => Handler;

const assemble = (
  config: GatewayConfig,
  ports: GatewayPorts,
  stopping: AbortSignal,
): Readonly<{ feed: LogFeed; serve: Serve }> => {
  const { cell, clock, reportBug, log, transport } = ports;
  const keys = new KeyDirectory(cell, clock, config.operatorKeys);
  const nonces = ports.nonces ?? new MemoryNonceStore(clock.now());
  const seal = config.sealingKey === undefined ? undefined : new SecretSeal(config.sealingKey);
  const owners = new Owners(cell);
  const tenancy = new Tenancy(owners);
  const pipeline = new RequestPipeline({
    authenticator: new Authenticator({ keys, nonces, seal, clock }),
    rates: new RateLimits(config.rates ?? DEFAULT_RATES),
    ...{ tenancy, clock },
  });
  const feed = new LogFeed({
    ...{ transport, log, onKeysChanged: () => keys.forget() },
    entriesMax: config.feedEntriesMax ?? LIMITS.feedEntriesMax,
    ...(ports.snapshots === undefined ? {} : { snapshots: ports.snapshots }),
  });
  const proofs = new Proofs(ports.proofs, tenancy);
  const unaryPorts: UnaryPorts = { pipeline, gate: new Gate(), cell, seal, proofs, reportBug };
  const streams = new Streams({
    ...{ feed, keys, pipeline, cell, owners, reportBug, stopping },
    heartbeatMs: config.heartbeatMs ?? LIMITS.heartbeatMs,
    slowReaderMs: config.slowReaderMs ?? LIMITS.slowReaderMs,
  });
  const serve = (method: GatewayMethod): Handler =>
    method.responseStream ? (streams.handler(method) as Handler) : (unary(unaryPorts, method) as Handler);
  return { feed, serve };
};

/** The wire's definition with the request left as bytes: what is signed is what was sent. */
const rawDefinition = (methods: readonly GatewayMethod[]): ServiceDefinition =>
  Object.fromEntries(
    methods.map(({ key, path, responseStream }) => [
      key,
      {
        ...{ path, responseStream },
        requestStream: false,
        requestSerialize: (bytes: Buffer) => bytes,
        requestDeserialize: (bytes: Buffer) => bytes,
        responseSerialize: (bytes: Buffer) => bytes,
        responseDeserialize: (bytes: Buffer) => bytes,
      },
    ]),
  );

const implementation = (methods: readonly GatewayMethod[], serve: Serve): UntypedServiceImplementation =>
  Object.fromEntries(methods.map((method) => [method.key, serve(method)]));
