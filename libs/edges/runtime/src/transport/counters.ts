import { counter } from '../telemetry/meter.ts';

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

const count = counter({
  name: 'plinth_transport_records_total',
  about: 'records of the backbone by what became of them',
  labels: ['service', 'outcome'],
});

export const countRecords = (service: string, outcome: RecordOutcome, records: number): void =>
  count({ service, outcome }, records);
