import { RiskService } from '@plinth/risk';
import { runService } from '@plinth/runtime/nest';

await runService('risk', process.env, (cell) => ({ definition: RiskService({ cell }) }));
