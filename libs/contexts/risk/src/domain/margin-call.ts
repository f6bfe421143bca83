import { severityOf, type AccountState } from '@plinth/margin';
import type { PriceBlock } from '@plinth/portfolio';
import type { Judgement, MarginAccount, MarginEvent } from './margin-account.ts';

type Cause = 'deadline' | 'maintenance' | 'gap';

/**
 * The life of a margin call: the state by the figures; a call on entering `call` or worse; cured when the
 * state is above it again; escalated when its deadline passed or the maintenance margin is lost. A loss that
 * no call preceded is a gap. A due liquidation waits, and says why once, while prices cannot prove that the
 * account is below its threshold.
 */
export const judgeMargin = (judgement: Judgement, account: MarginAccount): readonly MarginEvent[] => {
  const { accountId, stateNow, at } = judgement;
  const to = judgement.stateFrom(account.state);
  const changed = to === account.state ? [] : [stateChanged(judgement, account.state, to)];
  if (account.liquidationId !== '') return changed;
  const cause = causeOfLiquidation(stateNow, account, at);
  // A change of state is news: a deferral after it is said again.
  const deferred = changed.length > 0 ? '' : account.deferred;
  if (cause !== undefined) return [...changed, ...liquidate(judgement, { ...account, deferred }, cause)];
  const { call } = account;
  if (isCalled(to)) return call === undefined ? [...changed, called(judgement, account)] : changed;
  if (call === undefined) return changed;
  return [...changed, { type: 'MarginCallCured', data: { accountId, callId: call.id } }];
};

const isCalled = (state: AccountState): boolean => severityOf(state) >= severityOf('call');

/** True when the judgement of an account that comes to `to` would say more than its state. */
export const hasWork = (account: MarginAccount, to: AccountState, now: AccountState, at: number): boolean => {
  if (account.liquidationId !== '') return false;
  return causeOfLiquidation(now, account, at) !== undefined || isCalled(to) !== (account.call !== undefined);
};

/**
 * By the figures alone: inside the hysteresis an account keeps its state, but nothing more is taken from it.
 */
const causeOfLiquidation = (now: AccountState, { call }: MarginAccount, at: number): Cause | undefined => {
  switch (now) {
    case 'healthy':
    case 'restricted':
      return undefined;
    case 'call':
      return call !== undefined && call.deadlineMs <= at ? 'deadline' : undefined;
    case 'liquidation':
    case 'insolvent':
      return call === undefined ? 'gap' : 'maintenance';
  }
};

const stateChanged = (judgement: Judgement, fromState: string, toState: string): MarginEvent => ({
  type: 'MarginStateChanged',
  data: { accountId: judgement.accountId, fromState, toState, figures: judgement.figures },
});

const called = (
  { accountId, shortfall, at, callGraceMs, defaultProbability, figures }: Judgement,
  account: MarginAccount,
): MarginEvent => ({
  type: 'MarginCalled',
  data: {
    accountId,
    callId: `${accountId}.c${account.calls + 1}`,
    amount: shortfall,
    deadlineMs: at + callGraceMs,
    figures,
    defaultProbability,
  },
});

const liquidate = (judgement: Judgement, account: MarginAccount, cause: Cause): readonly MarginEvent[] => {
  const { accountId, figures } = judgement;
  const callId = account.call?.id ?? '';
  const block: PriceBlock | undefined =
    cause === 'deadline' ? judgement.belowCall : judgement.belowMaintenance;
  if (block !== undefined) {
    if (account.deferred === `${cause} ${block}`) return [];
    return [{ type: 'LiquidationDeferred', data: { accountId, callId, cause, reason: block, figures } }];
  }
  const requested: MarginEvent = {
    type: 'LiquidationRequested',
    data: { accountId, liquidationId: `${accountId}.l${account.liquidations + 1}`, callId, cause, figures },
  };
  if (cause === 'gap') return [requested];
  return [{ type: 'MarginCallEscalated', data: { accountId, callId, cause } }, requested];
};
