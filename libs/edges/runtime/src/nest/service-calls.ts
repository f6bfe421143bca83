import {
  Metadata,
  status as grpc,
  type sendUnaryData,
  type Server,
  type ServerUnaryCall,
  type StatusObject,
} from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { Receipt } from '@plinth/messages';
import { callLife, type CallLife } from '../grpc/deadline.ts';
import { GRPC_LIMITS } from '../grpc/limits.ts';
import { rawMethods } from '../grpc/raw-methods.ts';
import { errorOf, GrpcError, rejectionError, statusOf, type ReportBug } from '../grpc/status.ts';
import type { InProcessCell, Sender } from '../rpc/cell-client.ts';
import { INNER_METADATA } from '../rpc/inner-metadata.ts';
import { RPC_METHODS, type RpcMethod } from '../rpc/rpc-table.ts';

/** Injected: what answers calls. */
export const CELL = Symbol('cell');
export const REPORT_BUG = Symbol('report bug');

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

const DEADLINES = { defaultMs: GRPC_LIMITS.deadlineDefaultMs, maxMs: GRPC_LIMITS.deadlineMaxMs };

type Call = ServerUnaryCall<Buffer, Buffer>;

/**
 * Answers the calls of one service, from bytes to bytes. What a controller would say is in the protos
 * already, so the handlers are made from their table: a service needs none of its own.
 */
export class ServiceCalls {
  readonly #cell: InProcessCell;
  readonly #reportBug: ReportBug;

  constructor(cell: InProcessCell, reportBug: ReportBug) {
    this.#cell = cell;
    this.#reportBug = reportBug;
  }

  /** Has a server answer every method of a service; gives the names of its gRPC services. */
  addTo(server: Server, service: string): readonly string[] {
    const methods = [...RPC_METHODS.values()].filter(({ context }) => context === service);
    server.addService(
      rawMethods(methods.map(({ name: key, path }) => ({ key, path, responseStream: false }))),
      Object.fromEntries(methods.map((method) => [method.name, this.#handlerOf(method)])),
    );
    return [...new Set(methods.map(({ path }) => path.slice(1, path.lastIndexOf('/'))))];
  }

  #handlerOf(method: RpcMethod) {
    return (call: Call, answered: sendUnaryData<Buffer>): void => void this.#serve(method, call, answered);
  }

  async #serve(method: RpcMethod, call: Call, answered: sendUnaryData<Buffer>): Promise<void> {
    const life = callLife(call, DEADLINES);
    let answer: Buffer | undefined;
    let failure: StatusObject | null = null;
    try {
      answer = await this.#answer(method, call, life);
    } catch (error) {
      failure = statusOf(errorOf(error, this.#reportBug));
    }
    life.end();
    answered(failure, answer);
  }

  async #answer(method: RpcMethod, call: Call, life: CallLife): Promise<Buffer> {
    life.check();
    const request = decoded(method, call.request);
    return method.kind === 'command'
      ? this.#command(method, request, call.metadata)
      : this.#query(method, request, call, life);
  }

  async #command(method: RpcMethod, request: unknown, metadata: Metadata): Promise<Buffer> {
    const answer = await this.#cell.command(method.name, request, senderOf(metadata));
    if (answer.status === 'rejected') throw rejectionError(answer.rejection);
    const receipt: Receipt = { position: answer.position, id: answer.id };
    return method.encodeResponse(receipt);
  }

  async #query(method: RpcMethod, request: unknown, call: Call, life: CallLife): Promise<Buffer> {
    const answer = await this.#cell.answer(method, request, life);
    if (answer.status === 'rejected') throw rejectionError(answer.rejection);
    const metadata = new Metadata();
    metadata.set(INNER_METADATA.position, answer.position.toString());
    call.sendMetadata(metadata);
    return answer.bytes;
  }
}

Injectable()(ServiceCalls);
Inject(CELL)(ServiceCalls, undefined, 0);
Inject(REPORT_BUG)(ServiceCalls, undefined, 1);

const decoded = ({ name, decodeRequest }: RpcMethod, bytes: Buffer): unknown => {
  try {
    return decodeRequest(bytes);
  } catch {
    throw new GrpcError(
      grpc.INVALID_ARGUMENT,
      'MALFORMED_REQUEST',
      `Expected the protobuf bytes of a request of ${name}`,
    );
  }
};
