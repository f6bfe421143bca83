import type { Command } from 'commander';
import { environment } from '../cli/environment.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, printRows, type Output } from '../cli/output.ts';

export const register = (program: Command): void => {
  program
    .command('letters')
    .description(
      'list the events that a desk’s topic could not show; a relay tries them again when it starts',
    )
    .addOption(outputOption())
    .action(({ output }: Readonly<{ output: Output }>) => letters(output));
};

const letters = async (output: Output): Promise<void> => {
  const { kafkaOf } = await import('@plinth/runtime/config');
  const kafka = kafkaOf(environment());
  if (kafka === undefined)
    throw new CliError(EXIT.usage, 'letters: Expected PLINTH_KAFKA_BROKERS, host:port of the cell’s brokers');
  const { connectKafka, deadTopic, KafkaTopics, pendingLetters } = await import('@plinth/runtime/relay');
  const topics = new KafkaTopics(connectKafka('plinth-letters', kafka.access));
  try {
    const pending = await pendingLetters(topics, deadTopic(kafka.prefix));
    if (pending.length === 0) process.stderr.write('no letters\n');
    else
      printRows(
        pending.map((letter) => ({ ...letter, position: letter.position.toString() })),
        output,
      );
  } catch (error) {
    const { message } = error as Error;
    throw new CliError(EXIT.unavailable, `Kafka at ${kafka.access.brokers.join(',')}: ${message}`);
  }
};
