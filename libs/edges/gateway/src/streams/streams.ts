import { status as grpc } from '@grpc/grpc-js';
import type { gatewayMessages, riskMessages } from '@plinth/messages';
import { callLife, errorOf, GrpcError, statusOf, type ReportBug } from '@plinth/runtime/grpc';
import { LIMITS } from '../limits.ts';
import { OPERATOR } from '../auth/authenticator.ts';
import type { KeyDirectory } from '../auth/key-directory.ts';
import type { Cell } from '../cells/cells.ts';
import type { Owners } from '../policy/owners.ts';
import { measureEnd } from '../server/gateway-instruments.ts';
import type { GatewayMethod } from '../server/methods.ts';
import type { RequestPipeline } from '../server/request-pipeline.ts';
import type { FeedEntry, LogFeed } from './log-feed.ts';
import { healthyMargin, type AccountMargin } from './margin-states.ts';
import { Audience, StreamSession, type StreamCall } from './stream-session.ts';

export type StreamsPorts = Readonly<{
  keys: KeyDirectory;
  heartbeatMs: number;
  slowReaderMs: number;
  pipeline: RequestPipeline;
  owners: Owners;
  reportBug: ReportBug;
  /** Aborts when the gateway stops. */
  stopping: AbortSignal;
}>;

type Asked = Readonly<{ accountIds: readonly string[]; resumeAfter: bigint }>;

const DEADLINES = { defaultMs: LIMITS.streamMaxMs, maxMs: LIMITS.streamMaxMs };

/** The server-streaming methods of the edge. */
export class Streams {
  readonly #ports: StreamsPorts;
  readonly #open = new Map<string, number>();
  #openCount = 0;

  constructor(ports: StreamsPorts) {
    this.#ports = ports;
  }

  /** Streams open now. */
  get openCount(): number {
    return this.#openCount;
  }

  handler(method: GatewayMethod): (call: StreamCall) => void {
    return (call) => void this.#serve(method, call);
  }

  async #serve(method: GatewayMethod, call: StreamCall): Promise<void> {
    const { pipeline, reportBug, stopping } = this.#ports;
    const life = callLife(call, DEADLINES);
    let tenant: string | undefined;
    let failure: GrpcError | undefined;
    try {
      const { caller, request, cells } = await pipeline.admit(method, call.request, call, life);
      this.#enter(caller.tenant);
      tenant = caller.tenant;
      const asked = request as unknown as Asked;
      const signal = AbortSignal.any([life.signal, stopping]);
      const isOver = (): void => signal.throwIfAborted();
      const [cell] = cells;
      const { feed } = cell;
      const from = await startOf(feed, asked, signal);
      const ports = { ...this.#ports, feed };
      const session = new StreamSession(call, { ...life, signal, check: isOver }, caller, ports, from);
      const own = await this.#ownAccounts(caller.tenant, asked, signal);
      const audience = new Audience(caller.tenant, asked.accountIds, own);
      if (method.name === 'StreamMargin') await this.#margin(cell, method, session, audience, asked, from);
      else await this.#fills(feed, method, session, audience, from);
    } catch (error) {
      failure = errorOf(error, reportBug);
    }
    measureEnd(method.name, failure);
    if (tenant !== undefined) this.#leave(tenant);
    if (failure !== undefined) {
      await pipeline.sendAway(call, failure, life.signal);
      call.emit('error', statusOf(failure));
    }
    life.end();
  }

  async #ownAccounts(
    tenant: string,
    { accountIds }: Asked,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    if (accountIds.length > 0 || tenant === OPERATOR) return new Set();
    return this.#ports.owners.accountsOf(tenant, 0n, signal);
  }

  async #margin(
    cell: Cell,
    method: GatewayMethod,
    session: StreamSession,
    audience: Audience,
    { resumeAfter }: Asked,
    from: bigint,
  ): Promise<never> {
    const { feed } = cell;
    const message = (kind: string, position: bigint, accounts: readonly AccountMargin[]): Buffer =>
      method.encode({ kind, position, accounts } satisfies Readonly<
        Omit<gatewayMessages.StreamMarginResponse, 'accounts'> & { accounts: readonly AccountMargin[] }
      >);
    let start = from;
    let known: ReadonlyMap<string, bigint> = new Map();
    // The changes since the token are no longer kept: the state they led to says as much.
    if (resumeAfter === 0n || feed.after(from) === undefined) {
      start = feed.last;
      const snapshot = await this.#snapshot(cell, audience, start, session.signal);
      known = snapshot.known;
      const { accounts } = snapshot;
      for (let i = 0; i === 0 || i < accounts.length; i += LIMITS.accountsPerMessageMax) {
        const isLast = i + LIMITS.accountsPerMessageMax >= accounts.length;
        const part = accounts.slice(i, i + LIMITS.accountsPerMessageMax);
        // Who is cut within a snapshot begins with a snapshot again.
        const token = isLast ? start : 0n;
        await session.send(message('snapshot', token, part), token);
      }
    }
    const tell = async (entry: FeedEntry): Promise<void> => {
      audience.hear(entry);
      if (entry.kind !== 'margin' || !audience.has(entry.margin.accountId)) return;
      if (entry.position <= (known.get(entry.margin.accountId) ?? 0n)) return;
      await session.send(message('change', entry.position, [entry.margin]), entry.position);
    };
    return session.follow(start, tell, (position) => message('heartbeat', position, []));
  }

  /** Figures of every account of the audience, and up to which position each of them has heard of changes. */
  async #snapshot(
    { feed, client }: Cell,
    audience: Audience,
    minPosition: bigint,
    signal: AbortSignal,
  ): Promise<Readonly<{ accounts: readonly AccountMargin[]; known: ReadonlyMap<string, bigint> }>> {
    if (audience.isEverybody) return { accounts: feed.states.notHealthy(), known: new Map() };
    const ids = audience.accounts;
    const found = new Map<string, AccountMargin>();
    const known = new Map<string, bigint>();
    const queue = ids.values();
    const work = async (): Promise<void> => {
      for (const accountId of queue) {
        const read = { minPosition };
        const answer = await client.query('GetMargin', { accountId, read }, signal);
        if (answer.status === 'rejected') {
          found.set(accountId, feed.states.of(accountId) ?? healthyMargin(accountId));
          continue;
        }
        const { state, figures, callId, callAmount, callDeadlineMs } =
          answer.response as riskMessages.GetMarginResponse;
        found.set(accountId, { accountId, state, figures, callId, callAmount, callDeadlineMs });
        known.set(accountId, answer.position);
      }
    };
    await Promise.all(Array.from({ length: LIMITS.snapshotQueriesMax }, work));
    return { accounts: ids.flatMap((id) => found.get(id) ?? []), known };
  }

  async #fills(
    feed: LogFeed,
    method: GatewayMethod,
    session: StreamSession,
    audience: Audience,
    from: bigint,
  ): Promise<never> {
    const message = (kind: string, position: bigint, fill?: gatewayMessages.Fill): Buffer =>
      method.encode({ kind, position, fill } satisfies gatewayMessages.StreamFillsResponse);
    const tell = async (entry: FeedEntry): Promise<void> => {
      audience.hear(entry);
      if (entry.kind !== 'fill' || !audience.has(entry.fill.accountId)) return;
      await session.send(message('fill', entry.position, entry.fill), entry.position);
    };
    const start = await this.#catchUp(feed, from, tell, session.signal);
    return session.follow(start, tell, (position) => message('heartbeat', position));
  }

  /**
   * Tells from the log itself what the feed no longer has; gives the position from which the feed goes on.
   */
  async #catchUp(
    feed: LogFeed,
    from: bigint,
    tell: (entry: FeedEntry) => Promise<void>,
    signal: AbortSignal,
  ): Promise<bigint> {
    if (feed.after(from) !== undefined) return from;
    if (feed.floor - from > LIMITS.catchUpEventsMax) {
      throw new GrpcError(
        grpc.FAILED_PRECONDITION,
        'RESUME_TOO_OLD',
        `Expected resume_after within the last ${LIMITS.catchUpEventsMax} positions: read the statement, ` +
          'then begin with 0',
        { field: 'resume_after' },
      );
    }
    let position = from;
    while (position < feed.floor) {
      signal.throwIfAborted();
      const { entries, last } = await feed.read(position);
      for (const entry of entries) await tell(entry);
      position = last;
    }
    return position;
  }

  #enter(tenant: string): void {
    const open = this.#open.get(tenant) ?? 0;
    const isClientFull = open >= LIMITS.streamsPerClientMax;
    if (isClientFull || this.#openCount >= LIMITS.streamsMax) {
      throw new GrpcError(
        grpc.RESOURCE_EXHAUSTED,
        'TOO_MANY_STREAMS',
        `Expected at most ${LIMITS.streamsPerClientMax} streams of one client: close one`,
        { retryAfterMs: 1_000 },
      );
    }
    this.#open.set(tenant, open + 1);
    this.#openCount += 1;
  }

  #leave(tenant: string): void {
    const open = (this.#open.get(tenant) ?? 1) - 1;
    if (open === 0) this.#open.delete(tenant);
    else this.#open.set(tenant, open);
    this.#openCount -= 1;
  }
}

const badToken = (message: string): GrpcError =>
  new GrpcError(grpc.INVALID_ARGUMENT, 'INVALID_FIELD', message, { field: 'resume_after' });

/** Where the stream begins: behind the caller's token, or at what is known now. */
const startOf = async (feed: LogFeed, { resumeAfter }: Asked, signal: AbortSignal): Promise<bigint> => {
  if (resumeAfter < 0n) throw badToken(`Expected resume_after of at least 0, was ${resumeAfter}`);
  const head = await feed.head();
  if (resumeAfter > head) throw badToken(`Expected resume_after of at most ${head}, was ${resumeAfter}`);
  // A gateway that has just begun does not know yet what its caller may have seen.
  await feed.reach(resumeAfter === 0n ? head : resumeAfter, signal);
  return resumeAfter === 0n ? feed.last : resumeAfter;
};
