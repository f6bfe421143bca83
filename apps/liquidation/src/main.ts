import { DEFAULT_LIQUIDATION, liquidationService } from '@plinth/liquidation';
import { runService } from '@plinth/runtime/nest';

await runService('liquidation', process.env, (cell) => ({
  definition: liquidationService({ ...DEFAULT_LIQUIDATION, cell }),
}));
