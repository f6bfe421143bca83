import type { Envelope } from '@plinth/eventing';
import type { EventData, EventType } from '@plinth/messages';
import { Auditor, type AuditReport } from '../auditor.ts';

type Place = Partial<
  Pick<Envelope, 'position' | 'stream' | 'version' | 'id' | 'actor' | 'causationId' | 'occurredAt'>
>;

/** One event of a log that is written by hand, with the fields that matter; `place` overrides what is due. */
export type Planted = Readonly<{ type: EventType; data: unknown; place: Place }>;

export const planted = <K extends EventType>(
  type: K,
  data: Partial<EventData<K>>,
  place: Place = {},
): Planted => ({ type, data, place });

/** Positions, versions, ids and causes as a log gives them, but where they are planted otherwise. */
export const envelopesOf = (events: readonly Planted[]): readonly Envelope[] => {
  const versions = new Map<string, number>();
  return events.map(({ type, data, place }, i) => {
    const stream = place.stream ?? 'test-1';
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    const due = { position: BigInt(i) + 1n, stream, version, id: `id-${i}`, causationId: `cause-${i}` };
    const rest = { schema: 1, occurredAt: 0, correlationId: 'c', actor: 'operator:test' };
    return { ...due, ...rest, ...place, type, data } as unknown as Envelope;
  });
};

export const audited = (events: readonly Planted[]): AuditReport => {
  const auditor = new Auditor();
  for (const event of envelopesOf(events)) auditor.apply(event);
  return auditor.finish();
};

/** The invariants that did not hold, each once. */
export const broken = (events: readonly Planted[]): readonly string[] => [
  ...new Set(audited(events).found.map(({ invariant }) => invariant)),
];
