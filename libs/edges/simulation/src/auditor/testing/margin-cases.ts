import type { MarginFigures } from '@plinth/messages';
import type { AuditCase } from './audit-case.ts';
import { planted, type Planted } from './planted-log.ts';

const figures = (equity: string): MarginFigures => ({
  ...{ equity, initialMargin: '100', maintenanceMargin: '80', asOf: 1n },
  ...{ marksRound: 1, parametersVersion: 1, bindingScenario: 0 },
});
const state = (fromState: string, toState: string, accountId = 'a1'): Planted =>
  planted('MarginStateChanged', { accountId, fromState, toState });
const called = planted('MarginCalled', { accountId: 'a1', callId: 'a1.c1' });
const cured = planted('MarginCallCured', { accountId: 'a1', callId: 'a1.c1' });
const requested = (cause: string, equity: string): Planted => {
  const callId = cause === 'gap' ? '' : 'a1.c1';
  return planted('LiquidationRequested', {
    ...{ accountId: 'a1', liquidationId: 'a1.l1', cause, callId },
    figures: figures(equity),
  });
};
const completed = planted('LiquidationCompleted', { accountId: 'a1', liquidationId: 'a1.l1' });
const approved = (riskReducing: boolean, equity: string): Planted =>
  planted('OrderApproved', { orderId: 'o1', riskReducing, figuresAfter: figures(equity) });
const withdrawal = (equity: string): Planted =>
  planted('WithdrawalApproved', { accountId: 'a2', withdrawalId: 'w1', figuresAfter: figures(equity) });
const transfer = (equity: string): Planted =>
  planted('TransferApproved', { accountId: 'a2', transferId: 't1', figuresAfter: figures(equity) });

const quote = (price: string, more: object = {}) => ({
  ...{ instrumentId: 'BTC/USD', source: 'alpha:BTC/USD', group: 'alpha', price, confidence: '5' },
  ...{
    sourceTimeMs: 1,
    volume: '',
    excluded: '',
    conversion: '',
    conversionConfidence: '',
    bid: '',
    ask: '',
  },
  ...more,
});
const marked = (price: string, quotes: readonly ReturnType<typeof quote>[], more: object = {}): Planted =>
  planted('MarksPublished', {
    marks: [
      {
        ...{ instrumentId: 'BTC/USD', price, confidence: '5', twap: price, volatility: 1, state: 'live' },
        ...{ sources: 2, guarded: false, confirming: '', forward: 0, fixedForward: 0, ...more },
      },
    ],
    quotes: [...quotes],
  });
const insolvent = [state('healthy', 'insolvent')];
const two = [quote('100'), quote('110')];

const CALLED = 'a margin call precedes every liquidation unless the loss was a gap';
const WARRANTED =
  'a liquidation is requested only below the maintenance margin or after the deadline of a call';
const JUDGED = 'an order that adds risk is approved only with equity at or above the initial margin after it';
const GATE = 'no payout is approved while an insolvency of the cell is unresolved';
const ENDED = 'an account has one liquidation at a time';
const STATES = 'every change of margin state starts from the state before';
const MARKED = 'a mark that sources support lies within the quotes that its round used';
const BOUNDED = 'a mark that a surface made of an option lies between what its forward allows';

const CALL = 'BTC-20270117-60000-C';
const listed = planted('InstrumentListed', {
  ...{ instrumentId: CALL, kind: 'option', underlying: 'BTC', quoteAsset: 'USD', contractSize: '1' },
  ...{ inverse: false, expiresAtMs: 9, strike: '60000', optionType: 'call' },
});
const fitted = planted('SurfacePublished', { underlying: 'BTC', priceAsset: 'USD', slices: [] });
const option = (price: string): Planted =>
  marked(price, [quote('3000', { instrumentId: CALL })], { instrumentId: CALL, forward: 62_000 });

export const MARGIN_CASES: readonly AuditCase[] = [
  {
    what: 'a liquidation without a call',
    invariant: CALLED,
    faulty: [requested('deadline', '90')],
    sound: [called, requested('deadline', '90')],
  },
  {
    what: 'a liquidation after a call that was cured',
    invariant: CALLED,
    faulty: [called, cured, requested('maintenance', '79')],
    sound: [called, requested('maintenance', '79')],
  },
  {
    what: 'a liquidation of an account that has its maintenance margin',
    invariant: WARRANTED,
    faulty: [requested('gap', '80')],
    sound: [requested('gap', '79.99')],
  },
  {
    what: 'an order approved beyond the margin',
    invariant: JUDGED,
    faulty: [approved(false, '99.99')],
    sound: [approved(false, '100'), approved(true, '10')],
  },
  {
    what: 'an order approved without figures',
    invariant: JUDGED,
    faulty: [planted('OrderApproved', { orderId: 'o1', riskReducing: false })],
    sound: [approved(false, '100')],
  },
  {
    what: 'a withdrawal while an account is insolvent',
    invariant: GATE,
    faulty: [...insolvent, withdrawal('500')],
    sound: [...insolvent, state('insolvent', 'healthy'), withdrawal('500')],
  },
  {
    what: 'a transfer while an account is insolvent',
    invariant: GATE,
    faulty: [...insolvent, transfer('500')],
    sound: [...insolvent, completed, transfer('500')],
  },
  {
    what: 'a withdrawal that leaves too little',
    invariant: GATE,
    faulty: [withdrawal('99')],
    sound: [withdrawal('100'), transfer('100')],
  },
  {
    what: 'two liquidations at a time',
    invariant: ENDED,
    faulty: [requested('gap', '1'), requested('gap', '1')],
    sound: [requested('gap', '1'), completed, requested('gap', '1')],
  },
  {
    what: 'a state that was left out',
    invariant: STATES,
    faulty: [state('healthy', 'restricted'), state('call', 'healthy')],
    sound: [state('healthy', 'restricted'), state('restricted', 'healthy'), state('healthy', 'call', 'a2')],
  },
  {
    what: 'a mark above all quotes',
    invariant: MARKED,
    faulty: [marked('116', two)],
    sound: [
      marked('115', two),
      marked('116', two, { state: 'degraded' }),
      marked('116', two, { guarded: true }),
    ],
  },
  {
    what: 'a mark below all quotes',
    invariant: MARKED,
    faulty: [marked('94', two)],
    sound: [marked('95', two)],
  },
  {
    what: 'a mark that only an excluded quote supports',
    invariant: MARKED,
    faulty: [marked('150', [...two, quote('150', { excluded: 'outlier' })])],
    sound: [marked('150', [...two, quote('150')])],
  },
  {
    what: 'a mark outside its converted quotes',
    invariant: MARKED,
    faulty: [marked('100', [quote('100', { conversion: '0.9', conversionConfidence: '0.01' })])],
    sound: [marked('95', [quote('100', { conversion: '0.9', conversionConfidence: '0.01' })])],
  },
  {
    what: 'an option off its own quotes before there is a surface',
    invariant: MARKED,
    faulty: [listed, option('3010')],
    sound: [listed, option('3005'), fitted, option('3010')],
  },
  {
    what: 'an option on a surface below its intrinsic value',
    invariant: BOUNDED,
    faulty: [listed, fitted, option('1994')],
    sound: [listed, fitted, option('1995')],
  },
  {
    what: 'an option on a surface above its forward',
    invariant: BOUNDED,
    faulty: [listed, fitted, option('62006')],
    sound: [listed, fitted, option('62005')],
  },
];
