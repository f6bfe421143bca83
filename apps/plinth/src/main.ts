import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };

const plinth = new Command('plinth')
  .description('An event-sourced prime brokerage for digital assets.')
  .version(manifest.version)
  .showHelpAfterError();

await plinth.parseAsync();
