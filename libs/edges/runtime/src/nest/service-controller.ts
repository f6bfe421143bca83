import { Metadata, status as grpc, type ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject, type Type } from '@nestjs/common';
import { GrpcMethod, RpcException } from '@nestjs/microservices';
import type { AnyService } from '@plinth/eventing';
import { callLife } from '../grpc/deadline.ts';
import { GRPC_LIMITS } from '../grpc/limits.ts';
import { errorOf, GrpcError, rejectionError, statusOf, type ReportBug } from '../grpc/status.ts';
import type { CellClient, Sender } from '../rpc/cell-client.ts';
import { INNER_METADATA } from '../rpc/inner-metadata.ts';
import { RPC_METHODS, type RpcMethod } from '../rpc/rpc-table.ts';

/** Injected into every controller: what answers calls. */
export const CELL = Symbol('cell');
export const REPORT_BUG = Symbol('report bug');

/** Stands for bytes that are no request of their method. */
export const MALFORMED = Symbol('malformed request');

const textOf = (metadata: Metadata, name: string): string => {
  const [value] = metadata.get(name);
  return typeof value === 'string' ? value : '';
};

/** What a caller inside the cell says of the sender stands in the log for ever. */
const FORMS = {
  tenant: /^[a-z0-9]{1,32}$/,
  actor: /^[a-z]{1,16}:[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/,
} as const;
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

const formed = (metadata: Metadata, name: keyof typeof FORMS): string => {
  const text = textOf(metadata, INNER_METADATA[name]);
  if (FORMS[name].test(text)) return text;
  throw new GrpcError(
    grpc.INVALID_ARGUMENT,
    'SENDER_INVALID',
    `Expected metadata ${INNER_METADATA[name]} like ${FORMS[name].source}`,
    { field: INNER_METADATA[name] },
  );
};

const senderOf = (metadata: Metadata): Sender => {
  const traceparent = textOf(metadata, INNER_METADATA.traceparent);
  return {
    requestId: textOf(metadata, INNER_METADATA.requestId),
    tenant: formed(metadata, 'tenant'),
    actor: formed(metadata, 'actor'),
    ...(TRACEPARENT.test(traceparent) ? { traceparent } : {}),
  };
};

type Call = ServerUnaryCall<unknown, unknown>;

/** Answers calls of one service. The handlers are put on its prototype by `controllerOf`. */
export class ServiceController {
  readonly #cell: CellClient;
  readonly #reportBug: ReportBug;

  constructor(cell: CellClient, reportBug: ReportBug) {
    this.#cell = cell;
    this.#reportBug = reportBug;
  }

  async answer(method: RpcMethod, request: unknown, metadata: Metadata, call: Call): Promise<unknown> {
    const life = callLife(call, {
      defaultMs: GRPC_LIMITS.deadlineDefaultMs,
      maxMs: GRPC_LIMITS.deadlineMaxMs,
    });
    try {
      life.check();
      if (request === MALFORMED) throw malformed(method);
      return await (method.kind === 'command'
        ? this.#command(method, request, metadata)
        : this.#query(method, request, call, life.signal));
    } catch (error) {
      const { code, details, metadata: trailers } = statusOf(errorOf(error, this.#reportBug));
      throw new RpcException({ code, message: details, metadata: trailers });
    } finally {
      life.end();
    }
  }

  async #command({ name }: RpcMethod, request: unknown, metadata: Metadata): Promise<unknown> {
    const answer = await this.#cell.command(name, request, senderOf(metadata));
    if (answer.status === 'rejected') throw rejectionError(answer.rejection);
    return { position: answer.position, id: answer.id };
  }

  async #query({ name }: RpcMethod, request: unknown, call: Call, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#cell.query(name, request, signal);
    if (answer.status === 'rejected') throw rejectionError(answer.rejection);
    const metadata = new Metadata();
    metadata.set(INNER_METADATA.position, answer.position.toString());
    call.sendMetadata(metadata);
    return answer.response;
  }
}

const malformed = ({ name }: RpcMethod): GrpcError =>
  new GrpcError(
    grpc.INVALID_ARGUMENT,
    'MALFORMED_REQUEST',
    `Expected the protobuf bytes of a request of ${name}`,
  );

const SERVICE_OF = /\.(\w+)\/(\w+)$/;

/** `PlaceOrder` is `placeOrder` in a grpc-js definition. */
const keyOf = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/**
 * A Nest controller with a gRPC handler for every method of a service. What it would say is in the protos
 * already, so it is made from their table: a service needs no controller of its own.
 */
export const controllerOf = (definition: AnyService): Type<ServiceController> => {
  class OfService extends ServiceController {}
  Controller()(OfService);
  Inject(CELL)(OfService, undefined, 0);
  Inject(REPORT_BUG)(OfService, undefined, 1);
  for (const method of RPC_METHODS.values()) {
    if (method.context !== definition.name) continue;
    const key = keyOf(method.name);
    const handler = function (this: ServiceController, request: unknown, metadata: Metadata, call: Call) {
      return this.answer(method, request, metadata, call);
    };
    const descriptor = { value: handler, writable: true, configurable: true };
    Object.defineProperty(OfService.prototype, key, descriptor);
    const [, service = ''] = SERVICE_OF.exec(method.path) ?? [];
    GrpcMethod(service, key)(OfService.prototype, key, descriptor);
  }
  return OfService;
};
