import { Metadata, status as grpc, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import type { accountsMessages, Receipt } from '@plinth/messages';
import type { CellClient } from '@plinth/runtime';
import {
  callLife,
  errorOf,
  GRPC_LIMITS,
  GrpcError,
  rejectionError,
  statusOf,
  type CallLife,
  type ReportBug,
} from '@plinth/runtime/grpc';
import { METADATA } from '../auth/signing.ts';
import type { SecretSeal } from '../auth/secret-seal.ts';
import type { Proofs } from '../proofs/proofs.ts';
import { hideSecrets, sealSecret } from './key-secrets.ts';
import type { GatewayMethod } from './methods.ts';
import type { Admitted, Gate, RequestPipeline } from './request-pipeline.ts';

/** What an answer says about itself, and the answer. */
export type Answer = Readonly<{ response: unknown; position: bigint }>;

export type UnaryPorts = Readonly<{
  pipeline: RequestPipeline;
  gate: Gate;
  cell: CellClient;
  seal: SecretSeal | undefined;
  /** What the gateway answers itself. */
  proofs: Pick<Proofs, 'answer' | 'head'>;
  reportBug: ReportBug;
}>;

const DEADLINES = { defaultMs: GRPC_LIMITS.deadlineDefaultMs, maxMs: GRPC_LIMITS.deadlineMaxMs };

/** The answer, or the end of the call's life, whichever is first. */
const within = <T>(life: CallLife, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const over = (): void => reject(life.signal.reason as Error);
    if (life.signal.aborted) return over();
    life.signal.addEventListener('abort', over, { once: true });
    work.then(resolve, reject).finally(() => life.signal.removeEventListener('abort', over));
  });

const command = async (
  { cell, seal }: UnaryPorts,
  method: GatewayMethod,
  { request, sender }: Admitted,
  life: CallLife,
): Promise<Answer> => {
  if (sender === undefined) throw new Error(`Expected a sender of command ${method.name}`);
  const sealed =
    method.name === 'IssueApiKey'
      ? sealSecret(request as unknown as accountsMessages.IssueApiKeyRequest, seal)
      : request;
  life.check();
  const answer = await within(life, cell.command(method.name, sealed, sender)).catch((error: unknown) => {
    if (!life.signal.aborted) throw error;
    // It has been sent and may yet happen: nobody may call it failed.
    throw new GrpcError(
      grpc.DEADLINE_EXCEEDED,
      'OUTCOME_UNKNOWN',
      'the deadline has passed, outcome unknown: send again with the same request id',
    );
  });
  if (answer.status === 'rejected') throw rejectionError(answer.rejection);
  const receipt: Receipt = { position: answer.position, id: answer.id };
  return { response: receipt, position: answer.position };
};

const query = async (
  { cell }: UnaryPorts,
  method: GatewayMethod,
  { request }: Admitted,
  life: CallLife,
): Promise<Answer> => {
  const answer = await within(life, cell.query(method.name, request, life.signal)).catch((error: unknown) => {
    life.signal.throwIfAborted();
    throw error;
  });
  if (answer.status === 'rejected') throw rejectionError(answer.rejection);
  const response =
    method.name === 'GetClient'
      ? hideSecrets(answer.response as accountsMessages.ClientInfo)
      : answer.response;
  return { response, position: answer.position };
};

const answer = async (
  ports: UnaryPorts,
  method: GatewayMethod,
  call: ServerUnaryCall<Buffer, Buffer>,
  life: CallLife,
): Promise<Answer> => {
  const admitted = await within(life, ports.pipeline.admit(method, call.request, call, life));
  const leave = ports.gate.enterAs(admitted.caller.tenant);
  return carryOut(ports, method, admitted, life).finally(leave);
};

const carryOut = (
  ports: UnaryPorts,
  method: GatewayMethod,
  admitted: Admitted,
  life: CallLife,
): Promise<Answer> => {
  switch (method.rule.kind) {
    case 'command':
      return command(ports, method, admitted, life);
    case 'query':
      return query(ports, method, admitted, life);
    case 'proof':
      return within(life, ports.proofs.answer(method, admitted, life.signal));
    case 'stream':
      return Promise.reject(new Error(`Expected one answer of ${method.name}`));
  }
};

/** A unary method: admitted, answered, and every failure turned into a status with details. */
export const unary =
  (ports: UnaryPorts, method: GatewayMethod) =>
  (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    void serve(ports, method, call, callback);
  };

const serve = async (
  ports: UnaryPorts,
  method: GatewayMethod,
  call: ServerUnaryCall<Buffer, Buffer>,
  callback: sendUnaryData<Buffer>,
): Promise<void> => {
  const life = callLife(call, DEADLINES);
  let isIn = false;
  try {
    ports.gate.enter();
    isIn = true;
    const { response, position } = await answer(ports, method, call, life);
    const bytes = method.encode(response);
    call.sendMetadata(answerMetadata(position, ports.proofs.head()));
    callback(null, bytes);
  } catch (error) {
    callback(statusOf(errorOf(error, ports.reportBug)));
  } finally {
    if (isIn) ports.gate.leave();
    life.end();
  }
};

export const answerMetadata = (position: bigint, head: Uint8Array | undefined): Metadata => {
  const metadata = new Metadata();
  metadata.set(METADATA.position, position.toString());
  if (head !== undefined) metadata.set(METADATA.head, Buffer.from(head));
  return metadata;
};
