import { describe, expect, it } from '@jest/globals';
import { deciderSpec } from '@plinth/eventing/testing';
import { gate, type GateCommand, type GateEvent } from './gate.ts';
import { LIMITS } from './limits.ts';

const spec = deciderSpec(gate);

const close = (cause: string, brokenAt: bigint): GateCommand => ({
  ...{ type: 'CloseGate', cause, brokenAt, detail: 'd' },
});
const closed = (cause: string, brokenAt: bigint): GateEvent => ({
  ...{ type: 'GateClosed', data: { cause, brokenAt, detail: 'd' } },
});
const open = (explainedThrough: bigint, by: string): GateCommand => ({
  ...{ type: 'OpenGate', explainedThrough, reason: 'known', by },
});
const proposed = (explainedThrough: bigint): GateEvent => ({
  type: 'GateOpeningProposed',
  data: { explainedThrough, reason: 'known', proposedBy: 'ada' },
});
const opened = (explainedThrough: bigint): GateEvent => ({
  type: 'GateOpened',
  data: { explainedThrough, reason: 'known', proposedBy: 'ada', agreedBy: 'ben' },
});

describe('the gate of a cell', () => {
  it('is closed by one, once for each cause', () => {
    spec.when(close('a', 5n)).then([closed('a', 5n)]);
    spec
      .given([closed('a', 5n)])
      .when(close('a', 6n))
      .thenNothing();
    spec
      .given([closed('a', 5n)])
      .when(close('b', 6n))
      .then([closed('b', 6n)]);
  });

  it('is opened by two, who name the same position', () => {
    spec
      .given([closed('a', 5n)])
      .when(open(5n, 'ada'))
      .then([proposed(5n)]);
    spec
      .given([closed('a', 5n), proposed(5n)])
      .when(open(5n, 'ben'))
      .then([opened(5n)]);
    spec
      .given([closed('a', 5n), proposed(5n)])
      .when(open(5n, 'ada'))
      .thenRejected('SECOND_OPERATOR_NEEDED');
    // Another position is another proposal.
    expect(
      spec
        .given([closed('a', 5n), proposed(5n)])
        .when(open(9n, 'ben'))
        .events(),
    ).toMatchObject([{ type: 'GateOpeningProposed', data: { explainedThrough: 9n, proposedBy: 'ben' } }]);
  });

  it('is not opened over what nobody has explained, nor when it is open', () => {
    spec
      .given([closed('a', 5n)])
      .when(open(4n, 'ada'))
      .thenRejected('NOT_EXPLAINED');
    spec.when(open(4n, 'ada')).thenRejected('GATE_IS_OPEN');
    // What comes after a proposal was not known to those who make it.
    const later = [closed('a', 5n), proposed(5n), closed('b', 7n)];
    spec.given(later).when(open(5n, 'ben')).thenRejected('NOT_EXPLAINED');
    spec
      .given(later)
      .when(open(7n, 'ada'))
      .then([proposed(7n)]);
  });

  it('is closed no more for what has been explained, and again for what comes after it', () => {
    const history = [closed('a', 5n), proposed(5n), opened(5n)];
    spec.given(history).when(close('a', 5n)).thenNothing();
    spec
      .given(history)
      .when(close('a', 6n))
      .then([closed('a', 6n)]);
    // By hand: no event is named.
    spec
      .given(history)
      .when(close('operator', 0n))
      .then([closed('operator', 0n)]);
  });

  it('keeps so many causes and is closed for them', () => {
    const many = Array.from({ length: LIMITS.gateCausesMax }, (_, n) => closed(`c${n}`, 1n));
    spec.given(many).when(close('one more', 1n)).thenNothing();
  });
});
