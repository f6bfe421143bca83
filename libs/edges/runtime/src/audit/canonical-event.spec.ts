import { describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '@plinth/eventing';
import { canonicalEvent, eventOfCanonical } from './canonical-event.ts';
import { exportedEvent } from './exported-event.ts';
import { leafHash } from './merkle-tree.ts';
import { leafOf } from './verifier.ts';

/**
 * The example of the runtime's README; its bytes and hash were made by another program from the description
 * there.
 */
const EVENT: StoredEvent = {
  position: 42n,
  stream: 'account-7f3a',
  version: 3,
  id: '0192a000-0000-7000-8000-00000000002a',
  type: 'TimerFired',
  schema: 1,
  bytes: Buffer.from('0a047269736b1007', 'hex'),
  occurredAt: 1_700_000_000_000,
  correlationId: 'c-1',
  causationId: 'c-0',
  actor: 'client:Zoë',
};

const BYTES =
  '0000000f706c696e74682d6576656e742d76310000000234320000000c6163636f756e742d3766336100000001330000' +
  '002430313932613030302d303030302d373030302d383030302d3030303030303030303032610000000a54696d657246' +
  '697265640000000131000000080a047269736b10070000000d3137303030303030303030303000000003632d31000000' +
  '03632d300000000b636c69656e743a5a6fc3ab00000000';
const LEAF = 'd241be98a5f5d222dd0180d32f18e0df09f45d7093e81e4d5a60b9aa2c492b8a';

describe('the canonical bytes of an event', () => {
  it('are those of the published example, and so is the leaf, for prover and verifier', () => {
    expect(Buffer.from(canonicalEvent(EVENT)).toString('hex')).toBe(BYTES);
    expect(leafHash(canonicalEvent(EVENT)).toString('hex')).toBe(LEAF);
    expect(leafOf(exportedEvent(EVENT)).toString('hex')).toBe(LEAF);
  });

  it('change with every field', () => {
    const changes: readonly Partial<StoredEvent>[] = [
      ...[
        { position: 43n },
        { stream: 'account-7f3b' },
        { version: 4 },
        { id: EVENT.id.replace('2a', '2b') },
      ],
      ...[{ type: 'TimerFire' }, { schema: 2 }, { bytes: Buffer.from('0a047269736b1008', 'hex') }],
      ...[{ occurredAt: 1_700_000_000_001 }, { correlationId: 'c-2' }, { causationId: 'c-1' }],
      ...[{ actor: 'client:Zoe' }, { traceparent: '00' }, { correlationId: 'c-1c-0', causationId: '' }],
    ];
    const leaves = changes.map((change) => leafOf(exportedEvent({ ...EVENT, ...change })).toString('hex'));
    expect(new Set([LEAF, ...leaves]).size).toBe(changes.length + 1);
  });

  it('give the event back', () => {
    const traced = { ...EVENT, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    for (const event of [EVENT, traced]) {
      const again = eventOfCanonical(Buffer.from(canonicalEvent(event)));
      expect(again).toEqual({ ...event, bytes: new Uint8Array(event.bytes) });
    }
  });

  it('are refused when they are cut, lengthened or of another kind', () => {
    const bytes = Buffer.from(canonicalEvent(EVENT));
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => eventOfCanonical(bytes.subarray(0, length))).toThrow(/Expected/);
    }
    expect(() => eventOfCanonical(Buffer.concat([bytes, Buffer.of(0)]))).toThrow('too long');
    expect(() => eventOfCanonical(Buffer.from(bytes.map((byte, i) => (i === 5 ? 0 : byte))))).toThrow(
      'begin with',
    );
  });
});
