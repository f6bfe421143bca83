import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '@plinth/eventing';
import { eventFromJson, type EventData, type Mark } from '@plinth/messages';
import { auditCells } from './audit-cells.ts';
import { envelopesOf, planted, type Planted } from './testing/planted-log.ts';

const logOf = (events: readonly Planted[]) => {
  const envelopes: readonly Envelope[] = envelopesOf(events);
  return { read: async (after: bigint) => envelopes.filter(({ position }) => position > after) };
};

const judge = async (main: readonly Planted[], south: readonly Planted[]) => {
  const logs = new Map([
    ['main', logOf(main)],
    ['south', logOf(south)],
  ]);
  const { found, inFlight } = await auditCells(logs);
  return { broken: found.map(({ invariant }) => invariant.split(',')[0]), inFlight };
};

const post = (account: string, amount: string) => ({ account, asset: 'USD', amount });
const names = { transferId: 't1', asset: 'USD', amount: '30' } as const;

const sent = (change: Partial<EventData<'TransferSent'>> = {}): Planted =>
  planted('TransferSent', {
    ...{ ...names, accountId: 'a', toAccountId: 'b', toCell: 'south' },
    postings: [post('hold:a:USD:t1', '-30'), post('clearing:south', '30')],
    ...change,
  });

const taken = { ...names, fromCell: 'main', fromAccountId: 'a', toAccountId: 'b' } as const;
const arrived = (sourcePosition = 1n, change: Partial<EventData<'TransferArrived'>> = {}): Planted =>
  planted('TransferArrived', { ...taken, sourcePosition, ...change });
const received = (amount = '30'): Planted =>
  planted('TransferReceived', {
    ...{ ...names, amount, accountId: 'b', fromAccountId: 'a', fromCell: 'main' },
    postings: [post('clearing:main', `-${amount}`), post('client:b:USD:vault:bank', amount)],
  });
const declined = planted('TransferDeclined', { ...taken, sourcePosition: 1n, code: 'X', reason: '' });
const returned = planted('TransferReturned', {
  ...{ ...names, accountId: 'a', toCell: 'south', toAccountId: 'b' },
  postings: [post('clearing:south', '-30'), post('client:a:USD:vault:bank', '30')],
});
const told = (outcome: string, sourcePosition = 1n): Planted =>
  planted('TransferAcknowledged', {
    ...{ toCell: 'south', sourcePosition, accountId: 'a', transferId: 't1', outcome },
  });

const mark = (price: string): Mark =>
  (
    eventFromJson('MarksPublished', { marks: [{ instrumentId: 'BTC/USD', price, state: 'live' }] }) as {
      marks: readonly Mark[];
    }
  ).marks[0] as Mark;
const round = (price: string): Planted => planted('MarksPublished', { marks: [mark(price)], sourceCell: '' });
const takenRound = (price: string, sourcePosition: bigint): Planted =>
  planted('MarksPublished', { marks: [mark(price)], sourceCell: 'main', sourcePosition });
const fixed = (price: string): Planted =>
  planted('SettlementPriceFixed', { underlying: 'BTC', priceAsset: 'USD', expiresAtMs: 9, price });

describe('the auditor over several cells', () => {
  it('finds nothing where there is nothing, with money on its way or not', async () => {
    const onItsWay = [{ cell: 'main', accountId: 'a', transferId: 't1' }];
    expect(await judge([sent()], [])).toEqual({ broken: [], inFlight: onItsWay });
    expect(await judge([sent(), told('delivered')], [arrived(), received()])).toEqual({
      ...{ broken: [], inFlight: [] },
    });
    expect(await judge([sent()], [declined])).toEqual({ broken: [], inFlight: onItsWay });
    expect(await judge([sent(), told('returned'), returned], [declined])).toEqual({
      ...{ broken: [], inFlight: [] },
    });
    expect(await judge([round('1'), round('2')], [takenRound('1', 1n), takenRound('2', 2n)])).toEqual({
      ...{ broken: [], inFlight: [] },
    });
  });

  it.each([
    ['a credit of another amount', [sent()], [arrived(), received('31')], /told of a transfer/],
    ['a credit without a word before it', [sent()], [received()], /told of a transfer/],
    ['an arrival from nowhere', [sent()], [arrived(2n)], /takes over stands at that place/],
    [
      'an arrival that was meant for another cell',
      [sent({ toCell: 'north' })],
      [arrived()],
      /takes over stands at that place/,
    ],
    ['an arrival of another amount', [sent()], [arrived(1n, { amount: '31' })], /stands at that place/],
    ['an arrival twice', [sent()], [arrived(), received(), arrived()], /arrives once/],
    ['a credit twice', [sent()], [arrived(), received(), received()], /arrives once/],
    ['an arrival and a return', [sent(), returned], [arrived(), received()], /told of a transfer/],
    [
      'an acknowledgement of what was not said',
      [sent(), told('returned')],
      [arrived()],
      /told of a transfer/,
    ],
    ['clearing without a transfer', [sent({ toCell: '' })], [], /clearing accounts of all cells/],
    ['a place that is not there', [], [arrived(5n)], /every event of another cell/],
    ['marks of another price', [round('1')], [takenRound('2', 1n)], /newest of their instruments/],
    ['marks that are not the newest', [round('1'), round('2')], [takenRound('1', 2n)], /newest of their/],
    [
      'marks that go back',
      [round('1'), round('1')],
      [takenRound('1', 2n), takenRound('1', 1n)],
      /order of the home cell’s log/,
    ],
    ['two prices of one settlement', [fixed('1')], [fixed('2')], /settled at one price/],
  ] as const)('finds %s', async (_, main, south, invariant) => {
    const { broken } = await judge(main, south);
    expect(broken.join('; ')).toMatch(invariant);
  });
});
