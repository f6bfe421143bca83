import { Server, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Clock } from '@plinth/eventing';
import type { CellClient } from '@plinth/runtime';
import {
  addHealth,
  addReflection,
  bind,
  isLoopback,
  SERVER_OPTIONS,
  serverCredentials,
  shutDown,
  type Health,
  type ReportBug,
  type TlsFiles,
} from '@plinth/runtime/grpc';
import { Authenticator } from '../auth/authenticator.ts';
import { KeyDirectory, type OperatorKey } from '../auth/key-directory.ts';
import { MemoryNonceStore, type NonceStore } from '../auth/nonce-store.ts';
import { SecretSeal } from '../auth/secret-seal.ts';
import { Owners } from '../policy/owners.ts';
import { DEFAULT_RATES, RateLimits, type RateLimitConfig } from '../policy/rate-limits.ts';
import { Tenancy } from '../policy/tenancy.ts';
import { GATEWAY_SERVICES, type GatewayMethod } from './methods.ts';
import { Gate, RequestPipeline } from './request-pipeline.ts';
import { unary, type UnaryPorts } from './unary.ts';

export type GatewayConfig = Readonly<{
  host: string;
  /** 0 takes a free one. */
  port: number;
  tls?: TlsFiles;
  /** Plaintext is refused on any address but loopback unless this says that something else protects it. */
  allowPlaintext?: boolean;
  operatorKeys: readonly OperatorKey[];
  /** 32 bytes. Without it keys with shared secrets can neither be issued nor used. */
  sealingKey?: Uint8Array;
  rates?: RateLimitConfig;
}>;

export type GatewayPorts = Readonly<{
  cell: CellClient;
  clock: Clock;
  nonces?: NonceStore;
  reportBug: ReportBug;
}>;

/** How long calls under way may take after a stop. */
const STOP_GRACE_MS = 5_000;

/** The clients' edge of a cell, on one port. */
export class GatewayServer {
  readonly #config: GatewayConfig;
  readonly #server = new Server(SERVER_OPTIONS);
  readonly #health: Health;
  #port = 0;

  constructor(config: GatewayConfig, ports: GatewayPorts) {
    if (config.tls === undefined && config.allowPlaintext !== true && !isLoopback(config.host)) {
      throw new Error(`Expected TLS or a loopback address, was ${config.host}: set key and certificate`);
    }
    this.#config = config;
    const serve = assemble(config, ports);
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

  async start(): Promise<void> {
    const { host, port, tls } = this.#config;
    this.#port = await bind(this.#server, host, port, serverCredentials(tls));
    this.#health.set(true);
  }

  /** Sends no new callers here, lets those under way finish, then closes. */
  async stop(): Promise<void> {
    this.#health.set(false);
    await shutDown(this.#server, STOP_GRACE_MS);
  }
}

type Serve = (method: GatewayMethod) => UntypedServiceImplementation[string];

const assemble = (config: GatewayConfig, ports: GatewayPorts): Serve => {
  const { cell, clock, reportBug } = ports;
  const keys = new KeyDirectory(cell, clock, config.operatorKeys);
  const nonces = ports.nonces ?? new MemoryNonceStore(clock.now());
  const seal = config.sealingKey === undefined ? undefined : new SecretSeal(config.sealingKey);
  const pipeline = new RequestPipeline({
    authenticator: new Authenticator({ keys, nonces, seal, clock }),
    rates: new RateLimits(config.rates ?? DEFAULT_RATES),
    tenancy: new Tenancy(new Owners(cell)),
    clock,
  });
  const gate = new Gate();
  const unaryPorts: UnaryPorts = {
    ...{ pipeline, gate, cell, seal, reportBug },
    head: () => undefined,
    proofs: () => Promise.reject(new Error('none')),
  };
  return (method) => unary(unaryPorts, method) as UntypedServiceImplementation[string];
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
