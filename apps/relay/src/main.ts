import { runRelay } from '@plinth/runtime/relay';

await runRelay(process.env);
