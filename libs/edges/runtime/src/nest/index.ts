export { ServiceCalls } from './service-calls.ts';
export { ServiceLifecycle, serviceModule } from './service-module.ts';
export { startService, type StartedService, type StartServiceOptions } from './start-service.ts';
export { runService, type ServiceParts } from './run-service.ts';
