import { assert } from '@plinth/money';
import type { AppendRequest, Because, StreamAppend } from './event-log.ts';
import * as limits from './limits.ts';

/** A category, then `-` and an id of printable ASCII without spaces. */
const STREAM = /^[a-z][A-Za-z0-9_.]*(-[\x21-\x7e]+)?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SHA256_BYTES = 32;

/**
 * What every log demands of a request before it looks at its own content, so that one malformed request can
 * never harm the others of its batch. A breach is a bug of the caller.
 */
export const assertAppendRequest = (request: AppendRequest): void => {
  const { appends, command, checkpoint } = request;
  assert(
    appends.length <= limits.MAX_STREAMS_PER_APPEND,
    () => `Expected at most ${limits.MAX_STREAMS_PER_APPEND} streams in one append, was ${appends.length}`,
  );
  const events = appends.reduce((sum, append) => sum + append.events.length, 0);
  assert(
    events <= limits.MAX_EVENTS_PER_APPEND,
    () => `Expected at most ${limits.MAX_EVENTS_PER_APPEND} events in one append, was ${events}`,
  );
  assert(
    events > 0 || command !== undefined || checkpoint !== undefined,
    'Expected events, a command or a checkpoint in an append, was nothing',
  );
  assertBecause(request);
  for (const { because } of appends) if (because !== undefined) assertBecause(because);
  assertStreams(appends);
  if (command !== undefined) {
    assertText('command.tenant', command.tenant, 1, limits.MAX_COMMAND_KEY_LENGTH);
    assertText('command.key', command.key, 1, limits.MAX_COMMAND_KEY_LENGTH);
    assert(
      command.bodyHash.length === SHA256_BYTES,
      () => `Expected command.bodyHash of ${SHA256_BYTES} bytes, was ${command.bodyHash.length}`,
    );
    assert(
      command.answer.length <= limits.MAX_ANSWER_BYTES,
      () =>
        `Expected command.answer of at most ${limits.MAX_ANSWER_BYTES} bytes, was ${command.answer.length}`,
    );
  }
  if (checkpoint !== undefined) {
    assertText('checkpoint.consumer', checkpoint.consumer, 1, limits.MAX_CONSUMER_LENGTH);
    assert(
      checkpoint.expected >= 0n && checkpoint.position >= checkpoint.expected,
      () =>
        `Expected a checkpoint that does not go back, was ${checkpoint.expected} to ${checkpoint.position}`,
    );
  }
};

const assertBecause = ({ cause, occurredAt }: Because): void => {
  assertText('cause.actor', cause.actor, 1, limits.MAX_CAUSE_LENGTH);
  assertText('cause.correlationId', cause.correlationId, 0, limits.MAX_CAUSE_LENGTH);
  assertText('cause.causationId', cause.causationId, 0, limits.MAX_CAUSE_LENGTH);
  if (cause.traceparent !== undefined) {
    assertText('cause.traceparent', cause.traceparent, 1, limits.MAX_TRACEPARENT_LENGTH);
  }
  assert(
    Number.isSafeInteger(occurredAt),
    () => `Expected occurredAt in whole milliseconds, was ${occurredAt}`,
  );
};

/** A stream without events is only looked at: it must have the expected version. */
const assertStreams = (appends: readonly StreamAppend[]): void => {
  const streams = new Set<string>();
  const ids = new Set<string>();
  for (const { stream, expectedVersion, events } of appends) {
    assert(
      stream.length <= limits.MAX_STREAM_LENGTH && STREAM.test(stream),
      () =>
        `Expected a stream like account-7f3a of at most ${limits.MAX_STREAM_LENGTH} characters, ` +
        `was ${JSON.stringify(stream)}`,
    );
    assert(!streams.has(stream), () => `Expected each stream once in an append, was twice: ${stream}`);
    streams.add(stream);
    assert(
      Number.isInteger(expectedVersion) && expectedVersion >= 0,
      () => `Expected expectedVersion of ${stream} as a whole number from 0, was ${expectedVersion}`,
    );
    assert(
      expectedVersion + events.length <= limits.MAX_VERSION,
      () =>
        `Expected at most ${limits.MAX_VERSION} events in stream ${stream}, ` +
        `was ${expectedVersion + events.length}`,
    );
    for (const { id } of events) {
      assert(UUID.test(id), () => `Expected a lower-case uuid as event id, was ${JSON.stringify(id)}`);
      assert(!ids.has(id), () => `Expected each event id once in an append, was twice: ${id}`);
      ids.add(id);
    }
  }
};

const CONTROL_CHARACTERS = /\p{Cc}/u;

const assertText = (name: string, text: string, min: number, max: number): void => {
  assert(
    text.length >= min && text.length <= max,
    () => `Expected ${name} of ${min} to ${max} characters, was ${text.length}`,
  );
  assert(
    !CONTROL_CHARACTERS.test(text) && text.isWellFormed(),
    () => `Expected ${name} without control characters or lone surrogates, was ${JSON.stringify(text)}`,
  );
};

export const assertPayload = (type: string, bytes: Uint8Array): void =>
  assert(
    bytes.length <= limits.MAX_PAYLOAD_BYTES,
    () => `Expected a payload of at most ${limits.MAX_PAYLOAD_BYTES} bytes in ${type}, was ${bytes.length}`,
  );

export const assertRead = (after: bigint | number, limit: number): void => {
  assert(after >= 0, () => `Expected a read after a place from 0, was ${after}`);
  assert(
    Number.isInteger(limit) && limit >= 1 && limit <= limits.MAX_READ_EVENTS,
    () => `Expected a read of 1 to ${limits.MAX_READ_EVENTS} events, was ${limit}`,
  );
};
