import { Metadata, status as grpc, type StatusObject } from '@grpc/grpc-js';
import type { accountsMessages, Receipt } from '@plinth/messages';
import { traceCall } from '@plinth/runtime';
import {
  callLife,
  errorOf,
  GRPC_LIMITS,
  GrpcError,
  rejectionError,
  statusOf,
  type CallLife,
  type ReportBug,
  type ServerCall,
} from '@plinth/runtime/grpc';
import { METADATA } from '../auth/signing.ts';
import type { CellRouter } from '../cells/cell-router.ts';
import type { Cell, Cells } from '../cells/cells.ts';
import { listCells } from '../cells/list-cells.ts';
import { mergedPage } from '../cells/merged-pages.ts';
import { placeClient } from '../cells/place-client.ts';
import type { SecretSeal } from '../auth/secret-seal.ts';
import { hideSecrets, sealSecret } from './key-secrets.ts';
import { measureCall } from './gateway-instruments.ts';
import type { GatewayMethod } from './methods.ts';
import { traceparentOf, type Admitted, type Gate, type RequestPipeline } from './request-pipeline.ts';

/** What an answer says about itself, and the answer. */
export type Answer = Readonly<{ response: unknown; position: bigint }>;

type AnswerOf = Readonly<{ answer: Answer; cell: Cell }>;

/** A call with one answer, of grpc-js or of HTTP. */
export type UnaryCall = ServerCall &
  Readonly<{ request: Buffer; sendMetadata: (metadata: Metadata) => void }>;

/** Takes a failure, or the bytes of the answer. */
export type Answered = (failure: StatusObject | null, bytes?: Buffer) => void;

export type UnaryPorts = Readonly<{
  pipeline: RequestPipeline;
  gate: Gate;
  cells: Cells;
  router: CellRouter;
  seal: SecretSeal | undefined;
  reportBug: ReportBug;
}>;

const DEADLINES = { defaultMs: GRPC_LIMITS.deadlineDefaultMs, maxMs: GRPC_LIMITS.deadlineMaxMs };

/** What the services do not get as the caller sent it. */
const prepared = ({ cells, seal }: UnaryPorts, { name }: GatewayMethod, { request }: Admitted): unknown => {
  switch (name) {
    case 'IssueApiKey':
      return sealSecret(request as unknown as accountsMessages.IssueApiKeyRequest, seal);
    case 'RequestClientTransfer':
      return { ...request, toCell: cells.areSeveral ? cells.ofClient(String(request['toClientId'])).id : '' };
    default:
      return request;
  }
};

const command = async (
  ports: UnaryPorts,
  method: GatewayMethod,
  admitted: Admitted,
  life: CallLife,
): Promise<AnswerOf> => {
  const { request, sender, caller } = admitted;
  if (sender === undefined) throw new Error(`Expected a sender of command ${method.name}`);
  const { cells, router } = ports;
  const body = prepared(ports, method, admitted);
  life.check();
  const isPlaced = cells.areSeveral && method.rule.spread === 'placed';
  const send = async () => {
    const cell = isPlaced
      ? await placeClient(cells, body as { clientId: string }, caller.cell, sender, life.signal)
      : admitted.cells[0];
    return { cell, answer: await cell.client.command(method.name, body, sender) };
  };
  const { cell, answer } = await life.within(send()).catch((error: unknown) => {
    if (!life.signal.aborted) throw error;
    // It has been sent and may yet happen: nobody may call it failed.
    throw new GrpcError(
      grpc.DEADLINE_EXCEEDED,
      'OUTCOME_UNKNOWN',
      'the deadline has passed, outcome unknown: send again with the same request id',
    );
  });
  if (answer.status === 'rejected') throw rejectionError(answer.rejection);
  router.remember(request, cell);
  const receipt: Receipt = { position: answer.position, id: answer.id };
  return { answer: { response: receipt, position: answer.position }, cell };
};

const query = async (
  { client }: Cell,
  method: GatewayMethod,
  request: Admitted['request'],
  life: CallLife,
): Promise<Answer> => {
  const answer = await life
    .within(client.query(method.name, request, life.signal))
    .catch((error: unknown) => {
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
  call: UnaryCall,
  life: CallLife,
): Promise<AnswerOf> => {
  const admitted = await life.within(ports.pipeline.admit(method, call.request, call, life));
  const leave = ports.gate.enterAs(admitted.caller.tenant);
  return carryOut(ports, method, admitted, life).finally(leave);
};

const carryOut = async (
  ports: UnaryPorts,
  method: GatewayMethod,
  admitted: Admitted,
  life: CallLife,
): Promise<AnswerOf> => {
  const { cells, request } = admitted;
  const [cell] = cells;
  switch (method.rule.kind) {
    case 'command':
      return command(ports, method, admitted, life);
    case 'query':
      if (cells.length > 1) return mergedPage(cells, request, (one, page) => query(one, method, page, life));
      return { answer: await query(cell, method, request, life), cell };
    case 'proof':
      return { answer: await life.within(cell.proofs.answer(method, admitted, life.signal)), cell };
    case 'cells': {
      const response = await life.within(listCells(ports.cells, life.signal));
      return { answer: { response, position: cell.feed.last }, cell };
    }
    case 'stream':
      throw new Error(`Expected one answer of ${method.name}`);
  }
};

/** A unary method: admitted, answered, and every failure turned into a status with details. */
export const unary =
  (ports: UnaryPorts, method: GatewayMethod) =>
  (call: UnaryCall, callback: Answered): void => {
    void serve(ports, method, call, callback);
  };

const serve = async (
  ports: UnaryPorts,
  method: GatewayMethod,
  call: UnaryCall,
  callback: Answered,
): Promise<void> => {
  const startedMs = performance.now();
  const life = callLife(call, DEADLINES);
  let isIn = false;
  let failure: GrpcError | undefined;
  try {
    ports.gate.enter();
    isIn = true;
    const { answer: found, cell } = await traceCall(method.path.slice(1), traceparentOf(call.metadata), () =>
      answer(ports, method, call, life),
    );
    const bytes = method.encode(found.response);
    call.sendMetadata(answerMetadata(found.position, cell));
    callback(null, bytes);
  } catch (error) {
    failure = errorOf(error, ports.reportBug);
  }
  measureCall(method.name, performance.now() - startedMs, failure);
  if (isIn) ports.gate.leave();
  if (failure !== undefined) {
    await ports.pipeline.sendAway(call, failure, life.signal);
    callback(statusOf(failure));
  }
  life.end();
};

const answerMetadata = (position: bigint, { id, proofs }: Cell): Metadata => {
  const metadata = new Metadata();
  metadata.set(METADATA.position, position.toString());
  metadata.set(METADATA.cell, id);
  const head = proofs.head();
  if (head !== undefined) metadata.set(METADATA.head, Buffer.from(head));
  return metadata;
};
