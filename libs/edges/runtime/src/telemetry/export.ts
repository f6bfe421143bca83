import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { metrics } from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

export type Telemetry = Readonly<{ stop: () => Promise<void> }>;

const METRICS_EVERY_MS = 10_000;

/**
 * Sends spans and metrics to a collector (OTLP over HTTP, protobuf). Call once, before the services start.
 */
export const startTelemetry = (serviceName: string, endpoint: string): Telemetry => {
  const resource = resourceFromAttributes({ 'service.name': serviceName });
  const at = (signal: string): string => `${endpoint.replace(/\/$/, '')}/v1/${signal}`;
  const tracing = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: at('traces') }))],
  });
  tracing.register();
  const exporter = new OTLPMetricExporter({ url: at('metrics') });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: METRICS_EVERY_MS });
  const metering = new MeterProvider({ resource, readers: [reader] });
  metrics.setGlobalMeterProvider(metering);
  return {
    stop: async () => {
      await Promise.allSettled([tracing.shutdown(), metering.shutdown()]);
    },
  };
};
