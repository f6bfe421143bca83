import {
  context,
  metrics,
  propagation,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Counter,
  type Histogram,
  type MeterProvider,
  type ObservableGauge,
  type ObservableResult,
} from '@opentelemetry/api';

/*
 * Spans and metrics of the runtime, made by hand around the log, the services and the edge. Without an
 * exporter the API does nothing and costs next to nothing; nothing of it enters a decision.
 */

const tracer = trace.getTracer('plinth');

type Instruments = Readonly<{
  commands: Counter;
  appends: Histogram;
  reactions: Histogram;
  lag: ObservableGauge;
  linkFailing: ObservableGauge;
}>;

const made = new WeakMap<MeterProvider, Instruments>();

/** Of the provider that is registered now: the API gives no meter that follows a later one. */
const instruments = (): Instruments => {
  const provider = metrics.getMeterProvider();
  let found = made.get(provider);
  if (found === undefined) {
    const meter = provider.getMeter('plinth');
    found = {
      commands: meter.createCounter('plinth_runtime_commands_total', {
        description: 'commands by name and outcome',
      }),
      appends: meter.createHistogram('plinth_runtime_append_duration_ms', {
        unit: 'ms',
        description: 'one append',
      }),
      reactions: meter.createHistogram('plinth_runtime_reaction_duration_ms', {
        unit: 'ms',
        description: 'one reaction that appended something',
      }),
      lag: meter.createObservableGauge('plinth_runtime_lag_events', {
        description: 'head − last folded position',
      }),
      linkFailing: meter.createObservableGauge('plinth_runtime_link_failing_ms', {
        unit: 'ms',
        description: 'for how long the log of another cell could not be taken over; 0 while it can',
      }),
    };
    made.set(provider, found);
  }
  return found;
};

export const countCommand = (name: string, outcome: string): void =>
  instruments().commands.add(1, { name, outcome });

/** Reports how far a service is behind the log's head, as first-class figure. Returns the unsubscriber. */
export const observeLag = (service: string, lag: () => number): (() => void) => {
  const { lag: gauge } = instruments();
  const observe = (result: ObservableResult): void => result.observe(lag(), { service });
  gauge.addCallback(observe);
  return () => gauge.removeCallback(observe);
};

/** Reports for how long a link to another cell has failed. Returns the unsubscriber. */
export const observeLink = (link: string, from: string, failingMs: () => number): (() => void) => {
  const { linkFailing: gauge } = instruments();
  const observe = (result: ObservableResult): void => result.observe(failingMs(), { link, from });
  gauge.addCallback(observe);
  return () => gauge.removeCallback(observe);
};

const parentOf = (traceparent: string | undefined): Context =>
  traceparent === undefined ? context.active() : propagation.extract(context.active(), { traceparent });

/** The traceparent of the span that is running; undefined while telemetry is off. */
export const currentTraceparent = (): string | undefined => {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
};

const MS_PER_S = 1_000;
const seconds = (): number => performance.now() / MS_PER_S;

const inSpan = async <T>(
  name: string,
  attributes: Attributes,
  traceparent: string | undefined,
  run: () => Promise<T>,
): Promise<T> =>
  tracer.startActiveSpan(name, { attributes }, parentOf(traceparent), async (span) => {
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

export const traceCommand = <T>(
  service: string,
  name: string,
  traceparent: string | undefined,
  run: () => Promise<T>,
) => inSpan(`command ${name}`, { service }, traceparent, run);

export const traceEffect = <T>(service: string, effect: string, key: string, run: () => Promise<T>) =>
  inSpan(`effect ${effect}`, { service, key }, undefined, run);

export const traceAppend = async <T>(service: string, run: () => Promise<T>): Promise<T> => {
  const start = seconds();
  try {
    return await inSpan('append', { service }, undefined, run);
  } finally {
    instruments().appends.record((seconds() - start) * MS_PER_S, { service });
  }
};

/** A reaction to an event: a child of the span in which that event was decided. */
export const traceReaction = async <T>(
  service: string,
  event: Readonly<{ type: string; position: bigint; traceparent?: string }>,
  run: () => Promise<T>,
): Promise<T> => {
  const start = seconds();
  const attributes = { service, event: event.type, position: event.position.toString() };
  try {
    return await inSpan(`react ${event.type}`, attributes, event.traceparent, run);
  } finally {
    instruments().reactions.record((seconds() - start) * MS_PER_S, { service });
  }
};
