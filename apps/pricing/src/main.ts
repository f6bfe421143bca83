import { MARKS_LOOK_BACK, marksLink, pricingOfCell, pricingService } from '@plinth/pricing';
import { runService } from '@plinth/runtime/nest';

await runService('pricing', process.env, (cell, home) => {
  const config = pricingOfCell(cell, home);
  const { minRoundMs: everyMs } = config;
  return {
    definition: pricingService(config),
    links: [{ link: marksLink, from: 'home', everyMs, lookBack: MARKS_LOOK_BACK }],
  };
});
