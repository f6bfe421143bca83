import { Retryable } from '@plinth/eventing';
import type { CellClient } from '@plinth/runtime';

/**
 * A cell as the gateway asks it. Once it has stopped it answers nobody: what it could say is old, and what it
 * took would be done by nobody.
 */
export class StoppableCell implements CellClient {
  readonly #cell: CellClient;
  readonly #name: string;
  #hasStopped = false;

  constructor(name: string, cell: CellClient) {
    this.#name = name;
    this.#cell = cell;
  }

  stop(): void {
    this.#hasStopped = true;
  }

  async command(...call: Parameters<CellClient['command']>): ReturnType<CellClient['command']> {
    return this.#running().command(...call);
  }

  async query(...call: Parameters<CellClient['query']>): ReturnType<CellClient['query']> {
    return this.#running().query(...call);
  }

  #running(): CellClient {
    if (!this.#hasStopped) return this.#cell;
    const name = this.#name;
    throw new Retryable(`Expected cell ${name} to run, but it has stopped: send again when it was restarted`);
  }
}
