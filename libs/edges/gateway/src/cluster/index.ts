export { Cluster, SERVICES, type ClusterOptions, type ClusterTerms, type Part } from './local-cluster.ts';
