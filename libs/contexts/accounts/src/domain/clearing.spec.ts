import { describe, it } from '@jest/globals';
import { deciderSpec } from '@plinth/eventing/testing';
import { clearingDecider } from './clearing.ts';
import { clientDecider } from './client.ts';

const facts = (sourcePosition: bigint) => ({
  ...{ fromCell: 'south', sourcePosition, transferId: 't1', fromAccountId: 's1', toAccountId: 'a1' },
  ...{ asset: 'USD', amount: '10' },
});

describe('the clearing with another cell', () => {
  const spec = deciderSpec(clearingDecider);
  const taken = { type: 'TransferArrived', data: facts(7n) } as const;

  it('takes over what comes later in the other log', () => {
    const data = { ...facts(8n), code: 'ACCOUNT_UNKNOWN', reason: 'no such account' };
    spec
      .given([taken])
      .when({ type: 'Decline', data })
      .then([{ type: 'TransferDeclined', data }]);
  });

  it.each([7n, 6n])('takes nothing over twice: position %s after 7', (position) => {
    spec
      .given([taken])
      .when({ type: 'Arrive', data: facts(position) })
      .thenRejected('TAKEN_ALREADY');
  });

  it('counts acknowledgements in the same order', () => {
    const data = { toCell: 'south', accountId: 'a1', transferId: 't9', outcome: 'delivered' } as const;
    spec
      .given([taken])
      .when({ type: 'Acknowledge', data: { ...data, sourcePosition: 7n } })
      .thenRejected('TAKEN_ALREADY');
  });
});

describe('the place of a client', () => {
  const spec = deciderSpec(clientDecider);
  const place = (cell: string, wanted = '') =>
    ({ type: 'PlaceClient', clientId: 'acme', cell, wanted }) as const;
  const open = (cell: string) =>
    ({ type: 'OpenClient', clientId: 'acme', name: 'Acme', jurisdiction: 'CH', cell }) as const;
  const placed = { type: 'ClientPlaced', data: { clientId: 'acme', cell: 'south' } } as const;
  const opened = {
    type: 'ClientOpened',
    data: { clientId: 'acme', name: 'Acme', jurisdiction: 'CH' },
  } as const;

  it('is said once', () => {
    spec.when(place('south')).then([placed]);
    spec.given([placed]).when(place('main')).thenNothing();
    spec.given([placed]).when(place('main', 'main')).thenRejected('CLIENT_PLACED');
  });

  it('is not the home cell once it is another one, and the other way round', () => {
    spec.given([placed]).when(open('main')).thenRejected('CLIENT_EXISTS');
    spec.given([placed]).when(open('south')).then([opened]);
    spec.given([opened]).when(place('south')).thenRejected('CLIENT_EXISTS');
  });
});
