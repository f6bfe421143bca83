import { metrics, type Counter, type MeterProvider } from '@opentelemetry/api';

/** What became of a record, or of an event that was read from the log in its stead. */
export type RecordOutcome =
  | 'applied'
  | 'duplicate'
  | 'stale'
  | 'damaged'
  /** Places at which records were missing. */
  | 'gap'
  /** Events that Kafka should have brought, read from the log. */
  | 'repaired'
  /** Events read from the log to catch up, or while Kafka could not be reached. */
  | 'tailed';

const made = new WeakMap<MeterProvider, Counter>();

export const countRecords = (service: string, outcome: RecordOutcome, count: number): void => {
  const provider = metrics.getMeterProvider();
  let counter = made.get(provider);
  if (counter === undefined) {
    counter = provider.getMeter('plinth').createCounter('plinth_transport_records_total', {
      description: 'records of the backbone by what became of them',
    });
    made.set(provider, counter);
  }
  counter.add(count, { service, outcome });
};
