import type { Metadata } from '@grpc/grpc-js';
import { setTimeout as sleep } from 'node:timers/promises';
import { status as grpc } from '@grpc/grpc-js';
import type { Clock } from '@plinth/eventing';
import { traced, type Sender } from '@plinth/runtime';
import { GRPC_LIMITS, GrpcError, type CallLife, type ServerCall } from '@plinth/runtime/grpc';
import { single, type Authenticator, type Caller } from '../auth/authenticator.ts';
import type { Scope } from '../auth/key-directory.ts';
import { METADATA } from '../auth/signing.ts';
import type { CellRouter } from '../cells/cell-router.ts';
import type { Cell } from '../cells/cells.ts';
import { LIMITS } from '../limits.ts';
import type { HoldBack } from '../policy/hold-back.ts';
import { rateLimited, type RateLimits, type Whose } from '../policy/rate-limits.ts';
import type { MethodRule } from '../policy/rules.ts';
import type { Tenancy } from '../policy/tenancy.ts';
import type { GatewayMethod } from './methods.ts';

/** A call that may go on: who sent it, and what it asks. */
export type Admitted = Readonly<{
  caller: Caller;
  request: Readonly<Record<string, unknown>>;
  /** Where it goes; more than one for a list of all cells only. */
  cells: readonly [Cell, ...Cell[]];
  /** Of commands only. */
  sender: Sender | undefined;
}>;

export type PipelinePorts = Readonly<{
  authenticator: Authenticator;
  rates: RateLimits;
  tenancy: Tenancy;
  router: CellRouter;
  holdBack: HoldBack;
  clock: Clock;
}>;

/** Everything that is asked of a call before a service sees it, in this order. */
export class RequestPipeline {
  readonly #ports: PipelinePorts;

  constructor(ports: PipelinePorts) {
    this.#ports = ports;
  }

  async admit(method: GatewayMethod, bytes: Buffer, call: ServerCall, life: CallLife): Promise<Admitted> {
    const { authenticator, rates, tenancy, router, clock, holdBack } = this.#ports;
    const { metadata } = call;
    life.check();
    checkSize(metadata);
    const name = callerName(call);
    const left = holdBack.left(name, clock.now());
    if (left !== undefined) throw rateLimited(left.whose, left.waitMs);
    const { caller, keep } = await authenticator.authenticate(method, bytes, metadata, life.signal);
    const nowMs = clock.now();
    const onWait = (whose: Whose, waitMs: number): void => holdBack.exhausted(name, whose, waitMs, nowMs);
    rates.charge(caller, method.rule.cost, nowMs, onWait);
    checkScope(caller, method.rule);
    const isCommand = method.rule.kind === 'command';
    const sender = isCommand ? senderOf(caller, metadata) : undefined;
    const decoded = decode(method, bytes);
    await keep(!isCommand);
    const request = await tenancy.check(caller.tenant, method.rule.ids, decoded, life.signal);
    const cells = await router.route(caller, method, request, caller.cell, life.signal);
    life.check();
    return { caller, request, cells, sender };
  }

  /** Resolves when a failure may be told: at once, but for whoever comes again before his time. */
  async sendAway(call: ServerCall, { code, retryAfterMs }: GrpcError, signal: AbortSignal): Promise<void> {
    const { holdBack, clock } = this.#ports;
    if (code !== grpc.RESOURCE_EXHAUSTED || retryAfterMs === undefined) return;
    const ms = holdBack.sentAway(callerName(call), clock.now());
    if (ms === 0) return;
    holdBack.enter();
    // Whoever has gone, or whose deadline has passed, is not waited for.
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    holdBack.leave();
  }
}

/** A connection, and the key that is named on it: nothing of it is proven. */
const callerName = (call: ServerCall): string =>
  `${call.getPeer()} ${(single(call.metadata, METADATA.key) ?? '').slice(0, LIMITS.keyIdMaxLength)}`;

const checkSize = (metadata: Metadata): void => {
  let bytes = 0;
  for (const [name, values] of Object.entries(metadata.toJSON())) {
    for (const value of values) bytes += name.length + value.length;
  }
  if (bytes <= GRPC_LIMITS.metadataBytesMax) return;
  throw new GrpcError(
    grpc.RESOURCE_EXHAUSTED,
    'METADATA_TOO_LARGE',
    `Expected at most ${GRPC_LIMITS.metadataBytesMax} bytes of metadata, was ${bytes}`,
  );
};

const IMPLIED: Readonly<Partial<Record<Scope, Scope>>> = { read: 'operate' };

/** The scope of the method, or one that includes it; and a client in good standing for all but reading. */
const checkScope = ({ scopes, kycState, tenant }: Caller, { scope }: MethodRule): void => {
  const implied = IMPLIED[scope];
  if (!scopes.has(scope) && (implied === undefined || !scopes.has(implied))) {
    throw new GrpcError(
      grpc.PERMISSION_DENIED,
      'SCOPE_MISSING',
      `Expected a key with scope ${scope}: issue one`,
      { facts: { scope } },
    );
  }
  if (scope === 'read' || kycState === 'approved') return;
  throw new GrpcError(
    grpc.PERMISSION_DENIED,
    'CLIENT_NOT_APPROVED',
    `Expected client ${tenant} to be approved, was ${kycState}`,
    { facts: { kyc_state: kycState } },
  );
};

const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

const senderOf = ({ tenant, actor }: Caller, metadata: Metadata): Sender => {
  const requestId = single(metadata, METADATA.requestId);
  if (requestId === undefined || !REQUEST_ID.test(requestId)) {
    throw new GrpcError(
      grpc.INVALID_ARGUMENT,
      'REQUEST_ID_INVALID',
      `Expected metadata ${METADATA.requestId} of 1 to 64 letters, digits, _ . : or -: a new one per request`,
      { field: 'request_id' },
    );
  }
  return { tenant, actor, requestId, ...traced(traceparentOf(metadata)) };
};

/** What the caller says of its own span, when it is in the form of W3C Trace Context. */
export const traceparentOf = (metadata: Metadata): string | undefined => {
  const traceparent = single(metadata, 'traceparent');
  return traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : undefined;
};

const decode = (method: GatewayMethod, bytes: Buffer): Readonly<Record<string, unknown>> => {
  try {
    return method.decode(bytes);
  } catch (error) {
    if (error instanceof GrpcError) throw error;
    throw new GrpcError(
      grpc.INVALID_ARGUMENT,
      'MALFORMED_REQUEST',
      `Expected the protobuf bytes of a request of ${method.name}`,
    );
  }
};

/** Counts the calls under way; beyond the limit a call is sent away at once, before it costs anything. */
export class Gate {
  readonly #max: number;
  readonly #clientMax: number;
  readonly #clients = new Map<string, number>();
  #open = 0;

  constructor(max: number = LIMITS.callsInFlightMax, clientMax: number = LIMITS.callsPerClientMax) {
    this.#max = max;
    this.#clientMax = clientMax;
  }

  get open(): number {
    return this.#open;
  }

  /** Room for a call of anybody. */
  enter(): void {
    if (this.#open >= this.#max) throw overloaded('at once');
    this.#open += 1;
  }

  leave(): void {
    this.#open -= 1;
  }

  /** Room for a call of one client, once it is known whose it is; gives the way out. */
  enterAs(tenant: string): () => void {
    const open = this.#clients.get(tenant) ?? 0;
    if (open >= this.#clientMax) throw overloaded('of this client at once');
    this.#clients.set(tenant, open + 1);
    return () => {
      const left = (this.#clients.get(tenant) ?? 1) - 1;
      if (left === 0) this.#clients.delete(tenant);
      else this.#clients.set(tenant, left);
    };
  }
}

const overloaded = (what: string): GrpcError =>
  new GrpcError(grpc.RESOURCE_EXHAUSTED, 'OVERLOADED', `Expected fewer calls ${what}: wait`, {
    retryAfterMs: 1_000,
  });
