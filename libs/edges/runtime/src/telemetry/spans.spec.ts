import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { currentTraceparent, traceAppend, traceCommand, traceReaction } from './spans.ts';

const event = { type: 'OrderPlaced', position: 7n };

describe('spans of the runtime', () => {
  it('cost nothing and leave no mark while no exporter is there', async () => {
    expect(await traceCommand('risk', 'Do', {}, async () => currentTraceparent())).toBeUndefined();
  });

  describe('with a provider', () => {
    const exporter = new InMemorySpanExporter();
    const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    beforeAll(() => provider.register());
    afterAll(async () => {
      await provider.shutdown();
      trace.disable();
      context.disable();
    });

    it('make one trace from a command over its append to a reaction in another process', async () => {
      const sent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const inAppend = await traceCommand('accounts', 'Do', { traceparent: sent }, () =>
        traceAppend('accounts', async () => currentTraceparent()),
      );
      const inReaction = await traceReaction('risk', { ...event, traceparent: inAppend ?? '' }, async () =>
        currentTraceparent(),
      );
      expect(inReaction).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
      const spans = exporter.getFinishedSpans();
      expect(spans.map(({ name }) => name)).toEqual(['append', 'command Do', 'react OrderPlaced']);
      expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
      expect(spans[2]?.parentSpanContext?.spanId).toBe(spans[0]?.spanContext().spanId);
    });

    it('tell of failures and let them through', async () => {
      exporter.reset();
      await expect(traceAppend('risk', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
      expect(exporter.getFinishedSpans()[0]?.events[0]?.name).toBe('exception');
    });
  });
});
