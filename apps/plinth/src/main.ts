import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { CliError, EXIT } from './cli/exit-codes.ts';
import { registerAll } from './commands/index.ts';

const program = new Command('plinth')
  .description('An event-sourced prime brokerage for digital assets.')
  .version(manifest.version)
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage));

// Who reads our output may have seen enough: `plinth log tail | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.ok);
  throw error;
});

try {
  registerAll(program);
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CliError)) {
    process.stderr.write(`plinth: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(EXIT.internal);
  }
  process.stderr.write(`plinth: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
