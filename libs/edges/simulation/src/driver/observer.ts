import { defineService, refill, type Envelope, type Fold } from '@plinth/eventing';
import { LedgerView, MarksView, OpenOrdersView, PositionsView, ReferenceView } from '@plinth/views';
import { exact, text } from '../auditor/decimal-text.ts';

export type LiquidationStory = {
  liquidationId: string;
  accountId: string;
  cause: string;
  startedAtMs: number;
  endedAtMs: number;
  outcome: string;
  steps: number;
  equityStart: string;
  maintenanceStart: string;
  equityEnd: string;
  maintenanceEnd: string;
  reducedNotional: string;
  slippage: string;
  fees: string;
  liquidationFee: string;
  reason: string;
  fundPaid: string;
  badDebt: string;
};

const STORIES_MAX = 10_000;
const SAMPLES_MAX = 100_000;

export type StateSample = Readonly<{ atMs: number; counts: Readonly<Record<string, number>> }>;

/** Counts of what happened, for the live line and the report. */
export class StoryView implements Fold {
  readonly name = 'story';
  readonly revision = 1;
  readonly states = new Map<string, string>();
  readonly calls = new Map<string, Readonly<{ amount: string; deadlineMs: number }>>();
  readonly liquidations = new Map<string, LiquidationStory>();
  readonly samples: StateSample[] = [];
  readonly counts = new Map<string, number>();
  #badDebt = 0n;
  #fundPaid = 0n;

  apply(event: Envelope): void {
    this.counts.set(event.type, (this.counts.get(event.type) ?? 0) + 1);
    switch (event.type) {
      case 'AccountOpened':
        this.states.set(event.data.accountId, 'healthy');
        return;
      case 'MarginStateChanged':
        this.states.set(event.data.accountId, event.data.toState);
        return;
      case 'MarginCalled': {
        const { accountId, amount, deadlineMs } = event.data;
        this.calls.set(accountId, { amount, deadlineMs });
        return;
      }
      case 'MarginCallCured':
      case 'MarginCallEscalated':
        this.calls.delete(event.data.accountId);
        return;
      case 'MarksPublished':
        if (this.samples.length < SAMPLES_MAX)
          this.samples.push({ atMs: event.data.atMs, counts: this.byState() });
        return;
      default:
        this.#tell(event);
    }
  }

  byState(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {
      healthy: 0,
      restricted: 0,
      call: 0,
      liquidation: 0,
      insolvent: 0,
    };
    for (const state of this.states.values()) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  /** USD of all finished liquidations. */
  get badDebt(): string {
    return text(this.#badDebt);
  }

  get fundPaid(): string {
    return text(this.#fundPaid);
  }

  count(type: string): number {
    return this.counts.get(type) ?? 0;
  }

  #tell(event: Envelope): void {
    if (event.type === 'LiquidationStarted' && this.liquidations.size < STORIES_MAX) {
      const { liquidationId, accountId, cause, equity, maintenanceMargin } = event.data;
      this.liquidations.set(liquidationId, {
        liquidationId,
        accountId,
        cause,
        startedAtMs: event.occurredAt,
        endedAtMs: 0,
        outcome: 'running',
        steps: 0,
        equityStart: equity,
        maintenanceStart: maintenanceMargin,
        equityEnd: '',
        maintenanceEnd: '',
        reducedNotional: '0',
        slippage: '0',
        fees: '0',
        liquidationFee: '0',
        reason: '',
        fundPaid: '0',
        badDebt: '0',
      });
    }
    if (event.type !== 'LiquidationCompleted') return;
    const story = this.liquidations.get(event.data.liquidationId);
    if (story === undefined) return;
    const { outcome, steps, equityEnd, maintenanceEnd, reason } = event.data;
    const { reducedNotional, slippage, fees, liquidationFee, fundPaid, badDebt } = event.data;
    Object.assign(story, { outcome, steps, equityEnd, maintenanceEnd, reason });
    Object.assign(story, { reducedNotional, slippage, fees, liquidationFee, fundPaid, badDebt });
    story.endedAtMs = event.occurredAt;
    this.#badDebt += exact(badDebt);
    this.#fundPaid += exact(fundPaid);
  }

  entries(): Iterable<readonly [string, string]> {
    const stories = [...this.liquidations].map(
      ([id, story]) => [`liquidation:${id}`, JSON.stringify(story)] as const,
    );
    const counts = [...this.counts].map(([type, count]) => [`count:${type}`, String(count)] as const);
    const states = [...this.states].map(([id, state]) => [`state:${id}`, state] as const);
    return [...stories, ...counts, ...states];
  }

  dump() {
    return {
      states: this.states,
      calls: this.calls,
      liquidations: this.liquidations,
      counts: this.counts,
      samples: this.samples,
      badDebt: this.#badDebt,
      fundPaid: this.#fundPaid,
    };
  }

  load(state: ReturnType<StoryView['dump']>): void {
    refill(this.states, state.states);
    refill(this.calls, state.calls);
    refill(this.liquidations, state.liquidations);
    refill(this.counts, state.counts);
    this.samples.push(...state.samples);
    this.#badDebt = state.badDebt;
    this.#fundPaid = state.fundPaid;
  }

  reset(): void {
    for (const map of [this.states, this.calls, this.liquidations, this.counts]) map.clear();
    this.samples.length = 0;
    this.#badDebt = 0n;
    this.#fundPaid = 0n;
  }
}

/** A service that only watches: what simulated clients see of their accounts, and what the report tells. */
export const observer = defineService({
  name: 'observer',
  owns: [],
  views: () => ({
    story: new StoryView(),
    ledger: new LedgerView(),
    positions: new PositionsView(),
    marks: new MarksView(),
    orders: new OpenOrdersView(),
    reference: new ReferenceView(),
  }),
  react: () => [],
  commands: {},
  queries: {},
});

export type ObserverViews = ReturnType<typeof observer.views>;
