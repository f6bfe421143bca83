import { refill, type Envelope, type Fold, type Instant } from '@plinth/eventing';
import { isInverted, SIGN, type Side } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import { assert, textToFloat } from '@plinth/money';
import { fields } from '@plinth/views';
import type { PortfolioView } from '@plinth/portfolio';
import { LIMITS } from '../../domain/limits.ts';
import { stageOf, type HandOver, type Stage, type TalesEnvelope } from './stages.ts';

/** USD at the marks of the fills; slippage is positive when the fills were worse than the marks. */
export type Reduced = Readonly<{ notional: number; slippage: number; fees: number; fills: number }>;

const NOTHING: Reduced = { notional: 0, slippage: 0, fees: 0, fills: 0 };

/** What the fund and the write-off have to post for one asset; undefined until the fund has answered. */
export type Shortfall = Readonly<{
  asset: string;
  declared: string;
  covered?: EventData<'ShortfallCovered'>;
  isInsured: boolean;
  isWrittenOff: boolean;
}>;

export type LiquidationRecord = Readonly<{
  started: EventData<'LiquidationStarted'>;
  position: bigint;
  startedAtMs: Instant;
  phase: 'planning' | 'reducing' | 'settling' | 'completed';
  pausedFor: string;
  step: number;
  /** Orders of the present step that are not closed yet. */
  openOrders: ReadonlySet<string>;
  ofStep: Reduced;
  total: Reduced;
  /** Steps in a row that filled nothing, and the round of marks before which no further one is tried. */
  emptySteps: number;
  waitForRound: number;
  /** Recalls and takeovers asked so far, and what accounts has not answered of them. */
  asked: number;
  awaiting: ReadonlySet<string>;
  hasRecalled: boolean;
  hasTakenOver: boolean;
  /** Debts that the house paid for what it took, USD. */
  takenOver: number;
  shortfalls: ReadonlyMap<string, Shortfall>;
  fee: Readonly<{ asset: string; amount: string }> | undefined;
  completed: EventData<'LiquidationCompleted'> | undefined;
  completedAtMs: Instant;
  stages: readonly Stage[];
}>;

/**
 * Every running liquidation and the latest completed ones, with their story. Reads the portfolio, which is
 * folded first.
 */
export class LiquidationsView implements Fold {
  readonly name = 'liquidations';
  readonly revision = 1;
  readonly #portfolio: PortfolioView;
  readonly #records = new Map<string, LiquidationRecord>();
  readonly #running = new Map<string, string>();
  readonly #completed = new Set<string>();

  constructor(portfolio: PortfolioView) {
    this.#portfolio = portfolio;
  }

  apply(event: Envelope): void {
    switch (event.type) {
      case 'LiquidationStarted':
        return this.#start(event);
      case 'ReductionOrdered': {
        const { liquidationId, step, legs } = event.data;
        const openOrders = new Set(legs.map((_, n) => `${liquidationId}.${step}.${n + 1}`));
        return this.#change(event, { phase: 'reducing', pausedFor: '', step, openOrders, ofStep: NOTHING });
      }
      case 'OrderClosed':
        return this.#orderClosed(event.data);
      case 'ChildFilled':
        return this.#filled(event.data);
      case 'ReductionCompleted':
        return this.#stepCompleted(event);
      case 'LiquidationPaused':
        return this.#change(event, { pausedFor: event.data.reason });
      case 'LiquidationResumed':
        return this.#change(event, { pausedFor: '' });
      case 'ClaimsRecalled':
      case 'TakeoverOrdered':
      case 'PoolRedeemed':
      case 'CollateralTakenOver':
        return this.#handOver(event);
      case 'ShortfallDeclared':
      case 'ShortfallCovered':
      case 'InsurancePosted':
      case 'BadDebtRecorded':
        return this.#shortfall(event);
      case 'LiquidationFeeSet': {
        const { asset, amount } = event.data;
        return this.#change(event, { fee: { asset, amount } });
      }
      case 'LiquidationCompleted':
        return this.#complete(event);
      default:
        return;
    }
  }

  get(liquidationId: string): LiquidationRecord | undefined {
    return this.#records.get(liquidationId);
  }

  runningOf(accountId: string): LiquidationRecord | undefined {
    const id = this.#running.get(accountId);
    return id === undefined ? undefined : this.#records.get(id);
  }

  /** Oldest first. */
  *running(): Iterable<LiquidationRecord> {
    for (const id of this.#running.values()) yield this.#records.get(id) as LiquidationRecord;
  }

  /** All that are known, newest first. */
  newestFirst(): readonly LiquidationRecord[] {
    return [...this.#records.values()].sort((a, b) => (a.position < b.position ? 1 : -1));
  }

  #start(event: Envelope<'LiquidationStarted'>): void {
    const { liquidationId, accountId } = event.data;
    assert(this.#running.size < LIMITS.runningMax, 'Expected fewer running liquidations in this cell');
    this.#records.set(liquidationId, {
      started: event.data,
      position: event.position,
      startedAtMs: event.occurredAt,
      phase: 'planning',
      pausedFor: '',
      step: 0,
      openOrders: new Set(),
      ofStep: NOTHING,
      total: NOTHING,
      emptySteps: 0,
      waitForRound: 0,
      ...{ asked: 0, awaiting: new Set(), hasRecalled: false, hasTakenOver: false, takenOver: 0 },
      shortfalls: new Map(),
      fee: undefined,
      completed: undefined,
      completedAtMs: 0,
      stages: [stageOf(event, 0)],
    });
    this.#running.set(accountId, liquidationId);
  }

  #change(event: TalesEnvelope, change: Partial<LiquidationRecord>): void {
    const { liquidationId } = event.data;
    const record = this.#records.get(liquidationId);
    if (record === undefined) return;
    const next = { ...record, ...change };
    const stages =
      record.stages.length < LIMITS.stagesMax ? [...record.stages, stageOf(event, next.step)] : record.stages;
    this.#records.set(liquidationId, { ...next, stages });
  }

  #orderClosed({ orderId, liquidationId }: EventData<'OrderClosed'>): void {
    const record = this.#records.get(liquidationId);
    if (record === undefined || !record.openOrders.has(orderId)) return;
    const openOrders = new Set(record.openOrders);
    openOrders.delete(orderId);
    this.#records.set(liquidationId, { ...record, openOrders });
  }

  #filled(fill: EventData<'ChildFilled'>): void {
    const record = this.#records.get(fill.liquidationId);
    if (record === undefined) return;
    const { reference, marks, lines } = this.#portfolio;
    const instrument = reference.instrument(fill.instrumentId);
    const quoteUsd = marks.ofAsset(instrument.quoteAsset)?.price ?? 0;
    const mark = lines.priceOf(fill.instrumentId) ?? textToFloat(fill.price);
    const size = textToFloat(fill.quantity) * textToFloat(instrument.contractSize) * quoteUsd;
    const price = textToFloat(fill.price);
    const inverted = isInverted(instrument);
    const fills: Reduced = {
      notional: inverted ? size / mark : size * mark,
      // Σ side · (fill price − mark) · quantity; of an inverse contract the same in its coin.
      slippage: SIGN[fill.side as Side] * (inverted ? 1 / mark - 1 / price : price - mark) * size,
      fees: textToFloat(fill.feeQuote) * quoteUsd,
      fills: 1,
    };
    this.#records.set(fill.liquidationId, {
      ...record,
      ofStep: sum(record.ofStep, fills),
      total: sum(record.total, fills),
    });
  }

  #stepCompleted(event: Envelope<'ReductionCompleted'>): void {
    const record = this.#records.get(event.data.liquidationId);
    if (record === undefined) return;
    const emptySteps = record.ofStep.fills === 0 ? record.emptySteps + 1 : 0;
    const wait = emptySteps === 0 ? 0 : Math.min(LIMITS.waitRoundsMax, 2 ** Math.min(emptySteps - 1, 16));
    const waitForRound = this.#portfolio.marks.round + wait;
    this.#change(event, { phase: 'planning', openOrders: new Set(), emptySteps, waitForRound });
  }

  /** What is asked of accounts for an account that has nothing left to trade, and the answers. */
  #handOver(event: HandOver): void {
    const record = this.#records.get(event.data.liquidationId);
    if (record === undefined) return;
    const awaiting = new Set(record.awaiting);
    switch (event.type) {
      case 'ClaimsRecalled':
        for (const asset of event.data.assets) awaiting.add(asset);
        return this.#change(event, {
          ...{ asked: record.asked + 1, awaiting, hasRecalled: true, pausedFor: '' },
        });
      case 'TakeoverOrdered':
        awaiting.add(TAKEOVER);
        return this.#change(event, { asked: record.asked + 1, awaiting, hasTakenOver: true, pausedFor: '' });
      case 'PoolRedeemed':
        awaiting.delete(event.data.asset);
        return this.#change(event, { awaiting });
      case 'CollateralTakenOver':
        awaiting.delete(TAKEOVER);
        return this.#change(event, { awaiting, takenOver: record.takenOver + paidUsd(event.data) });
    }
  }

  #shortfall(
    event: Envelope<'ShortfallDeclared' | 'ShortfallCovered' | 'InsurancePosted' | 'BadDebtRecorded'>,
  ): void {
    const { liquidationId, asset } = event.data;
    const record = this.#records.get(liquidationId);
    if (record === undefined) return;
    const before = record.shortfalls.get(asset);
    const after = shortfallAfter(event, before);
    if (after === undefined) return;
    this.#change(event, { phase: 'settling', shortfalls: new Map(record.shortfalls).set(asset, after) });
  }

  #complete(event: Envelope<'LiquidationCompleted'>): void {
    const { liquidationId, accountId } = event.data;
    this.#change(event, {
      phase: 'completed',
      pausedFor: '',
      completed: event.data,
      completedAtMs: event.occurredAt,
    });
    if (this.#running.get(accountId) === liquidationId) this.#running.delete(accountId);
    this.#completed.add(liquidationId);
    if (this.#completed.size <= LIMITS.completedMax) return;
    const [oldest] = this.#completed;
    this.#completed.delete(oldest as string);
    this.#records.delete(oldest as string);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [id, r] of this.#records) {
      yield [
        `liquidation:${id}`,
        fields(
          ...[r.started.accountId, r.position, r.phase, r.pausedFor, r.step, r.emptySteps, r.waitForRound],
          ...[r.total.notional, r.total.slippage, r.total.fees, r.total.fills, r.ofStep.fills],
          ...[r.asked, r.hasRecalled, r.hasTakenOver, r.takenOver, fields(...r.awaiting)],
          ...[r.completed?.outcome, r.fee?.amount, r.stages.length, ...r.openOrders],
        ),
      ];
      for (const s of r.shortfalls.values()) {
        yield [
          `shortfall:${id}:${s.asset}`,
          fields(s.declared, s.covered?.amount, s.isInsured, s.isWrittenOff),
        ];
      }
    }
  }

  dump() {
    return { records: this.#records, running: this.#running, completed: this.#completed };
  }

  load(state: ReturnType<LiquidationsView['dump']>): void {
    refill(this.#records, state.records);
    refill(this.#running, state.running);
    refill(this.#completed, state.completed);
  }

  reset(): void {
    this.#records.clear();
    this.#running.clear();
    this.#completed.clear();
  }
}

const shortfallAfter = (
  event: Envelope<'ShortfallDeclared' | 'ShortfallCovered' | 'InsurancePosted' | 'BadDebtRecorded'>,
  before: Shortfall | undefined,
): Shortfall | undefined => {
  if (event.type === 'ShortfallDeclared') {
    return { asset: event.data.asset, declared: event.data.amount, isInsured: false, isWrittenOff: false };
  }
  if (before === undefined) return undefined;
  switch (event.type) {
    case 'ShortfallCovered':
      return { ...before, covered: event.data };
    case 'InsurancePosted':
      return { ...before, isInsured: true };
    case 'BadDebtRecorded':
      return { ...before, isWrittenOff: true };
  }
};

/** True when everything that the fund decided has been posted. */
export const isSettled = ({ covered, isInsured, isWrittenOff }: Shortfall): boolean =>
  covered !== undefined &&
  (isInsured || covered.amount === '0') &&
  (isWrittenOff || covered.uncovered === '0');

const sum = (a: Reduced, b: Reduced): Reduced => ({
  notional: a.notional + b.notional,
  slippage: a.slippage + b.slippage,
  fees: a.fees + b.fees,
  fills: a.fills + b.fills,
});

/** Beside the assets of recalled claims, which are in capital letters. */
const TAKEOVER = 'takeover';

const paidUsd = ({ taken }: EventData<'CollateralTakenOver'>): number =>
  taken.reduce((total, { credited, debtPrice }) => total + textToFloat(credited) * textToFloat(debtPrice), 0);
