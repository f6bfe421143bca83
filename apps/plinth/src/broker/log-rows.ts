import type { Envelope, EventLog } from '@plinth/eventing';
import { EVENT_CATALOGUE } from '@plinth/messages';
import type { PostgresLog } from '@plinth/runtime';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Output, Row } from '../cli/output.ts';

export type Filter = Readonly<{ stream?: string; types: readonly string[] }>;

const READ_MAX = 2_000;
const POLL_MS = 500;

const passes = ({ stream, types }: Filter, event: Envelope): boolean =>
  (stream === undefined || event.stream === stream) && (types.length === 0 || types.includes(event.type));

/** The payload as plain JSON: what the catalogue says of it. */
export const payloadOf = ({ type, data }: Envelope): unknown =>
  EVENT_CATALOGUE[type].codec.toJSON(data as never);

const DATA_CHARS = 100;

const shortened = (text: string): string =>
  text.length <= DATA_CHARS ? text : `${text.slice(0, DATA_CHARS - 1)}…`;

/** An event as a row: short for people, whole for programs. */
export const eventRow = (event: Envelope, output: Output): Row => {
  const { position, stream, version, type, occurredAt, actor } = event;
  const time = new Date(occurredAt).toISOString();
  if (output === 'table') {
    const data = shortened(JSON.stringify(payloadOf(event)));
    return { position, time, stream, version, type, actor, data };
  }
  const { id, schema, correlationId, causationId, traceparent } = event;
  const cause = { actor, correlationId, causationId, ...(traceparent === undefined ? {} : { traceparent }) };
  return { position, stream, version, id, type, schema, time, occurredAt, ...cause, data: payloadOf(event) };
};

/** The last events that pass, oldest first; reads backwards from the head. */
export const lastEvents = async (
  log: EventLog,
  count: number,
  filter: Filter,
): Promise<readonly Envelope[]> => {
  const found: Envelope[] = [];
  let { position: before } = await log.head();
  while (found.length < count && before > 0n) {
    const after = before > BigInt(READ_MAX) ? before - BigInt(READ_MAX) : 0n;
    const events = await log.read(after, Number(before - after));
    found.unshift(...events.filter((event) => passes(filter, event)));
    before = after;
  }
  return found.slice(-count);
};

/** New events that pass, as they come, until the signal. */
export const follow = async (
  log: EventLog,
  from: bigint,
  filter: Filter,
  signal: AbortSignal,
  onEvents: (events: readonly Envelope[]) => void,
): Promise<void> => {
  let after = from;
  let wake = new AbortController();
  const forget = log.onAppend(() => wake.abort());
  try {
    while (!signal.aborted) {
      const events = await log.read(after, READ_MAX);
      after = events.at(-1)?.position ?? after;
      const passed = events.filter((event) => passes(filter, event));
      if (passed.length > 0) onEvents(passed);
      if (events.length > 0) continue;
      // A wake-up is a hint; the log is asked again in any case.
      await sleep(POLL_MS, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(
        () => undefined,
      );
      if (wake.signal.aborted) wake = new AbortController();
    }
  } finally {
    forget();
  }
};

/** A page of a stream is at most this long; a stream is read in pages to its end. */
export const streamEvents = async (log: EventLog, stream: string): Promise<readonly Envelope[]> => {
  const events: Envelope[] = [];
  for (;;) {
    const page = await log.readStream(stream, events.at(-1)?.version ?? 0, READ_MAX);
    events.push(...page);
    if (page.length < READ_MAX) return events;
  }
};

export type LogStats = Readonly<{
  events: bigint;
  epoch: number;
  logId: string;
  streams: number;
  payloadBytes: number;
  firstAt: string;
  lastAt: string;
  byType: readonly Readonly<{ type: string; events: number; payloadBytes: number }>[];
}>;

const timeOf = (ms: number | undefined): string => (ms === undefined ? '' : new Date(ms).toISOString());

/** Counts over the whole log, read from its first event. */
export const statsOf = async (log: PostgresLog): Promise<LogStats> => {
  const { epoch } = await log.head();
  const streams = new Set<string>();
  const types = new Map<string, { type: string; events: number; payloadBytes: number }>();
  let [events, payloadBytes] = [0n, 0];
  let first: number | undefined;
  let last: number | undefined;
  for (;;) {
    const page = await log.readStored(events, READ_MAX);
    for (const { stream, type, bytes, occurredAt } of page) {
      first ??= occurredAt;
      last = occurredAt;
      streams.add(stream);
      payloadBytes += bytes.length;
      const row = types.get(type) ?? { type, events: 0, payloadBytes: 0 };
      types.set(type, { type, events: row.events + 1, payloadBytes: row.payloadBytes + bytes.length });
    }
    events += BigInt(page.length);
    if (page.length === 0) break;
  }
  const byType = [...types.values()].sort((a, b) => b.events - a.events);
  const logId = await log.logId();
  const size = { events, epoch, logId, streams: streams.size, payloadBytes };
  return { ...size, firstAt: timeOf(first), lastAt: timeOf(last), byType };
};
