import { describe, expect, it } from '@jest/globals';
import { expectRestores } from '@plinth/eventing/testing';
import type { riskMessages } from '@plinth/messages';
import { dataOf, made, RiskWorld, types } from '../testing/risk-world.ts';
import { GateView } from './gate-view.ts';

const closing = { cause: 'entries balance', brokenAt: 7n, detail: 'x' };

const closedWorld = (): RiskWorld => {
  const world = new RiskWorld();
  world.open('long', '20000');
  world.hold('long', '2');
  world.open('rich', '100000');
  world.spec.when('CloseGate', closing);
  return world;
};

const gateOf = ({ spec }: RiskWorld) => spec.ask('GetGate', {}) as riskMessages.GateInfo;

describe('the gate that was closed', () => {
  it('lets nothing out and no risk in, and lets risk be reduced', () => {
    const world = closedWorld();
    const refused = world.withdraw('rich', 'w1', '10');
    expect(dataOf(refused, 'WithdrawalRefused')).toMatchObject({
      code: 'GATE_CLOSED',
      message: expect.stringContaining('entries balance'),
    });
    const order = { accountId: 'rich', quantity: '0.1' };
    expect(dataOf(world.place({ ...order, orderId: 'a' }), 'OrderRefused').code).toBe('GATE_CLOSED');
    const less = world.place({ accountId: 'long', orderId: 'b', side: 'sell', quantity: '0.1' });
    expect(types(less)).toContain('OrderApproved');
    world.given('gate-main', made('GateOpened', { explainedThrough: '7' }));
    expect(types(world.withdraw('rich', 'w2', '10'))).toContain('WithdrawalApproved');
    expect(types(world.place({ ...order, orderId: 'c' }))).toContain('OrderApproved');
  });

  it('is asked for: what closed it, and who wants it open', () => {
    const world = closedWorld();
    const { position } = gateOf(world);
    expect(gateOf(world)).toMatchObject({ state: 'closed', causes: [closing], proposedThrough: 0n });
    world.spec.when('OpenGate', { explainedThrough: position, reason: 'known' });
    expect(gateOf(world)).toMatchObject({ proposedThrough: position, proposedReason: 'known' });
    world.given('gate-main', made('GateOpened', { explainedThrough: position.toString() }));
    expect(gateOf(world)).toMatchObject({ state: 'open', causes: [], explainedThrough: position });
  });

  it('is restored from what was kept of it', () => {
    const world = closedWorld();
    world.spec.when('OpenGate', { explainedThrough: gateOf(world).position, reason: 'known' });
    expectRestores(() => ({ gate: new GateView() }), world.spec.log());
  });

  it('is closed and opened by operators only, with all that is needed', () => {
    const { spec } = new RiskWorld();
    const asClient = { tenant: 'acme' };
    const opening = { explainedThrough: 1n, reason: 'known' };
    expect(spec.when('CloseGate', closing, asClient)).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(spec.when('OpenGate', opening, asClient)).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(spec.when('CloseGate', { ...closing, cause: '' })).toMatchObject({ field: 'cause' });
    expect(spec.when('CloseGate', { ...closing, detail: '' })).toMatchObject({ field: 'detail' });
    expect(spec.when('CloseGate', { ...closing, brokenAt: -1n })).toMatchObject({ field: 'brokenAt' });
    const beyond = { ...opening, explainedThrough: 1_000_000n };
    expect(spec.when('OpenGate', beyond)).toMatchObject({ field: 'explainedThrough' });
    expect(spec.when('OpenGate', { ...opening, reason: '' })).toMatchObject({ field: 'reason' });
  });
});
