import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../house/workspace.ts';
import { isObject, type Schema } from './strict-schema.ts';

/** One object as it would be sent to a cluster. */
export type Manifest = Readonly<{
  apiVersion: string;
  kind: string;
  metadata: Readonly<{
    name: string;
    namespace?: string;
    labels?: Readonly<Record<string, string>>;
    annotations?: Readonly<Record<string, string>>;
  }>;
}> &
  Schema;

/** `Deployment risk`, as people say it. */
export const nameOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

/** The objects of a text of YAML documents; throws on a key that stands twice. */
export const readManifests = (text: string): readonly Manifest[] =>
  parseAllDocuments(text, { uniqueKeys: true, merge: true }).flatMap((document): readonly Manifest[] => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const object: unknown = document.toJS();
    if (object === null) return [];
    if (!isObject(object) || typeof object['kind'] !== 'string' || !isObject(object['metadata']))
      throw new Error(`Expected a Kubernetes object, was ${JSON.stringify(object).slice(0, 80)}`);
    return [object as Manifest];
  });

/** Undefined when no kubectl is on PATH. */
export const kubectlVersion = (): string | undefined => {
  try {
    return execFileSync('kubectl', ['version', '--client', '--output', 'json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  } catch {
    return undefined;
  }
};

/** What `kubectl apply --kustomize` would send; the path starts at the root of the workspace. */
export const renderOverlay = (path: string): readonly Manifest[] =>
  readManifests(
    execFileSync('kubectl', ['kustomize', join(ROOT, path)], {
      maxBuffer: 32 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString(),
  );
