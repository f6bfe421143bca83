import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '@plinth/eventing';
import { eventFromJson, type EventData, type Mark } from '@plinth/messages';
import { auditCells } from './audit-cells.ts';
import type { AuditLimits } from './memory.ts';
import { envelopesOf, planted, type Planted } from './testing/planted-log.ts';

const logOf = (events: readonly Planted[]) => {
  const envelopes: readonly Envelope[] = envelopesOf(events);
  return { read: async (after: bigint) => envelopes.filter(({ position }) => position > after) };
};

const judge = async (main: readonly Planted[], south: readonly Planted[], limits?: AuditLimits) => {
  const logs = new Map([
    ['main', logOf(main)],
    ['south', logOf(south)],
  ]);
  const { found, inFlight, kept, unjudged } = await auditCells(logs, limits);
  const broken = found.map(({ invariant }) => invariant.split(',')[0]);
  return { broken, inFlight, kept, unjudged };
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
const received = (amount = '30', change: Partial<EventData<'TransferReceived'>> = {}): Planted =>
  planted('TransferReceived', {
    ...{ ...names, amount, accountId: 'b', fromAccountId: 'a', fromCell: 'main' },
    postings: [post('clearing:main', `-${amount}`), post('client:b:USD:vault:bank', amount)],
    ...change,
  });
const declined = planted('TransferDeclined', { ...taken, sourcePosition: 1n, code: 'X', reason: '' });
const returned = planted('TransferReturned', {
  ...{ ...names, accountId: 'a', toCell: 'south', toAccountId: 'b' },
  postings: [post('clearing:south', '-30'), post('client:a:USD:vault:bank', '30')],
});
const told = (
  outcome: string,
  sourcePosition = 1n,
  change: Partial<EventData<'TransferAcknowledged'>> = {},
): Planted =>
  planted('TransferAcknowledged', {
    ...{ toCell: 'south', sourcePosition, accountId: 'a', transferId: 't1', outcome },
    ...change,
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
    const sound = { broken: [], unjudged: 0 };
    expect(await judge([sent()], [])).toMatchObject({ ...sound, inFlight: onItsWay });
    expect(await judge([sent(), told('delivered')], [arrived(), received()])).toMatchObject({
      ...{ ...sound, inFlight: [] },
    });
    expect(await judge([sent()], [declined])).toMatchObject({ ...sound, inFlight: onItsWay });
    expect(await judge([sent(), told('returned'), returned], [declined])).toMatchObject({
      ...{ ...sound, inFlight: [] },
    });
    expect(await judge([round('1'), round('2')], [takenRound('1', 1n), takenRound('2', 2n)])).toMatchObject({
      ...{ ...sound, inFlight: [] },
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

  const many = (count: number) => {
    const numbers = Array.from({ length: count }, (_, n) => n);
    const id = (n: number) => ({ transferId: `t${n}` });
    const [main, south] = [
      numbers.map((n) => sent(id(n))),
      numbers.flatMap((n) => [arrived(BigInt(n) + 1n, id(n)), received('30', id(n))]),
    ];
    const acknowledged = numbers.map((n) => told('delivered', BigInt(2 * n) + 1n, id(n)));
    return { main, south, acknowledged };
  };
  const SMALL = { live: 16, recent: 8 };

  it('forgets a transfer that is over, and loses nothing by it', async () => {
    // One after the other: each is acknowledged before the next is sent.
    const { main, south, acknowledged } = many(100);
    const home = main.flatMap((one, n) => [one, acknowledged[n] as Planted]);
    const places = south.map((one, n) =>
      n % 2 === 0 ? arrived(BigInt(n) + 1n, { transferId: `t${n / 2}` }) : one,
    );
    const report = await judge(home, places, SMALL);
    expect([report.broken, report.unjudged, report.inFlight]).toEqual([[], 0, []]);
    for (const { entries, forgotten } of report.kept) expect([entries <= 4, forgotten]).toEqual([true, 0]);
    const again = await judge(home, [...places, received('30', { transferId: 't0' })], SMALL);
    expect(again.broken).toContain(
      'what a sending cell is told of a transfer is what the other cell’s log says',
    );
  });

  it('counts what it cannot judge when more is under way than it can remember', async () => {
    const { main, south, acknowledged } = many(40);
    // Everything is sent before anything arrives.
    const late = planted('MarksPublished', { marks: [], sourceCell: 'main', sourcePosition: 40n });
    const taken = south.map((one, n) =>
      n % 2 === 0 ? one : received('30', { transferId: `t${(n - 1) / 2}` }),
    );
    const report = await judge(main, [late, ...taken], SMALL);
    expect(report.broken.filter((one) => one?.startsWith('the clearing accounts') !== true)).toEqual([]);
    // Arrivals and credits.
    expect(report.unjudged).toBe(2 * (40 - SMALL.live));
    for (const { entries, limit } of report.kept) expect(entries).toBeLessThanOrEqual(limit);
    // Everything is credited before anything is acknowledged.
    const credited = await judge([...main, ...acknowledged], south, SMALL);
    expect([credited.broken, credited.unjudged]).toEqual([[], 40 - SMALL.live]);
  });

  it('keeps marks as far back as it has room, and judges no taking from before', async () => {
    const rounds = Array.from({ length: 40 }, (_, n) => round(String(n + 1)));
    const late = await judge(rounds, [takenRound('1', 40n)], SMALL);
    expect(late.broken).toEqual([
      'marks taken over are the newest of their instruments at that place of the home cell’s log',
    ]);
    const home = [...rounds, sent()];
    const old = await judge(home, [arrived(41n), takenRound('3', 3n)], SMALL);
    expect([old.broken, old.unjudged]).toEqual([[], 1]);
    const near = await judge(home, [arrived(41n), takenRound('37', 38n)], SMALL);
    expect(near.broken).toHaveLength(1);
  });
});
