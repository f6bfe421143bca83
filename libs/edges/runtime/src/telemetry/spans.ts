import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
} from '@opentelemetry/api';
import { recordReaction } from './instruments.ts';

/*
 * Spans, made by hand around the edges, the log and the services. What one span caused in another process is
 * its child by the traceparent that calls, events and records carry. Nothing of it enters a decision.
 */

const tracer = trace.getTracer('plinth');

type Traced = Readonly<{
  kind?: SpanKind;
  attributes: Attributes;
  /** Of the span that caused this one; without it the span that is running. */
  traceparent?: string | undefined;
  /** Of further spans that had a part in it. */
  links?: readonly string[];
}>;

const parentOf = (traceparent: string | undefined): Context =>
  traceparent === undefined ? context.active() : propagation.extract(context.active(), { traceparent });

/** Most links of one span. */
const LINKS_MAX = 64;

const linksOf = (traceparents: readonly string[]): Link[] =>
  [...new Set(traceparents)].slice(0, LINKS_MAX).flatMap((traceparent) => {
    const found = trace.getSpanContext(parentOf(traceparent));
    return found === undefined ? [] : [{ context: found }];
  });

/** The traceparent of the span that is running; undefined while telemetry is off. */
export const currentTraceparent = (): string | undefined => {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
};

/** The span that is running, when there is one; else what the caller gave. */
export const traced = (given: string | undefined): Readonly<{ traceparent?: string }> => {
  const traceparent = currentTraceparent() ?? given;
  return traceparent === undefined ? {} : { traceparent };
};

const inSpan = async <T>(name: string, how: Traced, run: () => Promise<T>): Promise<T> => {
  const { kind = SpanKind.INTERNAL, attributes, traceparent, links = [] } = how;
  const options = { kind, attributes, ...(links.length === 0 ? {} : { links: linksOf(links) }) };
  return tracer.startActiveSpan(name, options, parentOf(traceparent), async (span) => {
    try {
      return await run();
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
};

/** Says something of the span that is running. */
export const describeSpan = (attributes: Attributes): void =>
  void trace.getActiveSpan()?.setAttributes(attributes);

/** A call that this process answers. */
export const traceCall = <T>(name: string, traceparent: string | undefined, run: () => Promise<T>) =>
  inSpan(name, { kind: SpanKind.SERVER, attributes: {}, traceparent }, run);

/** A call to a venue. */
export const traceVenue = <T>(operation: string, venue: string, run: () => Promise<T>) =>
  inSpan(`venue ${operation}`, { kind: SpanKind.CLIENT, attributes: { venue } }, run);

export const traceCommand = <T>(
  service: string,
  name: string,
  { traceparent, links = [] }: Readonly<{ traceparent?: string; links?: readonly string[] }>,
  run: () => Promise<T>,
) => inSpan(`command ${name}`, { attributes: { service }, traceparent, links }, run);

/** An effect of a service, and the recording of its outcome: a child of the span of the event behind it. */
export const traceEffect = <T>(
  service: string,
  { effect, key }: Readonly<{ effect: string; key: string }>,
  traceparent: string | undefined,
  run: () => Promise<T>,
) => inSpan(`effect ${effect}`, { attributes: { service, key }, traceparent }, run);

export const traceAppend = <T>(service: string, run: () => Promise<T>): Promise<T> =>
  inSpan('append', { kind: SpanKind.PRODUCER, attributes: { service } }, run);

/** A reaction to an event: a child of the span in which that event was decided. */
export const traceReaction = <T>(
  service: string,
  event: Readonly<{ type: string; position: bigint; traceparent?: string }>,
  run: () => Promise<T>,
): Promise<T> => {
  const attributes = { service, event: event.type, position: event.position.toString() };
  const { traceparent } = event;
  const startedMs = performance.now();
  const how = { kind: SpanKind.CONSUMER, attributes, traceparent };
  return inSpan(`react ${event.type}`, how, run).finally(() =>
    recordReaction({ service }, performance.now() - startedMs),
  );
};
