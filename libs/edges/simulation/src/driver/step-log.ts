import type { EventLog, Instant } from '@plinth/eventing';
import { timerEventId } from '@plinth/runtime';

const STREAM = 'timer-scenario';
const SERVICE = 'scenario';

/** The last step that the log knows to have begun: 0 and 0n when none has. */
export type StepMark = Readonly<{ step: number; position: bigint }>;

/** Steps of a scenario are marked in the log, so that a run that was cut knows where to take up again. */
export const lastStep = async (log: EventLog): Promise<StepMark> => {
  let mark: StepMark = { step: 0, position: 0n };
  for (;;) {
    const events = await log.readStream(STREAM, mark.step, 1_000);
    const last = events.at(-1);
    if (last === undefined) return mark;
    mark = { step: last.version, position: last.position };
  }
};

/** Marks that step `step` (1, 2, 3 …) begins. Marking it again changes nothing. */
export const markStep = async (log: EventLog, step: number, at: Instant): Promise<void> => {
  const id = timerEventId(`${SERVICE}:${step}`, at);
  await log.append({
    appends: [
      {
        stream: STREAM,
        expectedVersion: step - 1,
        events: [{ type: 'TimerFired', data: { service: SERVICE, dueAtMs: at }, id }],
      },
    ],
    cause: { correlationId: id, causationId: id, actor: `service:${SERVICE}` },
    occurredAt: at,
  });
};
