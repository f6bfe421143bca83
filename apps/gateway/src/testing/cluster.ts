import { Cluster as LocalCluster, type ClusterTerms } from '@plinth/gateway/cluster';
import { resolve } from 'node:path';

export { SERVICES, type ClusterOptions, type Part } from '@plinth/gateway/cluster';

export const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');

/** A cluster of this checkout that keeps snapshots often, so that short tests meet them. */
export class Cluster extends LocalCluster {
  constructor({ environment, ...terms }: Partial<ClusterTerms> = {}) {
    const settings = { PLINTH_SNAPSHOT_EVERY: '100', ...environment };
    super({ root: ROOT, inherited: process.env, environment: settings, ...terms });
  }
}
