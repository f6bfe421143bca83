import { startEmbeddedPostgres, type EmbeddedPostgres } from '@plinth/runtime';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A database server that may be away for a while. Gone afterwards, with its directory. */
export class OwnServer {
  readonly #directory: string;
  #server: EmbeddedPostgres;

  private constructor(directory: string, server: EmbeddedPostgres) {
    this.#directory = directory;
    this.#server = server;
  }

  static async start(): Promise<OwnServer> {
    const directory = await mkdtemp(join(tmpdir(), 'plinth-overload-'));
    // The server runs as another user when this process runs as root.
    await chmod(directory, 0o755);
    return new OwnServer(directory, await startEmbeddedPostgres({ directory }));
  }

  get urls(): Readonly<{ url: string; ownerUrl: string }> {
    const { url, ownerUrl } = this.#server;
    return { url, ownerUrl };
  }

  /** Stops it, ends its sessions, and starts it again at the same place after so long. */
  async outage(ms: number): Promise<void> {
    await this.#server.stop();
    await sleep(ms);
    this.#server = await startEmbeddedPostgres({ directory: this.#directory, port: this.#server.port });
  }

  async close(): Promise<void> {
    await this.#server.stop();
    await rm(this.#server.place, { recursive: true, force: true });
    await rm(this.#directory, { recursive: true, force: true });
  }
}
