import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '@plinth/eventing';
import { expectRestores } from '@plinth/eventing/testing';
import { HoldsView, transferHold, withdrawalHold } from './holds.ts';
import { UnbookedFillsView } from './unbooked-fills.ts';

const event = (type: string, data: object): Envelope => ({ type, data }) as unknown as Envelope;

const apply = (fold: { apply(event: never): void }, type: string, data: object): void =>
  fold.apply(event(type, data) as never);

describe('holds', () => {
  const facts = { accountId: 'a', asset: 'USD', amount: '5' };

  it('are there from the request to the end, and say when they were approved', () => {
    const holds = new HoldsView();
    apply(holds, 'WithdrawalRequested', { ...facts, withdrawalId: '1', location: 'venue:x' });
    apply(holds, 'TransferRequested', { ...facts, transferId: '1', fromLocation: 'vault:y' });
    apply(holds, 'WithdrawalApproved', { accountId: 'a', withdrawalId: '1' });
    expect([...holds.of('a')]).toEqual([
      [withdrawalHold('1'), { asset: 'USD', amount: '5', location: 'venue:x', isApproved: true }],
      [transferHold('1'), { asset: 'USD', amount: '5', location: 'vault:y', isApproved: false }],
    ]);
    expect([...holds.entries()]).toHaveLength(2);
    apply(holds, 'TransferReleased', { accountId: 'a', transferId: '1' });
    apply(holds, 'WithdrawalSettled', { accountId: 'a', withdrawalId: '1' });
    expect(holds.of('a').size).toBe(0);
    expect([...holds.entries()]).toEqual([]);
  });

  it('ignore answers to what they do not know', () => {
    const holds = new HoldsView();
    apply(holds, 'TransferApproved', { accountId: 'a', transferId: '1' });
    apply(holds, 'TransferSent', { accountId: 'a', transferId: '1' });
    expect(holds.of('a').size).toBe(0);
  });
});

describe('unbooked fills', () => {
  const fill = { accountId: 'a', venueId: 'x', fillId: '1', instrumentId: 'BTC-PERP', side: 'buy' };
  const numbers = { quantity: '1', price: '2', fee: '0', feeAsset: 'USD', orderId: 'o' };

  it('stand until the ledger has them; ids belong to a venue', () => {
    const fills = new UnbookedFillsView();
    apply(fills, 'ChildFilled', { ...fill, ...numbers });
    apply(fills, 'ChildFilled', { ...fill, ...numbers, venueId: 'y' });
    expect(fills.of('a').size).toBe(2);
    apply(fills, 'FillBooked', fill);
    expect([...fills.of('a').values()].map(({ venueId }) => venueId)).toEqual(['y']);
    expect([...fills.entries()]).toHaveLength(1);
    apply(fills, 'FillBooked', fill);
    fills.reset();
    expect(fills.of('a').size).toBe(0);
  });
});

describe('what is pending', () => {
  it('goes on from what it dumped', () => {
    const hold = { accountId: 'a', asset: 'USD', amount: '5', location: 'venue:x' };
    const fill = { accountId: 'a', venueId: 'x', instrumentId: 'BTC-PERP', side: 'buy', quantity: '1' };
    expectRestores(
      () => ({ holds: new HoldsView(), fills: new UnbookedFillsView() }),
      [
        event('WithdrawalRequested', { ...hold, withdrawalId: '1' }),
        event('ChildFilled', { ...fill, fillId: '1' }),
        event('WithdrawalRequested', { ...hold, withdrawalId: '2' }),
        event('ChildFilled', { ...fill, fillId: '2' }),
        event('WithdrawalApproved', { accountId: 'a', withdrawalId: '1' }),
        event('FillBooked', { ...fill, fillId: '1' }),
        event('WithdrawalSettled', { accountId: 'a', withdrawalId: '1' }),
      ],
      ({ holds, fills }) => [holds.of('a'), fills.of('a')],
    );
  });
});
