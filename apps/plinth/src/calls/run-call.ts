import type { GatewayClient, GatewayError, ServiceName } from '@plinth/gateway/client';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import type { Output, Row } from '../cli/output.ts';
import type { Call, FieldOf, OptionOf } from './call.ts';
import { connected, type ConnectionOptions } from './connection.ts';
import { printAnswer, printList } from './print-answer.ts';

export type CallOptions = ConnectionOptions &
  Readonly<{ output: Output; minPosition?: bigint; limit?: number }> &
  Readonly<Record<string, unknown>>;

const PAGE_MAX = 500;

/** Short enough to stand behind a client id in an order id. */
const newRequestId = (): string => randomBytes(12).toString('hex');

/** `--from-sub <id>` → `fromSub`, as commander names it. */
export const optionName = ({ flags }: OptionOf): string => {
  const long = /--([a-z-]+)/.exec(flags)?.[1] ?? '';
  return long.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
};

const valueOf = ({ parse }: FieldOf, given: unknown): unknown => {
  if (parse === undefined) return given;
  return Array.isArray(given) ? given.map((one) => parse(String(one))) : parse(String(given));
};

/** The request that arguments and options make; what is absent stays as the wire has it. */
export const requestOf = (
  call: Call,
  empty: Row,
  args: readonly (string | undefined)[],
  options: Readonly<Record<string, unknown>>,
  ids: Readonly<{ requestId: string; keyId: string }>,
): Row => {
  const request: Record<string, unknown> = { ...empty };
  (call.args ?? []).forEach((argument, i) => {
    const given = args[i];
    if (given !== undefined) request[argument.field] = valueOf(argument, given);
  });
  for (const option of call.options ?? []) {
    const given = options[optionName(option)] ?? option.fallback;
    if (given !== undefined) request[option.field] = valueOf(option, given);
    else if (option.fromRequestId === 'plain') request[option.field] = ids.requestId;
    else if (option.fromRequestId === 'own-part')
      request[option.field] = `${ids.keyId.split('.')[0]}.${ids.requestId}`;
  }
  if ('read' in empty && options['minPosition'] !== undefined)
    request['read'] = { minPosition: options['minPosition'] };
  return request;
};

type Ask = (request: Row) => Promise<Row>;

/** Goes through the pages until there are `limit` rows or no more. */
const allPages = async (ask: Ask, request: Row, rows: string, limit: number): Promise<readonly Row[]> => {
  const found: Row[] = [];
  let next: Row = request;
  for (;;) {
    const pageSize = Math.min(PAGE_MAX, limit - found.length);
    const answer = await ask('pageSize' in request ? { ...next, pageSize } : next);
    found.push(...(answer[rows] as readonly Row[]));
    const token = answer['nextPageToken'];
    const after = answer['nextAfterPosition'];
    if (found.length >= limit) return found.slice(0, limit);
    if (typeof token === 'string' && token !== '') next = { ...next, pageToken: token };
    else if (typeof after === 'bigint' && after > 0n) next = { ...next, afterPosition: after };
    else return found;
  }
};

/** A service that is restarted is back in seconds. */
const AGAIN_FOR_MS = 15_000;
const AGAIN_FIRST_MS = 250;
const AGAIN_MAX_MS = 2_000;

/**
 * Sends one request to `Service.Method`; the names are data here, so the types end at this door. What the
 * broker asks to be sent again is so for a while, under the same id: it has had no effect.
 */
export const send = async (
  client: GatewayClient,
  method: string,
  request: Row,
  requestId: string,
): Promise<Row> => {
  const [service = '', name = ''] = method.split('.');
  const endMs = performance.now() + AGAIN_FOR_MS;
  for (let pauseMs = AGAIN_FIRST_MS; ; pauseMs = Math.min(2 * pauseMs, AGAIN_MAX_MS)) {
    try {
      const options = { requestId };
      const { response } = await client.call(service as ServiceName, name as never, request, options);
      return response as Row;
    } catch (error) {
      const { reason, retryAfterMs } = error as Partial<GatewayError>;
      const waitMs = retryAfterMs ?? pauseMs;
      if (reason !== 'RETRY' || performance.now() + waitMs > endMs) throw error;
      await sleep(waitMs);
    }
  }
};

/** The rows with how long each took, or has been under way until now. */
const aged = (rows: readonly Row[], { lifetime }: Call): readonly Row[] => {
  if (lifetime === undefined) return rows;
  const nowMs = Date.now();
  return rows.map((row) => {
    const [from, to] = [Number(row[lifetime.from]), Number(row[lifetime.to])];
    return { ...row, ageMs: Math.max(0, (to === 0 ? nowMs : to) - from) };
  });
};

export const emptyOf = async (method: string): Promise<Row> => {
  const { emptyRequest, isMethod } = await import('@plinth/gateway/client');
  const [service = '', name = ''] = method.split('.');
  if (!isMethod(service, name)) throw new CliError(EXIT.usage, `Expected Service.Method, was ${method}`);
  return emptyRequest(service, name as never) as Row;
};

export const runCall = async (
  call: Call,
  args: readonly (string | undefined)[],
  options: CallOptions,
): Promise<void> => {
  const empty = await emptyOf(call.method);
  await connected(options, async (client, keyId) => {
    const requestId = options.requestId ?? newRequestId();
    const request = requestOf(call, empty, args, options, { requestId, keyId });
    const ask: Ask = (one) => send(client, call.method, one, requestId);
    const { output } = options;
    if (call.rows !== undefined) {
      const rows = await allPages(ask, request, call.rows, options.limit ?? PAGE_MAX);
      return printList(aged(rows, call), output, call.columns);
    }
    const answer = await ask(request);
    // A command's receipt: with the request id it can be asked for again.
    const isReceipt = Object.keys(answer).join() === 'position,id';
    printAnswer(isReceipt ? { ...answer, requestId } : answer, output);
  });
};
