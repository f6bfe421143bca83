/** Most events that one append may carry, over all of its streams. */
export const MAX_EVENTS_PER_APPEND = 10_000;

/** Most streams that one append may touch. */
export const MAX_STREAMS_PER_APPEND = 10_000;

/** Most events that one read returns. */
export const MAX_READ_EVENTS = 10_000;

/** Longest stream name, in characters. */
export const MAX_STREAM_LENGTH = 200;

/** Longest event payload, in bytes. */
export const MAX_PAYLOAD_BYTES = 1_048_576;

/** Longest payloads of one append together, in bytes. */
export const MAX_APPEND_BYTES = 16_777_216;

/** Longest actor, correlation id and causation id, in characters. */
export const MAX_CAUSE_LENGTH = 128;

/** Longest W3C traceparent, in characters. */
export const MAX_TRACEPARENT_LENGTH = 64;

/** Longest tenant and command key, in characters. */
export const MAX_COMMAND_KEY_LENGTH = 128;

/** Longest stored answer of a command, in bytes. */
export const MAX_ANSWER_BYTES = 65_536;

/** Longest name of a consumer, in characters. */
export const MAX_CONSUMER_LENGTH = 128;

/** Largest stream version: what a 32-bit column holds. */
export const MAX_VERSION = 2_147_483_647;

/** Longest decimal number of a request, in characters. */
export const MAX_NUMBER_LENGTH = 48;

/** Most rows of one page, and how many there are when nothing else is asked for. */
export const MAX_PAGE_SIZE = 1_000;
export const DEFAULT_PAGE_SIZE = 100;
