import { interestService } from '@plinth/interest';
import { runService } from '@plinth/runtime/nest';

await runService('interest', process.env, () => ({ definition: interestService() }));
