import { counter } from '../telemetry/meter.ts';

/** What becomes of a record, or of an event that is read from the log in its stead. */
const OUTCOMES = [
  ...(['applied', 'duplicate', 'stale', 'damaged'] as const),
  /** Places at which records were missing. */
  'gap',
  /** Events that Kafka should have brought, read from the log. */
  'repaired',
  /** Events read from the log to catch up, or while Kafka could not be reached. */
  'tailed',
  /** Events up to one's own append, read from the log before Kafka has brought them. */
  'own',
] as const;

export type RecordOutcome = (typeof OUTCOMES)[number];

const count = counter({
  name: 'plinth_transport_records_total',
  about: 'records of the backbone by what became of them',
  labels: ['service', 'outcome'],
});

export const countRecords = (service: string, outcome: RecordOutcome, records: number): void =>
  count({ service, outcome }, records);

/** Every outcome is there from the start: else the first record that is lost would be no increase. */
export const startCounting = (service: string): void => {
  for (const outcome of OUTCOMES) countRecords(service, outcome, 0);
};
