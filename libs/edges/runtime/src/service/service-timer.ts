import { plainSnapshot, type EventLog, type Instant } from '@plinth/eventing';
import { countEvents } from '../telemetry/instruments.ts';
import { timerEventId } from './ids.ts';
import type { StreamStates } from './stream-states.ts';

/** Timer streams have no state beyond their version. */
const TIMER = {
  initialState: () => undefined,
  decide: () => [],
  evolve: () => undefined,
  snapshot: plainSnapshot<undefined>(1),
} as const;

export type TimerPorts = Readonly<{ service: string; log: EventLog; states: StreamStates }>;

/** Appends that something was due at `due`. Returns whether it did: another leader may have been first. */
export const appendTimer = async (
  { service, log, states }: TimerPorts,
  due: Instant,
  now: Instant,
): Promise<boolean> => {
  const id = timerEventId(service, due);
  const stream = `timer-${service}`;
  const version = await states.load(stream, TIMER);
  const event = { type: 'TimerFired', data: { service, dueAtMs: due } } as const;
  const request = {
    appends: [{ stream, expectedVersion: version.version, events: [{ ...event, id }] }],
    cause: { correlationId: id, causationId: id, actor: `service:${service}` },
    occurredAt: now,
  };
  const result = await log.append(request).catch((error: unknown) => {
    states.doubt([stream]);
    throw error;
  });
  if (result.status === 'appended') {
    states.advance(stream, TIMER, version.version, [event], undefined);
    countEvents({ service, type: event.type });
  } else states.doubt([stream]);
  return result.status === 'appended';
};
