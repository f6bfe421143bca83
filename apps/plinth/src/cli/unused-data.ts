import type { MarketData } from '@plinth/connectors';

const SHOWN = 20;

/** What of recorded data was not used, on standard error: nothing is left out without a word. */
export const tellUnused = ({ broken, unread }: Pick<MarketData, 'broken' | 'unread'>): void => {
  const say = (line: string): boolean => process.stderr.write(`${line}\n`);
  for (const { file, line, field, message } of broken.listed.slice(0, SHOWN))
    say(`${file}:${line}: ${field}: ${message}`);
  if (broken.total > 0) {
    for (const [file, count] of broken.perFile) say(`${file}: ${count} broken rows were not used`);
    say(`${broken.total} broken rows in all`);
  }
  for (const file of unread) say(`${file}: not read: its name is none of the documented ones`);
};
