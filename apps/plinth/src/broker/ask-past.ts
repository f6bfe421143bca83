import { isRejection, type EventLog, type SnapshotStore } from '@plinth/eventing';
import { ServiceHistory } from '@plinth/runtime';
import { RiskService } from '@plinth/risk';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import type { Row } from '../cli/output.ts';
import { CELL } from './services.ts';

/**
 * Asks the risk service about the past of a log that nobody has to serve: with as many events as it takes.
 * @throws CliError with the service's refusal.
 */
export const askPast = async (
  log: EventLog,
  snapshots: SnapshotStore | undefined,
  name: string,
  request: Row,
): Promise<Row> => {
  const history = new ServiceHistory(
    RiskService({ cell: CELL }),
    { log, ...(snapshots === undefined ? {} : { snapshots }) },
    Infinity,
  );
  const { position: head } = await log.head();
  const { signal } = new AbortController();
  const answer = await history.ask({ name, request, head, signal });
  if (isRejection(answer)) throw new CliError(EXIT.refused, `${answer.message} (${answer.code})`);
  return answer as Row;
};
