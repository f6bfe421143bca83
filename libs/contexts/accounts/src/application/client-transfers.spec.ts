import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '@plinth/eventing';
import type { accountsMessages } from '@plinth/messages';
import { balances, deposit, eventOf, openWorld, types, type World } from '../testing/world.ts';
import { transfersLink } from './cell-link.ts';

const DAY = 1_000;

/** `acme` may send USD to an account of `zeta`, here or in cell south. */
const worldOf = (cell = 'main'): World => {
  const world = openWorld({ cell });
  deposit(world, 'a1', '100');
  for (const destination of ['account:zeta/z1', 'account:omega/o1'])
    world.take('AddWithdrawalDestination', { clientId: 'acme', asset: 'USD', destination });
  return world;
};

const REQUEST = {
  ...{
    accountId: 'a1',
    transferId: 't1',
    toClientId: 'omega',
    toAccountId: 'o1',
    asset: 'USD',
    amount: '30',
  },
  ...{ fromLocation: 'venue:alpha', toLocation: '', toCell: 'south' },
};

const request = (world: World, change: Partial<typeof REQUEST> = {}, now = DAY): readonly Envelope[] =>
  world.take('RequestClientTransfer', { ...REQUEST, ...change }, 'acme', now);

const approve = (world: World, transferId = 't1'): readonly Envelope[] =>
  world.given('margin-a1', DAY, eventOf('TransferApproved', { accountId: 'a1', transferId }));

/** What the other cell's log says, brought as a link brings it. */
const bring = (world: World, events: readonly Envelope[], from: string, cell: string): readonly Envelope[] =>
  transfersLink(cell)
    .commands(events, from)
    .flatMap(({ name, request: brought }) => world.take(name, brought));

const transfers = (world: World, state = '') =>
  (
    world.ask('ListTransfers', { accountId: '', state, pageSize: 0, pageToken: '' }) as {
      transfers: readonly accountsMessages.TransferInfo[];
    }
  ).transfers;

describe('a transfer to a client of another cell', () => {
  it('passes the rules of a withdrawal first', () => {
    const world = worldOf();
    const refused = (change: Partial<typeof REQUEST>, now = DAY) =>
      world.refused('RequestClientTransfer', { ...REQUEST, ...change }, 'acme', now).code;
    expect(refused({ toAccountId: 'o2' })).toBe('DESTINATION_UNKNOWN');
    expect(refused({}, 50)).toBe('DESTINATION_NOT_USABLE_YET');
    expect(refused({ amount: '101' })).toBe('BALANCE_INSUFFICIENT');
    expect(refused({ toClientId: 'acme' })).toBe('INVALID_FIELD');
    expect(refused({ toCell: 'South!' })).toBe('INVALID_FIELD');
    world.take('SetKycState', { clientId: 'acme', state: 'suspended', reason: '' });
    expect(refused({})).toBe('KYC_NOT_APPROVED');
  });

  it('counts against the limit of withdrawals per day, until it is released', () => {
    const world = openWorld({ withdrawalLimitUsdPerDay: '50' });
    deposit(world, 'a1', '100');
    const destination = 'account:omega/o1';
    world.take('AddWithdrawalDestination', { clientId: 'acme', asset: 'USD', destination });
    request(world);
    const second = { ...REQUEST, transferId: 't2' };
    expect(world.refused('RequestClientTransfer', second, 'acme', DAY).code).toBe(
      'WITHDRAWAL_LIMIT_EXCEEDED',
    );
    world.given('margin-a1', DAY, eventOf('TransferRefused', { accountId: 'a1', transferId: 't1' }));
    expect(types(world.take('RequestClientTransfer', second, 'acme', DAY))).toEqual(['TransferRequested']);
  });

  it('leaves when risk has approved it, arrives once, and is acknowledged', () => {
    const [main, south] = [worldOf(), openWorld({ cell: 'south' })];
    south.take('OpenClient', { clientId: 'omega', name: 'o', jurisdiction: 'CH' });
    south.take('SetKycState', { clientId: 'omega', state: 'approved', reason: '' });
    south.take('OpenAccount', { accountId: 'o1', clientId: 'omega', name: '' });
    request(main);
    const sent = approve(main);
    expect(types(sent)).toEqual(['TransferApproved', 'TransferSent']);
    expect(balances(main, 'c')).toEqual({
      'clearing:south:USD': '30',
      'client:a1:USD:venue:alpha:USD': '70',
    });
    expect(transfers(main)).toMatchObject([{ transferId: 't1', state: 'in-flight', toCell: 'south' }]);

    const arrived = bring(south, sent, 'main', 'south');
    expect(types(arrived)).toEqual(['TransferArrived', 'TransferReceived']);
    expect(balances(south, 'c')).toEqual({
      'clearing:main:USD': '-30',
      'client:o1:USD:venue:alpha:USD': '30',
    });
    const [{ request: again } = { request: {} }] = transfersLink('south').commands(sent, 'main');
    expect(south.refused('TakeTransfer', again).code).toBe('TAKEN_ALREADY');
    expect(balances(south, 'client:o1')).toEqual({ 'client:o1:USD:venue:alpha:USD': '30' });

    expect(types(bring(main, arrived, 'south', 'main'))).toEqual(['TransferAcknowledged']);
    expect(transfers(main)).toMatchObject([{ state: 'delivered', code: '' }]);
    expect(transfers(main, 'in-flight')).toEqual([]);
    expect(main.views.transfers.through('south')).toBe(arrived[0]?.position);
  });

  it.each([
    ['an account that is not there', () => undefined, 'ACCOUNT_UNKNOWN'],
    [
      'an account of somebody else',
      (south: World) => south.take('OpenAccount', { accountId: 'o1', clientId: 'zeta', name: '' }),
      'ACCOUNT_UNKNOWN',
    ],
    [
      'a client that is not approved',
      (south: World) => {
        south.take('OpenClient', { clientId: 'omega', name: 'o', jurisdiction: 'CH' });
        south.take('OpenAccount', { accountId: 'o1', clientId: 'omega', name: '' });
      },
      'KYC_NOT_APPROVED',
    ],
  ] as const)('comes back from %s', (_, prepare, code) => {
    const [main, south] = [worldOf(), openWorld({ cell: 'south' })];
    prepare(south);
    request(main);
    const declined = bring(south, approve(main), 'main', 'south');
    expect(types(declined)).toEqual(['TransferDeclined']);
    expect(balances(south, 'clearing')).toEqual({});
    const back = bring(main, declined, 'south', 'main');
    expect(types(back)).toEqual(['TransferAcknowledged', 'TransferReturned']);
    expect(balances(main, 'c')).toEqual({ 'client:a1:USD:venue:alpha:USD': '100' });
    expect(transfers(main)).toMatchObject([{ state: 'returned', code }]);
    const [{ request: again } = { request: {} }] = transfersLink('main').commands(declined, 'south');
    expect(main.refused('TakeTransfer', again).code).toBe('TAKEN_ALREADY');
    expect(balances(main, 'client:a1')).toEqual({ 'client:a1:USD:venue:alpha:USD': '100' });
  });

  it('is not sent by a client that was suspended in the meantime', () => {
    const world = worldOf();
    request(world);
    world.take('SetKycState', { clientId: 'acme', state: 'suspended', reason: '' });
    expect(types(approve(world))).toEqual(['TransferApproved', 'TransferReleased']);
    expect(balances(world, 'c')).toEqual({ 'client:a1:USD:venue:alpha:USD': '100' });
  });

  it('takes nothing over that is between others', () => {
    const world = worldOf();
    request(world);
    const sent = approve(world);
    expect(transfersLink('north').commands(sent, 'main')).toEqual([]);
    const [{ request: misled } = { request: {} }] = transfersLink('south').commands(sent, 'main');
    expect(openWorld({ cell: 'north' }).refused('TakeTransfer', misled).code).toBe('INVALID_FIELD');
    expect(world.refused('TakeTransfer', misled, 'acme').code).toBe('OPERATOR_ONLY');
  });
});

describe('a transfer to another client of the same cell', () => {
  it('needs the same, and has both sides in one append', () => {
    const world = worldOf();
    const here = { toClientId: 'zeta', toAccountId: 'z1', toCell: '' };
    expect(world.refused('RequestTransfer', { ...REQUEST, ...here }, 'acme', DAY).code).toBe(
      'ACCOUNT_UNKNOWN',
    );
    request(world, here);
    const approved = approve(world);
    expect(types(approved)).toEqual(['TransferApproved', 'TransferSent', 'TransferReceived']);
    expect(approved.at(-1)?.data).toMatchObject({ fromClientId: 'acme', fromCell: '' });
    expect(balances(world, 'c')).toEqual({
      'client:a1:USD:venue:alpha:USD': '70',
      'client:z1:USD:venue:alpha:USD': '30',
    });
    expect(transfers(world)).toEqual([]);
  });

  it('tells only who may send there that an account is missing', () => {
    const world = worldOf();
    const refused = (toAccountId: string) =>
      world.refused('RequestClientTransfer', { ...REQUEST, toCell: '', toAccountId }, 'acme', DAY).code;
    expect([refused('o1'), refused('o2')]).toEqual(['ACCOUNT_UNKNOWN', 'DESTINATION_UNKNOWN']);
  });
});

describe('a new client', () => {
  const place = (world: World, clientId: string, cell = '') =>
    world.take('PlaceClient', { clientId, cell, cells: ['main', 'south'] });
  const placement = (world: World, clientId: string) =>
    (world.ask('GetPlacement', { clientId }) as accountsMessages.PlacementInfo).cell;

  it('is placed where the fewest are, unless a cell is named', () => {
    // The home cell has two clients from before there was another one.
    const world = openWorld();
    for (const id of ['c1', 'c2', 'c3', 'c4']) place(world, id);
    place(world, 'c5', 'south');
    expect(['c1', 'c2', 'c3', 'c4', 'c5', 'acme'].map((id) => placement(world, id))).toEqual([
      ...['south', 'south', 'main', 'south', 'south', ''],
    ]);
    expect(place(world, 'c1')).toEqual([]);
    expect(world.refused('PlaceClient', { clientId: 'acme', cell: '', cells: ['south'] }).code).toBe(
      'CLIENT_EXISTS',
    );
    expect(world.refused('PlaceClient', { clientId: 'c9', cell: 'north', cells: ['south'] }).field).toBe(
      'cell',
    );
    expect(world.refused('PlaceClient', { clientId: 'c9', cell: '', cells: [] }).field).toBe('cells');
  });
});
