import type { EventLog, NewEvent } from '@plinth/eventing';
import { testId, testRequest } from '@plinth/eventing/testing';
import { EVENT_CATALOGUE, type EventType } from '@plinth/messages';

type Made = Readonly<{ stream: string; event: NewEvent }>;

const made = (stream: string, type: EventType, data: Readonly<Record<string, unknown>>): Made => ({
  stream,
  event: { type, data: EVENT_CATALOGUE[type].codec.fromJSON(data) } as unknown as NewEvent,
});

/** A small broker's day: accounts with deposits, orders, fills, marks, rates and states of margin. */
export function* deskEvents(accounts: number, rounds: number): Generator<Made> {
  yield made('asset-USD', 'AssetListed', { asset: 'USD', scale: 2, kind: 'fiat', chains: [] });
  for (let n = 0; n < accounts; n += 1) {
    yield made(`account-a${n}`, 'AccountOpened', { accountId: `a${n}`, clientId: `c${n}`, name: 'desk' });
    yield made(`account-a${n}`, 'DepositCredited', {
      ...{ accountId: `a${n}`, depositId: `d${n}`, asset: 'USD', amount: '1000', location: 'bank' },
      postings: [
        { account: `client:a${n}:USD:bank`, asset: 'USD', amount: '1000' },
        { account: 'external:USD', asset: 'USD', amount: '-1000' },
      ],
    });
  }
  for (let round = 1; round <= rounds; round += 1) {
    const marks = ['BTC/USD', 'ETH/USD', 'SOL/USD'].map((instrumentId) => ({
      ...{ instrumentId, price: String(100 + round), confidence: '0.1', state: 'live', sources: 3 },
    }));
    yield made('marks-main', 'MarksPublished', { round, atMs: round, marks, quotes: [] });
    yield made('pool-USD', 'PoolAccrued', { asset: 'USD', atMs: round, borrowRate: '0.05' });
    for (let n = 0; n < accounts; n += 1) yield* accountRound(`a${n}`, round);
  }
}

function* accountRound(accountId: string, round: number): Generator<Made> {
  const orderId = `${accountId}o${round}`;
  const quantity = round % 3 === 0 ? '0' : String(round);
  yield made(`order-${orderId}`, 'OrderPlaced', { orderId, accountId, instrumentId: 'BTC-PERP' });
  yield made(`account-${accountId}`, 'FillBooked', {
    ...{ accountId, orderId, fillId: `f${round}`, venueId: 'alpha', instrumentId: 'BTC-PERP', side: 'buy' },
    ...{ quantity: '1', price: '100', fee: '0.01', feeAsset: 'USD', positionQuantity: quantity },
    ...{ entryPrice: '100', entryCost: '100' },
    postings: [
      { account: `client:${accountId}:USD:bank`, asset: 'USD', amount: '-0.01' },
      { account: 'house:fees', asset: 'USD', amount: '0.01' },
    ],
  });
  yield made(`risk-${accountId}`, 'MarginStateChanged', {
    ...{ accountId, fromState: 'healthy', toState: round % 2 === 0 ? 'healthy' : 'restricted' },
    figures: { equity: String(1_000 - round), initialMargin: '10', maintenanceMargin: '5', asOf: '1' },
  });
}

/** Appends them, one after another; returns the head. */
export const appendDeskEvents = async (log: EventLog, events: Iterable<Made>): Promise<bigint> => {
  const versions = new Map<string, number>();
  for (const { stream, event } of events) {
    const expectedVersion = versions.get(stream) ?? 0;
    versions.set(stream, expectedVersion + 1);
    const result = await log.append(
      testRequest([{ stream, expectedVersion, events: [{ ...event, id: testId() }] }]),
    );
    if (result.status !== 'appended') throw new Error(`Expected appended, was ${result.status}`);
  }
  return (await log.head()).position;
};
