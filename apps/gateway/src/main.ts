import { runGateway } from '@plinth/gateway';

await runGateway(process.env);
