import { describe, expect, it } from '@jest/globals';
import { isRejection, reject, type Decider } from './decider.ts';
import type { Envelope } from './envelope.ts';
import type { Fold } from './fold.ts';
import { defineService } from './service.ts';
import { serviceSpec } from './service-spec.ts';
import { refill } from './state-text.ts';

class Clients implements Fold {
  readonly name = 'clients';
  readonly revision = 1;
  readonly states = new Map<string, string>();

  apply(event: Envelope): void {
    if (event.type === 'KycStateSet') this.states.set(event.data.clientId, event.data.state);
  }

  *entries(): Iterable<readonly [string, string]> {
    yield* this.states;
  }

  dump() {
    return { states: this.states };
  }

  load({ states }: ReturnType<Clients['dump']>): void {
    refill(this.states, states);
  }

  reset(): void {
    this.states.clear();
  }
}

type SetState = Readonly<{ clientId: string; state: string }>;

const client: Decider<string, SetState, 'KycStateSet', 'SAME'> = {
  initialState: () => 'approved',
  decide: ({ clientId, state }, now) =>
    state === now
      ? reject('SAME', 'nothing changes')
      : [{ type: 'KycStateSet', data: { clientId, state, reason: '' } }],
  evolve: (_, event) => event.data.state,
};

const intent = (command: SetState) => ({ stream: `client-${command.clientId}`, decider: client, command });

const service = defineService({
  name: 'clients',
  owns: ['client'],
  views: () => ({ clients: new Clients() }),
  // Who is suspended becomes pending; a timer approves everybody.
  react: (event, { clients }) => {
    if (event.type === 'KycStateSet' && event.data.state === 'suspended') {
      return [intent({ clientId: event.data.clientId, state: 'pending' })];
    }
    if (event.type !== 'TimerFired') return [];
    return [...clients.states.keys()].map((clientId) => intent({ clientId, state: 'approved' }));
  },
  commands: { SetState: (request: SetState) => [intent(request)] },
  queries: { State: (clientId: string, { clients }) => clients.states.get(clientId) },
  nextDue: () => 50,
});

describe('serviceSpec', () => {
  it('decides commands, folds their events and appends the reactions to them', () => {
    const spec = serviceSpec(service);
    const events = spec.when('SetState', { clientId: 'alpha', state: 'suspended' }, { now: 7 });
    if (isRejection(events)) throw new Error(events.message);
    expect(events.map(({ type, version, occurredAt }) => [type, version, occurredAt])).toEqual([
      ['KycStateSet', 1, 7],
      ['KycStateSet', 2, 7],
    ]);
    expect(spec.ask('State', 'alpha')).toBe('pending');
    expect(spec.entries().get('clients/alpha')).toBe('pending');
    expect(spec.when('SetState', { clientId: 'alpha', state: 'pending' })).toMatchObject({ code: 'SAME' });
    expect(spec.log()).toHaveLength(2);
  });

  it('takes given events into streams and folds, and fires what is due', () => {
    const spec = serviceSpec(service);
    spec.given('client-beta', 1, {
      type: 'KycStateSet',
      data: { clientId: 'beta', state: 'pending', reason: '' },
    });
    expect(spec.passTime(49)).toEqual([]);
    expect(spec.passTime(50).map(({ type }) => type)).toEqual(['TimerFired', 'KycStateSet']);
    expect(spec.ask('State', 'beta')).toBe('approved');
  });
});
