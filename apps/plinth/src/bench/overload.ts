import type { AppendRequest } from '@plinth/eventing';
import { GatewayError, type GatewayClient } from '@plinth/gateway';
import type { PostgresLog } from '@plinth/runtime';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { heldMb } from './held-memory.ts';
import { openCell, prepareClients, setUp, type Cell, type CellTerms } from './overload-cell.ts';

export type OverloadTerms = CellTerms &
  Readonly<{
    /** How long it is measured what the cell can do, and how long more is asked of it. */
    normalMs: number;
    overloadMs: number;
    /** How many times as many callers as keep it busy. */
    times: number;
  }>;

export type Latency = Readonly<{ p50Ms: number; p99Ms: number }>;

export type OverloadFigures = Readonly<{
  /** Commands a second: taken with nothing else to do; asked for and taken in the overload. */
  capacity: number;
  asked: number;
  taken: number;
  /** Refused with a time to wait; everything else that was no acceptance. */
  refused: number;
  others: readonly string[];
  /** Request ids of what was accepted. */
  accepted: readonly string[];
  /** An append as services make them of themselves, on its way into the log. */
  laneNormal: Latency;
  laneOverload: Latency;
  /** A command again, after the overload: how long until one was taken as fast as before it. */
  backMs: number;
  /** How much more is held after the overload than before it, once garbage is gone. */
  grownMb: number;
}>;

const ACCOUNTS = 256;
const CALLERS = 64;
const LANE_EVERY_MS = 20;
const BACK_MAX_MS = 30_000;

export const latencyOf = (times: readonly number[]): Latency => {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
};

const prepare = async (cell: Cell): Promise<void> => {
  await prepareClients(cell, 'load');
  for (let n = 0; n < ACCOUNTS; n += 1)
    await setUp(cell, 'OpenAccount', { accountId: `a${n}`, clientId: 'load', name: '' });
};

class Load {
  readonly #clients: readonly GatewayClient[];
  readonly accepted: string[] = [];
  readonly others: string[] = [];
  asked = 0;
  refused = 0;
  #sent = 0;

  constructor(clients: readonly GatewayClient[]) {
    this.#clients = clients;
  }

  /** One deposit into one of the accounts. Gives how long to wait before the next. */
  async once(): Promise<number> {
    const n = (this.#sent += 1);
    const requestId = randomUUID();
    const account = { accountId: `a${n % ACCOUNTS}`, subAccountId: '' };
    this.asked += 1;
    try {
      const money = { asset: 'USD', amount: '1', location: 'vault:bank' };
      const deposit = { ...account, ...money, depositId: requestId };
      await this.#clients[n % this.#clients.length]?.call('Operations', 'CreditDeposit', deposit, {
        requestId,
      });
      this.accepted.push(requestId);
      return 0;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      if (error.retryAfterMs === undefined) this.others.push(`${error.code} ${error.reason}`);
      else this.refused += 1;
      return error.retryAfterMs ?? 0;
    }
  }

  /** So many callers until a time; patient ones wait as long as they were told, the others a moment. */
  async run(callers: number, untilMs: number, isPatient: boolean): Promise<void> {
    const caller = async (): Promise<void> => {
      while (performance.now() < untilMs) {
        const waitMs = await this.once();
        if (waitMs > 0) await sleep(isPatient ? waitMs * (0.5 + Math.random()) : 50);
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
  }
}

/** What a service appends of itself, every few milliseconds: how long each takes. */
const lane = async (log: PostgresLog, untilMs: number): Promise<readonly number[]> => {
  const times: number[] = [];
  const empty = (): AppendRequest => ({
    appends: [],
    cause: { correlationId: 'lane', causationId: 'lane', actor: 'service:risk' },
    occurredAt: Date.now(),
    checkpoint: { consumer: 'lane', expected: at, position: at + 1n },
  });
  let at = await log.checkpoint('lane');
  while (performance.now() < untilMs) {
    const start = performance.now();
    await log.append(empty());
    at += 1n;
    times.push(performance.now() - start);
    await sleep(LANE_EVERY_MS);
  }
  return times;
};

/**
 * Asks a cell for what it can do, then for several times as much, by callers that do not care what they are
 * told, and at last as before.
 */
export const runOverload = async (terms: OverloadTerms): Promise<OverloadFigures> => {
  const cell = await openCell(terms);
  try {
    await prepare(cell);
    const normal = new Load(cell.operators);
    const normalUntil = performance.now() + terms.normalMs;
    const [laneNormal] = await Promise.all([
      lane(terms.log, normalUntil),
      normal.run(CALLERS, normalUntil, true),
    ]);
    const usualMs = (CALLERS * terms.normalMs) / Math.max(1, normal.accepted.length);
    const held = heldMb();
    const over = new Load(cell.operators);
    const overUntil = performance.now() + terms.overloadMs;
    const [laneOverload] = await Promise.all([
      lane(terms.log, overUntil),
      over.run(CALLERS * terms.times, overUntil, false),
    ]);
    const grownMb = heldMb() - held;
    const after = new Load(cell.operators);
    const backMs = await untilAsBefore(after, usualMs);
    const perSecond = (count: number, ms: number): number => (count * 1_000) / ms;
    return {
      capacity: perSecond(normal.accepted.length, terms.normalMs),
      asked: perSecond(over.asked, terms.overloadMs),
      taken: perSecond(over.accepted.length, terms.overloadMs),
      refused: over.refused,
      others: over.others,
      accepted: [...normal.accepted, ...over.accepted, ...after.accepted],
      laneNormal: latencyOf(laneNormal),
      laneOverload: latencyOf(laneOverload),
      ...{ backMs, grownMb },
    };
  } finally {
    await cell.stop();
  }
};

/** Until a command alone takes no longer than one among the usual callers did. */
const untilAsBefore = async (load: Load, usualMs: number): Promise<number> => {
  const start = performance.now();
  while (performance.now() - start < BACK_MAX_MS) {
    const from = performance.now();
    await load.once();
    if (load.accepted.length > 0 && performance.now() - from <= usualMs) break;
  }
  return performance.now() - start;
};
