export { Cluster, SERVICES, VENUES, type ClusterOptions, type ClusterTerms } from './local-cluster.ts';
export { freePort, identityAt, Parts, type Part } from './parts.ts';
