import { metrics, type Attributes } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader, type IMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { observeProcess } from './process-figures.ts';

export type Telemetry = Readonly<{ stop: () => Promise<void> }>;

export type TelemetryOptions = Readonly<{
  /** Of a collector that takes spans and metrics (OTLP over HTTP, protobuf). */
  collector?: string | undefined;
  /** Where Prometheus finds the metrics under /metrics. */
  metricsHost?: string;
  metricsPort?: number | undefined;
}>;

const METRICS_EVERY_MS = 10_000;

const OFF: Telemetry = { stop: () => Promise.resolve() };

/**
 * Lets spans and metrics out: to a collector, to a Prometheus that asks, to both; without either it does
 * nothing. Call once, before the services start.
 */
export const startTelemetry = async (
  serviceName: string,
  { collector, metricsHost = '127.0.0.1', metricsPort }: TelemetryOptions,
): Promise<Telemetry> => {
  if (collector === undefined && metricsPort === undefined) return OFF;
  const resource = resourceFromAttributes({ 'service.name': serviceName } satisfies Attributes);
  const at = (signal: string): string => `${(collector ?? '').replace(/\/$/, '')}/v1/${signal}`;
  const readers: IMetricReader[] = [];
  let tracing: NodeTracerProvider | undefined;
  if (collector !== undefined) {
    const spans = new BatchSpanProcessor(new OTLPTraceExporter({ url: at('traces') }));
    tracing = new NodeTracerProvider({ resource, spanProcessors: [spans] });
    tracing.register();
    const exporter = new OTLPMetricExporter({ url: at('metrics') });
    readers.push(new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: METRICS_EVERY_MS }));
  }
  if (metricsPort !== undefined) readers.push(await openEndpoint(metricsHost, metricsPort));
  const metering = new MeterProvider({ resource, readers });
  metrics.setGlobalMeterProvider(metering);
  const endProcess = observeProcess();
  return {
    stop: async () => {
      endProcess();
      await Promise.allSettled([tracing?.shutdown(), metering.shutdown()]);
    },
  };
};

const openEndpoint = async (host: string, port: number): Promise<PrometheusExporter> => {
  const endpoint = new PrometheusExporter({ host, port, preventServerStart: true, withoutScopeInfo: true });
  await endpoint.startServer();
  return endpoint;
};
