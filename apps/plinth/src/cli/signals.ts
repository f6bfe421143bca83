import { CliError, EXIT } from './exit-codes.ts';

/**
 * Runs something that stops cleanly at the first Ctrl-C (or SIGTERM); a second one ends the process at once.
 */
export const interruptible = async (run: (signal: AbortSignal) => Promise<void>): Promise<void> => {
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('\nstopping: again to stop at once\n');
    stop.abort(new CliError(EXIT.interrupted, 'interrupted'));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    await run(stop.signal);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
};
