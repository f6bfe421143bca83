import type { Manifest } from './manifests.ts';

/** Something that all manifests of an overlay together must keep to: what breaks it, one line each. */
export type Policy = Readonly<{
  name: string;
  check: (manifests: readonly Manifest[]) => readonly string[];
}>;
