import { Cluster as LocalCluster } from '@plinth/gateway/cluster';
import { resolve } from 'node:path';

export { SERVICES, type ClusterOptions, type Part } from '@plinth/gateway/cluster';

const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');

/** A cluster of this checkout that keeps snapshots often, so that short tests meet them. */
export class Cluster extends LocalCluster {
  constructor() {
    super({ root: ROOT, inherited: process.env, environment: { PLINTH_SNAPSHOT_EVERY: '100' } });
  }
}
