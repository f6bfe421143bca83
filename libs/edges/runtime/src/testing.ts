export { OtlpReceiver } from './telemetry/testing/otlp-receiver.ts';
export type { ReceivedSpan } from './telemetry/testing/otlp-spans.ts';
