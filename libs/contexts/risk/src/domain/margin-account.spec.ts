import { describe, expect, it } from '@jest/globals';
import { deciderSpec } from '@plinth/eventing/testing';
import type { AccountState } from '@plinth/margin';
import type { MarginFigures } from '@plinth/messages';
import type { PriceBlock } from '@plinth/portfolio';
import type { OrderJudgement, PayoutJudgement } from './approvals.ts';
import { LIMITS } from './limits.ts';
import { marginAccount, type Judgement, type MarginCommand, type MarginEvent } from './margin-account.ts';

const figures: MarginFigures = {
  ...{ equity: '100', initialMargin: '120', maintenanceMargin: '95' },
  ...{ asOf: 7n, marksRound: 3, parametersVersion: 1, bindingScenario: 0 },
};

const judged = (to: AccountState, change: Partial<Judgement> = {}): Judgement => ({
  ...{
    accountId: 'a',
    at: 1_000,
    figures,
    stateNow: to,
    stateFrom: () => to,
    shortfall: '20',
    callGraceMs: 500,
    defaultProbability: '',
  },
  ...{ belowCall: undefined, belowMaintenance: undefined },
  ...change,
});

const revalue = (to: AccountState, change?: Partial<Judgement>): MarginCommand => ({
  type: 'Revalue',
  judgement: judged(to, change),
});

const changed = (fromState: AccountState, toState: AccountState): MarginEvent => ({
  type: 'MarginStateChanged',
  data: { accountId: 'a', fromState, toState, figures },
});
const called = (n: number): MarginEvent => ({
  type: 'MarginCalled',
  data: {
    accountId: 'a',
    callId: `a.c${n}`,
    amount: '20',
    deadlineMs: 1_500,
    figures,
    defaultProbability: '',
  },
});
const requested = (n: number, cause: string, callId = ''): MarginEvent => ({
  type: 'LiquidationRequested',
  data: { accountId: 'a', liquidationId: `a.l${n}`, callId, cause, figures },
});
const deferred = (cause: string, reason: PriceBlock, callId = ''): MarginEvent => ({
  type: 'LiquidationDeferred',
  data: { accountId: 'a', callId, cause, reason, figures },
});

const spec = deciderSpec(marginAccount);
const inCall = [changed('healthy', 'call'), called(1)];

describe('a margin call', () => {
  it('is opened on entering call, with its amount and deadline, once', () => {
    spec.when(revalue('call')).then(inCall);
    spec.given(inCall).when(revalue('call')).thenNothing();
  });

  it('is cured when the account is above it again', () => {
    const cured: MarginEvent = { type: 'MarginCallCured', data: { accountId: 'a', callId: 'a.c1' } };
    spec
      .given(inCall)
      .when(revalue('restricted'))
      .then([changed('call', 'restricted'), cured]);
    spec
      .given([...inCall, changed('call', 'healthy'), cured])
      .when(revalue('call'))
      .then([changed('healthy', 'call'), called(2)]);
  });

  it('is escalated by its deadline, not before', () => {
    const escalated: MarginEvent = {
      type: 'MarginCallEscalated',
      data: { accountId: 'a', callId: 'a.c1', cause: 'deadline' },
    };
    spec
      .given(inCall)
      .when(revalue('call', { at: 1_499 }))
      .thenNothing();
    spec
      .given(inCall)
      .when(revalue('call', { at: 1_500 }))
      .then([escalated, requested(1, 'deadline', 'a.c1')]);
  });

  it('is escalated by the loss of the maintenance margin', () => {
    const escalated: MarginEvent = {
      type: 'MarginCallEscalated',
      data: { accountId: 'a', callId: 'a.c1', cause: 'maintenance' },
    };
    spec
      .given(inCall)
      .when(revalue('liquidation'))
      .then([changed('call', 'liquidation'), escalated, requested(1, 'maintenance', 'a.c1')]);
  });
});

describe('a liquidation', () => {
  it('without a call before it is a gap', () => {
    spec.when(revalue('insolvent')).then([changed('healthy', 'insolvent'), requested(1, 'gap')]);
  });

  it('is asked for once; while it runs only the state is followed', () => {
    const running = [changed('healthy', 'liquidation'), requested(1, 'gap')];
    spec.given(running).when(revalue('liquidation')).thenNothing();
    spec
      .given(running)
      .when(revalue('call'))
      .then([changed('liquidation', 'call')]);
  });

  it('waits for prices and says each reason once', () => {
    const first = [changed('healthy', 'liquidation'), deferred('gap', 'GUARD_BINDING')];
    spec.when(revalue('liquidation', { belowMaintenance: 'GUARD_BINDING' })).then(first);
    spec
      .given(first)
      .when(revalue('liquidation', { belowMaintenance: 'GUARD_BINDING' }))
      .thenNothing();
    spec
      .given(first)
      .when(revalue('liquidation', { belowMaintenance: 'BAND_WIDE' }))
      .then([deferred('gap', 'BAND_WIDE')]);
    spec
      .given(first)
      .when(revalue('liquidation'))
      .then([requested(1, 'gap')]);
  });

  it('is not asked for inside the hysteresis: the state is remembered, the loss is not', () => {
    const cured = [changed('healthy', 'liquidation'), requested(1, 'gap')];
    const cleared: MarginEvent = {
      type: 'LiquidationCleared',
      data: { accountId: 'a', liquidationId: 'a.l1', outcome: 'recovered' },
    };
    const judgement = judged('liquidation', { stateNow: 'call' });
    const ended: MarginCommand = {
      ...{ type: 'LiquidationEnded', liquidationId: 'a.l1', outcome: 'recovered', judgement },
    };
    spec
      .given(cured)
      .when(ended)
      .then([cleared, called(1)]);
    spec
      .given(inCall)
      .when(revalue('call', { at: 9_000, stateNow: 'restricted' }))
      .thenNothing();
  });

  it('by the deadline looks at the threshold of the call', () => {
    const late = { at: 2_000, belowMaintenance: 'BAND_WIDE' as const };
    spec
      .given(inCall)
      .when(revalue('call', { ...late, belowCall: 'PRICE_HALTED' }))
      .then([deferred('deadline', 'PRICE_HALTED', 'a.c1')]);
    expect(spec.given(inCall).when(revalue('call', late)).events()).toHaveLength(2);
  });

  it('is cleared when it has ended, and the account is judged anew', () => {
    const running = [changed('healthy', 'liquidation'), requested(1, 'gap')];
    const ended = (to: AccountState, liquidationId = 'a.l1'): MarginCommand => ({
      ...{ type: 'LiquidationEnded', liquidationId, outcome: 'restored', judgement: judged(to) },
    });
    const cleared: MarginEvent = {
      type: 'LiquidationCleared',
      data: { accountId: 'a', liquidationId: 'a.l1', outcome: 'restored' },
    };
    spec
      .given(running)
      .when(ended('healthy'))
      .then([cleared, changed('liquidation', 'healthy')]);
    spec
      .given(running)
      .when(ended('liquidation'))
      .then([cleared, requested(2, 'gap')]);
    spec
      .given(running)
      .when(ended('call'))
      .then([cleared, changed('liquidation', 'call'), called(1)]);
    spec.given(running).when(ended('healthy', 'a.l9')).thenNothing();
  });
});

const order = {
  ...{ orderId: 'o', accountId: 'a', subAccountId: '', instrumentId: 'BTC-PERP', side: 'buy', quantity: '1' },
  ...{ orderType: 'market', limitPrice: '', timeInForce: 'ioc', venues: [], liquidationId: '' },
  ...{ arrivalPrice: '', reduceOnly: false },
};

const fine: OrderJudgement = {
  ...{ figuresAfter: figures, riskReducing: false, headroom: 0 },
  ...{ closedFor: '', notLive: [], venuesFull: [], poolsDry: [] },
};

const approve = (change: Partial<OrderJudgement> = {}): MarginCommand => ({
  type: 'ApproveOrder',
  order: order as never,
  judge: () => ({ ...fine, ...change }),
});

const approved = (orderId = 'o'): MarginEvent => ({
  type: 'OrderApproved',
  data: { accountId: 'a', orderId, riskReducing: false, figuresAfter: figures },
});

const codeOf = (events: readonly MarginEvent[]): string => {
  const [event] = events;
  return event !== undefined && 'code' in event.data ? event.data.code : 'approved';
};

describe('an order', () => {
  it('is approved when the margin is there to the cent, and reserved', () => {
    spec.when(approve()).then([approved()]);
    expect(spec.when(approve()).state().orders.has('o')).toBe(true);
    spec.given([approved()]).when(approve()).thenNothing();
  });

  it.each([
    [{ headroom: -1e-9 }, 'MARGIN_INSUFFICIENT'],
    [{ notLive: ['BTC-PERP'] }, 'PRICE_NOT_LIVE'],
    [{ venuesFull: ['alpha'] }, 'VENUE_LIMIT'],
    [{ poolsDry: ['USD'] }, 'POOL_DRY'],
  ] as const)('is refused for %j, unless it reduces risk', (change, code) => {
    expect(codeOf(spec.when(approve(change)).events())).toBe(code);
    expect(codeOf(spec.when(approve({ ...change, riskReducing: true })).events())).toBe('approved');
  });

  it('that reduces risk is approved in every state but a running liquidation', () => {
    for (const state of ['restricted', 'call', 'liquidation', 'insolvent'] as const) {
      const given = [changed('healthy', state)];
      expect(codeOf(spec.given(given).when(approve()).events())).toBe('ACCOUNT_RESTRICTED');
      expect(
        codeOf(
          spec
            .given(given)
            .when(approve({ riskReducing: true }))
            .events(),
        ),
      ).toBe('approved');
    }
    const running = [changed('healthy', 'liquidation'), requested(1, 'gap')];
    expect(
      codeOf(
        spec
          .given(running)
          .when(approve({ riskReducing: true }))
          .events(),
      ),
    ).toBe('LIQUIDATION_RUNNING');
  });

  it('is judged with what the stream has reserved, whatever the fold has seen', () => {
    const seen: string[][] = [];
    const judge: Extract<MarginCommand, { type: 'ApproveOrder' }>['judge'] = ({ orders }) => {
      seen.push([...orders]);
      return fine;
    };
    spec
      .given([approved('x'), approved('y')])
      .when({ ...approve(), judge } as MarginCommand)
      .events();
    expect(seen).toEqual([['x', 'y']]);
  });

  it('says why it could not be judged', () => {
    const judge = () => ({ unjudged: 'UNKNOWN_INSTRUMENT', message: 'no such thing' }) as const;
    const events = spec.when({ type: 'ApproveOrder', order: order as never, judge }).events();
    expect(events).toMatchObject([{ type: 'OrderRefused', data: { code: 'UNKNOWN_INSTRUMENT' } }]);
  });

  it('is refused above the limit of open ones', () => {
    const many = Array.from({ length: LIMITS.reservationsPerAccountMax }, (_, n) => approved(`o${n}`));
    expect(codeOf(spec.given(many).when(approve()).events())).toBe('TOO_MANY_ORDERS');
  });

  it('gives its reservation back once', () => {
    const release: MarginCommand = { type: 'ReleaseReservation', accountId: 'a', orderId: 'o' };
    const released: MarginEvent = {
      type: 'OrderReservationReleased',
      data: { accountId: 'a', orderId: 'o' },
    };
    spec.given([approved()]).when(release).then([released]);
    spec.given([approved(), released]).when(release).thenNothing();
  });
});

describe('a payout', () => {
  const paid: PayoutJudgement = {
    figuresAfter: figures,
    free: false,
    headroom: 0,
    notLive: [],
    insolvent: 0,
    closedFor: '',
  };
  const withdraw = (change: Partial<PayoutJudgement> = {}): MarginCommand => ({
    ...{ type: 'ApproveWithdrawal', accountId: 'a', withdrawalId: 'w' },
    judge: () => ({ ...paid, ...change }),
  });
  const transfer = (change: Partial<PayoutJudgement> = {}): MarginCommand => ({
    ...{ type: 'ApproveTransfer', accountId: 'a', transferId: 't' },
    judge: () => ({ ...paid, ...change }),
  });

  it.each([withdraw, transfer])('is approved, reserved, and answered once', (ask) => {
    const events = spec.when(ask()).events();
    expect(events.map(({ type }) => type)).toEqual([
      ask === withdraw ? 'WithdrawalApproved' : 'TransferApproved',
    ]);
    expect(spec.when(ask()).state().payouts.size).toBe(1);
    spec.given(events).when(ask()).thenNothing();
  });

  it.each([
    [{ headroom: -1e-9 }, 'MARGIN_INSUFFICIENT'],
    [{ notLive: ['BTC/USD'] }, 'PRICE_NOT_LIVE'],
    [{ insolvent: 1, free: true }, 'GATE_CLOSED'],
    [{ headroom: -1, notLive: ['BTC/USD'], free: true }, 'approved'],
  ] as const)('for %j is answered %s', (change, code) => {
    expect(codeOf(spec.when(withdraw(change)).events())).toBe(code);
    expect(codeOf(spec.when(transfer(change)).events())).toBe(code);
  });

  it('leaves no account that is not healthy', () => {
    const given = [changed('healthy', 'restricted')];
    expect(
      codeOf(
        spec
          .given(given)
          .when(withdraw({ free: true }))
          .events(),
      ),
    ).toBe('ACCOUNT_RESTRICTED');
  });

  it('gives its reservation back once', () => {
    const release: MarginCommand = { type: 'ReleasePayout', accountId: 'a', payoutId: 'withdrawal:w' };
    const given = spec.when(withdraw()).events();
    expect(spec.given(given).when(release).events()).toHaveLength(1);
    spec.when(release).thenNothing();
  });
});
