import type { AuditCase } from './audit-case.ts';
import { planted, type Planted } from './planted-log.ts';

const EXPIRY = 100;
const CALL = 'BTC-1-90-C';
const FUTURE = 'BTC-1';

const asset = planted('AssetListed', { asset: 'USD', scale: 2, kind: 'fiat', chains: [] });
const listed = (instrumentId: string, kind: string, strike = '', optionType = ''): Planted =>
  planted('InstrumentListed', {
    ...{ instrumentId, kind, underlying: 'BTC', quoteAsset: 'USD', contractSize: '1', inverse: false },
    ...{ expiresAtMs: EXPIRY, strike, optionType },
  });
const booked = (instrumentId: string, positionQuantity: string, entryCost: string): readonly Planted[] => {
  const ids = { accountId: 'a1', instrumentId, venueId: 'v', fillId: `f-${instrumentId}`, orderId: 'o1' };
  return [
    planted('ChildFilled', { ...ids, quantity: '1' }),
    planted('FillBooked', { ...ids, positionQuantity, entryCost, postings: [] }),
  ];
};
const fixed = (atMs = EXPIRY): Planted =>
  planted('SettlementPriceFixed', {
    ...{ underlying: 'BTC', priceAsset: 'USD', expiresAtMs: EXPIRY, price: '100.001', atMs },
    instrumentIds: [FUTURE, CALL],
  });
const settled = (instrumentId: string, quantity: string, amount: string, toVenue = amount): Planted => {
  const opposite = (of: string): string => (of.startsWith('-') ? of.slice(1) : `-${of}`);
  const postings = [
    { account: 'venue:v:settlement', asset: 'USD', amount: opposite(toVenue) },
    { account: 'client:a1:USD:venue:v', asset: 'USD', amount: toVenue },
  ];
  const at = { accountId: 'a1', settlementId: `BTC.USD.${EXPIRY}`, instrumentId, venueId: 'v' };
  return planted('ContractSettled', { ...at, quantity, amount, postings });
};
const advanced = planted('SettlementAdvanced', {
  ...{ purpose: 'expiry', settlementId: `BTC.USD.${EXPIRY}`, subject: '', lastAccountId: 'a1', done: true },
});
const placed = planted('OrderPlaced', { orderId: 'o1', quantity: '2', instrumentId: FUTURE });

const head = [asset, listed(FUTURE, 'future'), listed(CALL, 'option', '90', 'call'), placed];
const long = [...head, ...booked(CALL, '0.5', '3'), ...booked(FUTURE, '-0.5', '-47')];
const sound = [...long, fixed(), settled(CALL, '0.5', '5'), settled(FUTURE, '-0.5', '-3.01'), advanced];

export const SETTLEMENT_CASES: readonly AuditCase[] = [
  {
    what: 'a position that its settlement left standing',
    invariant: 'no position stands in a contract after its settlement',
    faulty: [...long, fixed(), settled(CALL, '0.5', '5'), advanced],
    sound,
  },
  {
    what: 'an option that is paid more than its intrinsic value',
    invariant: 'every settled position is paid intrinsic value or profit, rounded against who asks',
    faulty: [...long, fixed(), settled(CALL, '0.5', '5.01'), settled(FUTURE, '-0.5', '-3.01'), advanced],
    sound,
  },
  {
    what: 'a future that pays less than its loss',
    invariant: 'every settled position is paid intrinsic value or profit, rounded against who asks',
    faulty: [...long, fixed(), settled(CALL, '0.5', '5'), settled(FUTURE, '-0.5', '-3'), advanced],
    sound,
  },
  {
    what: 'a settlement that the venue did not pay',
    invariant: 'what a settlement pays and takes sums to zero with the venues',
    faulty: [...long, fixed(), settled(CALL, '0.5', '5', '4'), settled(FUTURE, '-0.5', '-3.01'), advanced],
    sound,
  },
  {
    what: 'a settlement price before expiry',
    invariant: 'a settlement price is fixed once, at or after expiry',
    faulty: [...head, fixed(EXPIRY - 1)],
    sound: [...head, fixed()],
  },
  {
    what: 'an order in what has expired',
    invariant: 'no order is placed in a contract that has expired',
    faulty: [
      ...head,
      planted(
        'OrderPlaced',
        { orderId: 'o9', quantity: '1', instrumentId: FUTURE, liquidationId: '' },
        { occurredAt: EXPIRY },
      ),
    ],
    sound: head,
  },
];
