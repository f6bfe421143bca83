import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Busy,
  isRejection,
  OutcomeUnknown,
  reject,
  Retryable,
  type AppendResult,
  type CommandContext,
  type Intent,
  type Rejection,
} from '@plinth/eventing';
import { countCommand, countConflict } from '../telemetry/instruments.ts';
import { traceAppend, traceCommand, traced } from '../telemetry/spans.ts';
import { appendsOf, commitStates, decideAll, guardsOf, type Decision } from './decision.ts';
import { commandEventId } from './ids.ts';
import { LIMITS } from './limits.ts';
import type { ServiceHost } from './service-host.ts';

/** A command as it came over the edge. */
export type CommandCall = Readonly<{
  name: string;
  request: unknown;
  /** Canonical bytes of the request: with the name, what makes two calls the same command. */
  bytes: Uint8Array;
  /** Client id, or `operator`. */
  tenant: string;
  /** Made by the caller; the same id with the same body always gets the same answer. */
  requestId: string;
  actor: string;
  traceparent?: string;
  /** Traceparents of others that had a part in it, of a batch. */
  links?: readonly string[];
}>;

export type CommandAnswer =
  | Readonly<{ status: 'accepted'; position: bigint; id: string }>
  | Readonly<{ status: 'rejected'; rejection: Rejection }>;

type StoredAnswer = Readonly<{ id: string } | { rejection: Rejection }>;

const encode = (answer: StoredAnswer): Uint8Array => Buffer.from(JSON.stringify(answer));

const answerOf = (stored: Uint8Array, position: bigint): CommandAnswer => {
  const answer = JSON.parse(Buffer.from(stored).toString('utf8')) as StoredAnswer;
  return 'rejection' in answer
    ? { status: 'rejected', rejection: answer.rejection }
    : { status: 'accepted', position, id: answer.id };
};

const bodyHash = (call: CommandCall): Uint8Array =>
  createHash('sha256').update(call.name).update('\0').update(call.bytes).digest();

const KEY_REUSED = reject(
  'REQUEST_ID_REUSED',
  'Expected a new request id: this one was used with another body',
  {
    field: 'request_id',
    reason: 'exists',
  },
);

const idOf = (intents: readonly Intent[]): string => {
  const stream = intents[0]?.stream ?? '';
  return stream.slice(stream.indexOf('-') + 1);
};

/**
 * Takes a command from outside: planned, decided and appended in one round trip; when the log finds that it
 * was answered before, that answer stands and nothing is changed. Bad input is refused and leaves no trace;
 * any other refusal is stored under the request id like an acceptance.
 * @throws OutcomeUnknown when it cannot be learned whether the append happened: ask again with the same
 * request id.
 */
export const executeCommand = async (host: ServiceHost, call: CommandCall): Promise<CommandAnswer> =>
  traceCommand(host.name, call.name, call, async () => {
    const answer = await execute(host, call);
    const outcome = answer.status === 'accepted' ? 'accepted' : answer.rejection.code;
    countCommand({ service: host.name, name: call.name, outcome });
    return answer;
  });

const execute = async (host: ServiceHost, call: CommandCall): Promise<CommandAnswer> => {
  const context = contextOf(host, call);
  const planned = await plan(host, call, context);
  const leave = await host.turns.enter(isRejection(planned) ? [] : planned.map(({ stream }) => stream));
  try {
    return await executeInTurn(host, call, context, planned);
  } finally {
    leave();
  }
};

type Plan = readonly Intent[] | Rejection;

const executeInTurn = async (
  host: ServiceHost,
  call: CommandCall,
  context: CommandContext,
  first: Plan,
): Promise<CommandAnswer> => {
  const hash = bodyHash(call);
  for (let attempt = 0; attempt <= LIMITS.conflictRetriesMax; attempt += 1) {
    await pauseBefore(attempt);
    const planned = attempt === 0 ? first : await plan(host, call, context);
    if (isRejection(planned) && planned.reason === 'invalid')
      return { status: 'rejected', rejection: planned };
    const decision = isRejection(planned)
      ? { ...NOTHING, rejection: planned }
      : await decideAll(planned, host.states, host.definition.owns, { isAgain: attempt > 0 });
    const { rejection, touched } = decision;
    const answer: StoredAnswer =
      rejection === undefined ? { id: idOf(planned as readonly Intent[]) } : { rejection };
    const result = await append(host, call, context, hash, decision, answer);
    switch (result.status) {
      case 'appended':
        if (rejection === undefined) commitStates(host.name, decision, host.states);
        return answerOf(encode(answer), result.last);
      case 'duplicate':
        host.states.doubt(touched.keys());
        return answerOf(result.answer ?? encode(answer), result.last);
      case 'key-reused':
        return { status: 'rejected', rejection: KEY_REUSED };
      case 'conflict':
        countConflict({ service: host.name });
        host.states.doubt(touched.keys());
        continue;
      case 'fenced':
        throw new Error('Expected no checkpoint on a command');
    }
  }
  throw new Busy(
    `Expected to append within ${LIMITS.conflictRetriesMax} tries: the stream is busy, send again`,
  );
};

/** Others were first: at once the first time, then after longer and longer, so that not all come together. */
const pauseBefore = async (attempt: number): Promise<void> => {
  if (attempt < 2) return;
  const mostMs = Math.min(2 ** attempt, LIMITS.conflictPauseMaxMs);
  await sleep(mostMs * (0.5 + Math.random() / 2));
};

const NOTHING: Decision = { touched: new Map(), eventCount: 0 };

/**
 * What the service plans by its views. They may be behind what this caller has seen, here or at another
 * replica: a refusal is planned again once they hold all that the log held when the command came.
 */
const plan = async (
  host: ServiceHost,
  { name, request }: CommandCall,
  context: CommandContext,
): Promise<Plan> => {
  const handler = host.definition.commands[name];
  if (handler === undefined) throw new Error(`Expected a command of ${host.name}, was ${name}`);
  await reach(host, host.floor);
  const seen = host.last;
  const planned = handler(request as never, host.views, context);
  if (!isRejection(planned) || planned.reason === 'invalid' || !host.isFollowing) return planned;
  const { position } = await host.ports.log.head();
  if (position <= seen) return planned;
  await reach(host, position);
  return handler(request as never, host.views, context);
};

const reach = async (host: ServiceHost, position: bigint): Promise<void> => {
  if (position <= host.last) return;
  try {
    await host.waitFor(position, AbortSignal.timeout(LIMITS.catchUpMs));
  } catch (error) {
    throw new Retryable(`${host.name} is behind the log: wait and send again`, { cause: error });
  }
};

const contextOf = (host: ServiceHost, call: CommandCall): CommandContext => ({
  now: host.ports.clock.now(),
  tenant: call.tenant,
  cause: {
    correlationId: call.requestId,
    causationId: call.requestId,
    actor: call.actor,
    ...traced(call.traceparent),
  },
});

const append = async (
  host: ServiceHost,
  call: CommandCall,
  context: CommandContext,
  hash: Uint8Array,
  decision: Decision,
  answer: StoredAnswer,
): Promise<AppendResult> => {
  const eventId = (n: number): string => commandEventId(call.tenant, call.requestId, n);
  try {
    return await traceAppend(host.name, () =>
      host.ports.log.append({
        appends: [
          ...(decision.rejection === undefined ? appendsOf(decision, eventId) : []),
          ...guardsOf(decision),
        ],
        cause: context.cause,
        occurredAt: context.now,
        command: { tenant: call.tenant, key: call.requestId, bodyHash: hash, answer: encode(answer) },
      }),
    );
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error;
    // The connection was cut at COMMIT: the command table knows. When it has nothing, it may still come: say
    // unknown.
    const stored = await host.ports.log.command(call.tenant, call.requestId);
    if (stored === undefined) throw error;
    host.states.doubt(decision.touched.keys());
    return { status: 'duplicate', last: stored.last, answer: stored.answer };
  }
};
