import { PRICING_DEFAULTS, pricingService } from '@plinth/pricing';
import { runService } from '@plinth/runtime/nest';

await runService('pricing', process.env, (cell) => ({
  definition: pricingService({ ...PRICING_DEFAULTS, cell }),
}));
