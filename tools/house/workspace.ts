import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RoomIndex } from './rooms.ts';
import { placeOf } from './rooms.ts';

export const ROOT = resolve(import.meta.dirname, '../..');

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.nx', '.plinth']);

/**
 * Every file of the project, by its path from the root with `/`, sorted. Built and installed things are left
 * out.
 */
export const listFiles = (): readonly string[] => walk('').sort();

const walk = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });

export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export const isGenerated = (path: string): boolean => path.includes('/gen/');

/** AssemblyScript: it looks like TypeScript and is another language, with its own compiler. */
export const isAssembly = (path: string): boolean => path.includes('/assembly/');

/** Sources that people write: TypeScript outside generated folders. */
export const listSources = (): readonly string[] =>
  listFiles().filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !isGenerated(path) && !isAssembly(path),
  );

export type Project = Readonly<{
  /** `@plinth/money` */
  name: string;
  /** `libs/kernel/money` */
  root: string;
  dependencies: readonly string[];
  tags: readonly string[];
}>;

type Manifest = Readonly<{
  name: string;
  dependencies?: Readonly<Record<string, string>>;
  devDependencies?: Readonly<Record<string, string>>;
  nx?: Readonly<{ tags?: readonly string[] }>;
}>;

const PROJECT_FOLDERS = ['libs/kernel', 'libs/contexts', 'libs/edges', 'apps'];

/** The npm workspaces of the house, in the order of their folders. */
export const listProjects = (): readonly Project[] =>
  PROJECT_FOLDERS.flatMap((folder) => {
    if (!existsSync(join(ROOT, folder))) return [];
    const roots = readdirSync(join(ROOT, folder)).sort();
    return roots
      .map((name) => `${folder}/${name}`)
      .filter((root) => existsSync(join(ROOT, root, 'package.json')));
  }).map((root) => {
    const manifest = JSON.parse(readText(`${root}/package.json`)) as Manifest;
    const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    return { name: manifest.name, root, dependencies, tags: manifest.nx?.tags ?? [] };
  });

export const roomIndex = (projects: readonly Project[]): RoomIndex =>
  new Map(
    projects.flatMap(({ name, root }) => {
      const place = placeOf(`${root}/package.json`);
      return place ? [[name.replace('@plinth/', ''), { type: place.type, room: place.room }] as const] : [];
    }),
  );
