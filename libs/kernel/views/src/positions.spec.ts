import { describe, expect, it } from '@jest/globals';
import { expectRestores } from '@plinth/eventing/testing';
import type { EventData } from '@plinth/messages';
import { PositionsView } from './positions.ts';
import { entriesOf, event, expectEveryFieldToTell, folded } from './testing/fold-events.ts';

const data: EventData<'FillBooked'> = {
  accountId: 'a1',
  orderId: 'o1',
  childId: 'o1.1',
  fillId: 'f1',
  venueId: 'alpha',
  instrumentId: 'BTC-PERP',
  side: 'sell',
  quantity: '2',
  price: '60000',
  fee: '1',
  feeAsset: 'USD',
  realisedProfit: '0',
  positionQuantity: '-2',
  entryPrice: '60000',
  postings: [],
  entryCost: '-120000',
  subAccountId: '',
};
const booked = (more: Partial<EventData<'FillBooked'>>) => event('FillBooked', { ...data, ...more });
const make = (): PositionsView => new PositionsView();

describe('PositionsView', () => {
  it('has what each account holds at each venue, signed', () => {
    const view = folded(make(), [
      booked({}),
      booked({ venueId: 'bravo', positionQuantity: '0.00000001', entryCost: '0.0006' }),
    ]);
    expect(view.position('a1', 'BTC-PERP', 'alpha')).toEqual({
      instrumentId: 'BTC-PERP',
      venueId: 'alpha',
      units: -200_000_000n,
      entryPrice: '60000',
      entryCost: '-120000',
    });
    expect(view.position('a1', 'BTC-PERP', 'bravo')?.units).toBe(1n);
    expect(view.of('a1').size).toBe(2);
    expect(view.of('a2').size).toBe(0);
  });

  it('forgets a position that is closed, not that its account traded', () => {
    const view = folded(make(), [booked({}), booked({ positionQuantity: '0', entryCost: '0' })]);
    expect(view.of('a1').size).toBe(0);
    expect([...view.accountIds()]).toEqual(['a1']);
    expect(entriesOf(view)).toEqual([]);
  });

  it('does not look at spot fills', () => {
    expect(entriesOf(folded(make(), [booked({ positionQuantity: '' })]))).toEqual([]);
  });

  it('tells every field of a position', () => {
    const kept = ['accountId', 'venueId', 'instrumentId', 'positionQuantity', 'entryPrice', 'entryCost'];
    const others = Object.keys(data).filter((field) => field !== 'postings' && !kept.includes(field));
    expectEveryFieldToTell(make, [booked({})], others);
  });

  it('goes on from what it dumped', () => {
    expectRestores(
      () => ({ view: make() }),
      [
        booked({}),
        booked({ accountId: 'a2' }),
        booked({ positionQuantity: '0', entryCost: '0' }),
        booked({ venueId: 'bravo' }),
      ],
      ({ view }) => [[...view.accountIds()], view.of('a1')],
    );
  });

  it('goes back to nothing', () => {
    const view = folded(make(), [booked({})]);
    view.reset();
    expect(entriesOf(view)).toEqual([]);
    expect([...view.accountIds()]).toEqual([]);
  });
});
