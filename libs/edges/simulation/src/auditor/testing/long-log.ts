import type { MarginFigures } from '@plinth/messages';
import { planted, type Planted } from './planted-log.ts';

const figures = (equity: string): MarginFigures => ({
  ...{ equity, initialMargin: '100', maintenanceMargin: '80', asOf: 1n },
  ...{ marksRound: 1, parametersVersion: 1, bindingScenario: 0 },
});

const post = (account: string, amount: string) => ({ account, asset: 'EUR', amount });

/** An order that lives and ends, in a contract that does so too, by an account that is empty afterwards. */
const trade = (n: number, settlementId: string): readonly Planted[] => {
  const [orderId, accountId, instrumentId] = [`day-o${n}`, `day-a${n}`, `day-i${n}`];
  const ids = { orderId, accountId, instrumentId, venueId: 'day-v', fillId: `day-f${n}` };
  const stream = `order-${orderId}`;
  const [cash, hold] = [`client:${accountId}:EUR:vault:bank`, `hold:${accountId}:EUR:w1`];
  const payout = { accountId, withdrawalId: 'w1' };
  return [
    planted('InstrumentListed', {
      ...{ instrumentId, kind: 'future', underlying: `day${n}`, quoteAsset: 'EUR', contractSize: '1' },
      ...{ inverse: false, expiresAtMs: 50, strike: '', optionType: '' },
    }),
    planted('DepositCredited', { accountId, postings: [post('outside:EUR', '-9'), post(cash, '9')] }),
    planted('OrderPlaced', { orderId, instrumentId, quantity: '1', liquidationId: '' }, { stream }),
    planted('OrderApproved', { orderId, riskReducing: false, figuresAfter: figures('100') }),
    planted('OrderRouted', { orderId, children: [] }, { stream }),
    planted('ChildFilled', { ...ids, quantity: '1' }, { stream }),
    planted('FillBooked', { ...ids, positionQuantity: '1', entryCost: '3', postings: [] }),
    planted('OrderClosed', { orderId }, { stream }),
    planted('SettlementPriceFixed', {
      ...{ underlying: `day${n}`, priceAsset: 'EUR', expiresAtMs: 50, price: '4', atMs: 50 },
      instrumentIds: [instrumentId],
    }),
    planted('ContractSettled', {
      ...{ ...ids, settlementId, quantity: '1', amount: '1' },
      postings: [post('venue:day-v:settlement', '-1'), post(cash, '1')],
    }),
    planted('SettlementAdvanced', { purpose: 'expiry', settlementId, done: true }),
    planted('WithdrawalRequested', { ...payout, postings: [post(cash, '-10'), post(hold, '10')] }),
    planted('WithdrawalApproved', { ...payout, figuresAfter: figures('100') }),
    planted('WithdrawalSettled', { ...payout, postings: [post(hold, '-10'), post('outside:EUR', '10')] }),
  ];
};

/** A margin call that is cured, and a liquidation that ends in bad debt, of accounts of their own. */
const distress = (n: number): readonly Planted[] => {
  const [accountId, callId, liquidationId] = [`day-b${n}`, `day-b${n}.c1`, `day-b${n}.l1`];
  const asset = 'EUR';
  return [
    planted('MarginStateChanged', { accountId, fromState: 'healthy', toState: 'call' }),
    planted('MarginCalled', { accountId, callId }),
    planted('MarginCallCured', { accountId, callId }),
    planted('MarginStateChanged', { accountId, fromState: 'call', toState: 'insolvent' }),
    planted('LiquidationRequested', {
      ...{ accountId, liquidationId, cause: 'gap', callId: '', figures: figures('1') },
    }),
    planted('FundCredited', { asset, amount: '2', fundAfter: '2' }),
    planted('ShortfallCovered', { liquidationId, asset, amount: '2', uncovered: '1', fundAfter: '0' }),
    planted('BadDebtRecorded', { liquidationId, asset, amount: '1', postings: [] }),
    planted('LiquidationCompleted', { accountId, liquidationId }),
    planted('MarginStateChanged', { accountId, fromState: 'insolvent', toState: 'healthy' }),
  ];
};

const interest = (before: number): readonly Planted[] => [
  planted('InterestCharged', { asset: 'EUR', amount: '3', postings: [] }),
  planted('InterestEarned', { asset: 'EUR', amount: '2', postings: [] }),
  planted('InterestDistributed', {
    ...{ asset: 'EUR', borrowerInterest: '3', lenderInterest: '2', reserve: '1', rounding: '0' },
    ...{ throughPosition: BigInt(before) + 2n, postings: [] },
  }),
  planted('PoolAccrued', { asset: 'EUR', borrowIndex: '1.1', supplyIndex: '1.1', utilisation: '0.5' }),
];

const listed = planted('InstrumentListed', {
  ...{ instrumentId: 'BTC/USD', kind: 'spot', underlying: 'BTC', quoteAsset: 'USD', expiresAtMs: 0 },
});
const marked = planted('MarksPublished', {
  marks: [
    {
      ...{
        instrumentId: 'BTC/USD',
        price: '100',
        confidence: '5',
        twap: '100',
        volatility: 1,
        state: 'live',
      },
      ...{ sources: 0, guarded: false, confirming: '', forward: 0, fixedForward: 0 },
    },
  ],
  quotes: [],
});

/** Days at a broker: what begins ends, and what was yesterday's never comes back. */
export const longLog = (days: number): readonly Planted[] => {
  const events: Planted[] = [listed];
  for (let n = 0; n < days; n += 1) {
    events.push(marked, ...trade(n, `day${n}.EUR.50`), ...distress(n));
    events.push(...interest(events.length));
  }
  return events;
};
