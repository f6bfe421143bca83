import { CliError, EXIT } from '../cli/exit-codes.ts';
import { BENCHES, type Bench } from './index.ts';
import { kafkaRemedy } from './kafka-remedy.ts';

/** Benches that measure through a real Kafka. */
const THROUGH_KAFKA: readonly string[] = ['relay', 'cluster'];

/**
 * The benches of these names, in their own order; without names all but those that stand apart. Without Kafka
 * it is an error to name one that needs it; in a run of everything its row says what was missing.
 * @throws CliError
 */
export const chooseBenches = (names: readonly string[], brokers: string | undefined): readonly Bench[] => {
  const unknown = names.find((name) => !BENCHES.some((one) => one.name === name));
  if (unknown !== undefined) {
    const known = BENCHES.map(({ name }) => name).join(', ');
    throw new CliError(EXIT.usage, `Expected one of ${known}, was ${unknown}`);
  }
  const barred = brokers === undefined ? names.find((name) => THROUGH_KAFKA.includes(name)) : undefined;
  if (barred !== undefined) throw new CliError(EXIT.usage, kafkaRemedy(barred));
  return BENCHES.filter(({ name, isApart }) =>
    names.length === 0 ? isApart !== true : names.includes(name),
  );
};
