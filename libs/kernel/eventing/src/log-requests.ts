import type { NewEvent } from './envelope.ts';
import type { AppendRequest, CommandKey, StreamAppend } from './event-log.ts';

// Requests of the specifications: small, distinct and readable.

export const TEST_NOW = 1_700_000_000_000;
export const TEST_CAUSE = {
  correlationId: 'correlation-1',
  causationId: 'cause-1',
  actor: 'client:ada',
} as const;

let idsMade = 0;
/** Ids of one test run never meet: the counter stands in the uuid's last twelve digits. */
export const testId = (n = (idsMade += 1)): string =>
  `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

export const testEvent = (n: number, id = testId()): NewEvent & Readonly<{ id: string }> => ({
  type: 'TimerFired',
  data: { service: 'risk', dueAtMs: n },
  id,
});

export const testAppend = (stream: string, expectedVersion: number, count = 1): StreamAppend => ({
  stream,
  expectedVersion,
  events: Array.from({ length: count }, (_, i) => testEvent(expectedVersion + i + 1)),
});

export const testRequest = (
  appends: readonly StreamAppend[],
  more: Partial<AppendRequest> = {},
): AppendRequest => ({ appends, cause: TEST_CAUSE, occurredAt: TEST_NOW, ...more });

export const testCommand = (key: string, body = 1, tenant = 'ada'): CommandKey => ({
  tenant,
  key,
  bodyHash: new Uint8Array(32).fill(body),
  answer: new Uint8Array([0, 255, 10, body]),
});
