import type { Envelope } from '@plinth/eventing';
import {
  deskMessages,
  encodeEvent,
  EVENT_CATALOGUE,
  pricingEvents,
  type EventData,
  type EventType,
} from '@plinth/messages';
import { formatUnits } from '@plinth/money';
import type { LedgerView } from '@plinth/views';

/** What a desk's record says, before it has its place and link in a partition. */
export type DeskFact = Readonly<{
  key: string;
  /** Full name of the protobuf message that the value is. */
  type: string;
  /** Null: in a topic of state, the key stands no longer. */
  value: Uint8Array | null;
}>;

export type DeskTopic = Readonly<{
  /** Between the prefix and the version: `margin`, `positions.state`. */
  name: string;
  about: string;
  kind: 'events' | 'state';
  partitions: number;
  /** What the key is, in words. */
  key: string;
  /**
   * Figures of money stop at an event that they cannot be derived from; anything else puts it aside as a dead
   * letter and goes on.
   */
  isMoney: boolean;
  /** Events that records are made of. */
  sources: readonly EventType[];
  messages: readonly string[];
  facts: (event: Envelope, ledger: LedgerView) => readonly DeskFact[];
}>;

const PARTITIONS = 6;

/** A message is in the package of the service that owns the event. */
const messageOf = (type: EventType): string => `plinth.${EVENT_CATALOGUE[type].owner}.v1.${type}`;

type Keyed<T extends EventType> = Readonly<{
  name: string;
  about: string;
  key: string;
  isMoney: boolean;
  types: readonly T[];
  keyOf: (data: EventData<T>, event: Envelope<T>) => string;
}>;

/** A topic whose records are the log's own events, by a key. */
const topicOfEvents = <T extends EventType>(topic: Keyed<T>): DeskTopic => {
  const { types, keyOf, ...rest } = topic;
  const names = new Map<string, string>(types.map((type) => [type, messageOf(type)]));
  return {
    ...rest,
    kind: 'events',
    partitions: PARTITIONS,
    sources: types,
    messages: [...names.values()],
    facts: (event) => {
      const type = names.get(event.type);
      if (type === undefined) return [];
      const key = keyOf(event.data as EventData<T>, event as Envelope<T>);
      return [{ key, type, value: encodeEvent(event.type, event.data).bytes }];
    },
  };
};

const accountOr = (data: object, otherwise: string): string =>
  'accountId' in data && typeof data.accountId === 'string' && data.accountId !== ''
    ? data.accountId
    : otherwise;

const ALL_TYPES = Object.keys(EVENT_CATALOGUE) as EventType[];

/** Every event that moves money: its payload has postings. */
const POSTED: readonly EventType[] = ALL_TYPES.filter((type) =>
  Object.hasOwn(EVENT_CATALOGUE[type].codec.fromJSON({}) as object, 'postings'),
);

const LIQUIDATION: readonly EventType[] = [
  ...ALL_TYPES.filter((type) => EVENT_CATALOGUE[type].owner === 'liquidation'),
  ...(['LiquidationFeeCharged', 'InsurancePosted', 'BadDebtRecorded', 'CollateralTakenOver'] as const),
];

const fills = topicOfEvents({
  name: 'fills',
  about: 'fills as they were booked, with fees and profit; contracts that were settled',
  key: 'account',
  isMoney: true,
  types: ['FillBooked', 'ContractSettled'],
  keyOf: ({ accountId }) => accountId,
});

const margin = topicOfEvents({
  name: 'margin',
  about: 'states of margin as they change, calls, and requests to liquidate',
  key: 'account',
  isMoney: true,
  types: [
    ...(['MarginStateChanged', 'MarginCalled', 'MarginCallCured', 'MarginCallEscalated'] as const),
    ...(['LiquidationRequested', 'LiquidationDeferred', 'LiquidationCleared'] as const),
  ],
  keyOf: ({ accountId }) => accountId,
});

const liquidations = topicOfEvents({
  name: 'liquidations',
  about: 'liquidations step by step, and who paid for what was missing',
  key: 'account; the insurance fund’s own records have the name of their stream',
  isMoney: true,
  types: LIQUIDATION,
  keyOf: (data, { stream }) => accountOr(data, stream),
});

const orders = topicOfEvents({
  name: 'orders',
  about: 'orders from their taking to their close, with every child order at a venue',
  key: 'order',
  isMoney: false,
  types: [
    ...(['OrderPlaced', 'OrderApproved', 'OrderRefused', 'OrderRouted', 'OrderCancelRequested'] as const),
    ...(['ChildAcknowledged', 'ChildFilled', 'ChildClosed', 'ChildOutcomeUnknown', 'OrderClosed'] as const),
  ],
  keyOf: ({ orderId }) => orderId,
});

const ledger = topicOfEvents({
  name: 'ledger',
  about: 'every journal entry: the event that it is, with its postings, which sum to zero in each asset',
  key: 'account; entries of the house alone have the name of their stream',
  isMoney: true,
  types: POSTED,
  keyOf: (data, { stream }) => accountOr(data, stream),
});

const rates = topicOfEvents({
  name: 'rates',
  about: 'lending pools with their curves and accruals, and funding rates of perpetuals',
  key: 'asset of the pool, or instrument',
  isMoney: false,
  types: ['PoolOpened', 'RateCurveSet', 'PoolAccrued', 'FundingRateSet'],
  keyOf: (data) => ('instrumentId' in data ? data.instrumentId : data.asset),
});

const marks: DeskTopic = {
  name: 'marks',
  about: 'marks, one record for each instrument whose mark was published',
  kind: 'events',
  partitions: PARTITIONS,
  key: 'instrument',
  isMoney: false,
  sources: ['MarksPublished'],
  messages: ['plinth.pricing.v1.Mark'],
  facts: (event) =>
    event.type === 'MarksPublished'
      ? event.data.marks.map((mark) => ({
          key: mark.instrumentId,
          type: 'plinth.pricing.v1.Mark',
          value: pricingEvents.Mark.encode(mark).finish(),
        }))
      : [],
};

const POSITION = 'plinth.desk.v1.PositionState';
const positions: DeskTopic = {
  name: 'positions.state',
  about: 'open derivative positions at each venue',
  kind: 'state',
  partitions: PARTITIONS,
  key: 'account|instrument|venue',
  isMoney: true,
  sources: ['FillBooked', 'ContractSettled'],
  messages: [POSITION],
  facts: (event) => {
    if (event.type !== 'FillBooked' && event.type !== 'ContractSettled') return [];
    const { accountId, instrumentId, venueId, entryPrice, entryCost } = event.data;
    const key = `${accountId}|${instrumentId}|${venueId}`;
    const quantity = event.type === 'FillBooked' ? event.data.positionQuantity : '0';
    // A fill of a spot pair has no position: what it moved are balances.
    if (quantity === '') return [];
    if (quantity === '0') return [{ key, type: POSITION, value: null }];
    const state = { accountId, instrumentId, venueId, quantity, entryPrice, entryCost };
    return [{ key, type: POSITION, value: deskMessages.PositionState.encode(state).finish() }];
  },
};

const BALANCE = 'plinth.desk.v1.BalanceState';
const balances: DeskTopic = {
  name: 'balances.state',
  about: 'balances of all ledger accounts: clients’, the house’s and the outside world’s',
  kind: 'state',
  partitions: PARTITIONS,
  key: 'ledger account|asset',
  isMoney: true,
  sources: POSTED,
  messages: [BALANCE],
  facts: (event, view) => {
    if (!('postings' in event.data)) return [];
    const moved = new Map(event.data.postings.map((p) => [`${p.account}|${p.asset}`, p]));
    return [...moved].map(([key, { account, asset }]) => {
      const units = view.balance(account, asset);
      if (units === 0n) return { key, type: BALANCE, value: null };
      const state = { ledgerAccount: account, asset, amount: formatUnits(units, view.scaleOf(asset)) };
      return { key, type: BALANCE, value: deskMessages.BalanceState.encode(state).finish() };
    });
  },
};

const MARGIN = 'plinth.risk.v1.MarginStateChanged';
const margins: DeskTopic = {
  name: 'margin.state',
  about: 'the last change of every account’s state of margin, with its figures',
  kind: 'state',
  partitions: PARTITIONS,
  key: 'account',
  isMoney: true,
  sources: ['MarginStateChanged'],
  messages: [MARGIN],
  facts: (event) =>
    event.type === 'MarginStateChanged'
      ? [{ key: event.data.accountId, type: MARGIN, value: encodeEvent(event.type, event.data).bytes }]
      : [],
};

/** Every topic that desks may follow. The AsyncAPI document is made from this list. */
export const DESK_TOPICS: readonly DeskTopic[] = [
  ...[fills, marks, margin, liquidations, orders, ledger, rates],
  ...[positions, balances, margins],
];
