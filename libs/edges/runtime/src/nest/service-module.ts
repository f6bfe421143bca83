import type { DynamicModule, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Module } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReportBug } from '../grpc/status.ts';
import { InProcessCell } from '../rpc/cell-client.ts';
import type { FreeRunner } from '../service/free-runner.ts';
import { CELL, REPORT_BUG, ServiceCalls } from './service-calls.ts';

export const RUNNER = Symbol('runner');

/** Starts the service's loop with the application and ends it with the application. */
export class ServiceLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #runner: FreeRunner;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  readonly #failed = Promise.withResolvers<never>();
  #isFailed = false;

  constructor(runner: FreeRunner) {
    this.#runner = runner;
    this.#failed.promise.catch(() => undefined);
  }

  /** Rejects with why the loop stopped by itself. The service stays queryable where it stands. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  onApplicationBootstrap(): void {
    this.#running = this.#runner.run(this.#stop.signal).catch((error: unknown) => {
      if (this.#stop.signal.aborted) return;
      this.#isFailed = true;
      this.#failed.reject(error);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Resolves once the folds have reached `position`: true; or have stopped before it: false. */
  async caughtUp(position: bigint, signal: AbortSignal): Promise<boolean> {
    while (!this.#isFailed && this.#runner.host.last < position) await sleep(5, undefined, { signal });
    return !this.#isFailed;
  }
}

Injectable()(ServiceLifecycle);
Inject(RUNNER)(ServiceLifecycle, undefined, 0);

class ServiceModule {}
Module({})(ServiceModule);

/** The Nest module of any service: what answers its calls, its loop, and what they need. */
export const serviceModule = (runner: FreeRunner, reportBug: ReportBug): DynamicModule => ({
  module: ServiceModule,
  providers: [
    { provide: RUNNER, useValue: runner },
    { provide: CELL, useFactory: () => new InProcessCell([runner.host]) },
    { provide: REPORT_BUG, useValue: reportBug },
    ServiceCalls,
    ServiceLifecycle,
  ],
});
