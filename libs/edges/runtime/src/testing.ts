export { OtlpReceiver } from './telemetry/testing/otlp-receiver.ts';
export type { ReceivedSpan } from './telemetry/testing/otlp-spans.ts';
export { Backbone } from './transport/testing/backbone.ts';
export { brokerControl, controlMissing } from './transport/testing/broker-control.ts';
