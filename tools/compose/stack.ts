import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../house/workspace.ts';

/** The fields of a service that are looked at. */
export type Service = Readonly<{
  environment?: Readonly<Record<string, string | number | boolean>>;
  volumes?: readonly string[];
  command?: readonly string[];
  entrypoint?: readonly string[];
  depends_on?: Readonly<Record<string, unknown>> | readonly string[];
}>;

type File = Readonly<{
  services: Readonly<Record<string, Service>>;
  volumes?: Readonly<Record<string, unknown>>;
}>;

export type Stack = Readonly<{
  services: ReadonlyMap<string, Service>;
  volumes: ReadonlySet<string>;
}>;

const targetOf = (volume: string): string => volume.replace(/\$\{[^}]*\}/g, '').split(':')[1] ?? '';

/** As compose puts two files together: settings by name, mounts by where they are, everything else whole. */
const merged = (under: Service, over: Service): Service => {
  const mounts = new Map(
    [...(under.volumes ?? []), ...(over.volumes ?? [])].map((one) => [targetOf(one), one]),
  );
  return {
    ...under,
    ...over,
    environment: { ...under.environment, ...over.environment },
    volumes: [...mounts.values()],
  };
};

/** The stack of docker-compose.yml with files of deploy/ beside it, in that order. */
export const readStack = (names: readonly string[]): Stack => {
  const services = new Map<string, Service>();
  const volumes = new Set<string>();
  for (const path of ['docker-compose.yml', ...names.map((name) => `deploy/compose.${name}.yml`)]) {
    const file = parse(readFileSync(join(ROOT, path), 'utf8'), { merge: true }) as File;
    for (const [name, service] of Object.entries(file.services))
      services.set(name, merged(services.get(name) ?? {}, service));
    for (const name of Object.keys(file.volumes ?? {})) volumes.add(name);
  }
  return { services, volumes };
};
