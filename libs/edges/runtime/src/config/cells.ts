import { readFileSync } from 'node:fs';
import { ConfigError } from './config.ts';
import { parseAddresses } from './process-files.ts';

/** One cell of a house, as its other cells and the gateways reach it. */
export type CellEntry = Readonly<{
  cell: string;
  /** PostgreSQL of its log. */
  database: string;
  /** Address of each of its services by name. */
  services: ReadonlyMap<string, string>;
  /** First part of the names of its topics. */
  kafkaPrefix: string;
  /** Whether new clients may be placed there. */
  takesClients: boolean;
}>;

/** All cells of a house: the same file for every process of every cell. */
export type CellMap = Readonly<{
  /** Where clients are placed and marks are judged. */
  home: string;
  /** The home cell first, the others in the order of the file. */
  cells: readonly CellEntry[];
}>;

const SETTING = 'PLINTH_CELLS';
const CELL = /^[a-z0-9]{1,16}$/;
const DATABASE = /^postgres(ql)?:\/\/\S+$/;
const SERVICES = /^[a-z]+=\S+:\d{1,5}(,[a-z]+=\S+:\d{1,5})*$/;
const PREFIX = /^[a-z0-9][a-z0-9.-]{0,63}$/;
const CELLS_MAX = 64;
const FIELDS = ['cell', 'database', 'services', 'kafkaPrefix', 'takesClients'];

type Found = Readonly<Record<string, unknown>>;

const wrong = (where: string, expected: string): never => {
  throw new ConfigError(`${SETTING}: Expected ${where} to be ${expected}`);
};

const textOf = (found: Found, name: string, pattern: RegExp, where: string, expected: string): string => {
  const value = found[name];
  return typeof value === 'string' && pattern.test(value) ? value : wrong(`${where}.${name}`, expected);
};

const entryOf = (found: Found, where: string): CellEntry => {
  const unknown = Object.keys(found).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) wrong(`${where}.${unknown}`, `left out: the fields are ${FIELDS.join(', ')}`);
  const { takesClients = true } = found;
  if (typeof takesClients !== 'boolean') wrong(`${where}.takesClients`, 'true or false');
  return {
    cell: textOf(found, 'cell', CELL, where, '1 to 16 of a-z and 0-9'),
    database: textOf(found, 'database', DATABASE, where, 'postgresql://…'),
    services: parseAddresses(
      textOf(found, 'services', SERVICES, where, 'name=host:port, separated by commas'),
    ),
    kafkaPrefix: textOf(found, 'kafkaPrefix', PREFIX, where, 'the first part of its topics, such as plinth'),
    takesClients: takesClients === true,
  };
};

const repeated = (values: readonly string[]): string | undefined =>
  values.find((value, i) => values.indexOf(value) !== i);

/**
 * The cells of a house, from the text of the file: `{ "home": "main", "cells": [{ "cell", "database",
 * "services", "kafkaPrefix", "takesClients" }] }`. `own`, when it is given, must be one of them.
 * @throws ConfigError naming the field and what it must be.
 */
export const parseCells = (text: string, own?: string): CellMap => {
  let found: Found;
  try {
    found = JSON.parse(text) as Found;
  } catch (error) {
    throw new ConfigError(`${SETTING}: ${(error as Error).message}`);
  }
  const { home, cells: list } = found;
  if (!Array.isArray(list) || list.length === 0 || list.length > CELLS_MAX)
    return wrong('cells', `a list of 1 to ${CELLS_MAX}`);
  const cells = (list as readonly Found[]).map((one, i) => entryOf(one, `cells[${i}]`));
  const twice =
    repeated(cells.map(({ cell }) => cell)) ??
    repeated(cells.map(({ database }) => database)) ??
    repeated(cells.map(({ kafkaPrefix }) => kafkaPrefix));
  if (twice !== undefined) wrong('cells', `without anything twice, was ${twice} in two of them`);
  const first = cells.find(({ cell }) => cell === home);
  if (first === undefined) return wrong('home', `one of ${cells.map(({ cell }) => cell).join(', ')}`);
  if (own !== undefined && !cells.some(({ cell }) => cell === own))
    wrong('cells', `with ${own}, the cell of this process`);
  return { home: first.cell, cells: [first, ...cells.filter((one) => one !== first)] };
};

/** As `parseCells`, of a file; undefined without one: then there is one cell, and it is the home cell. */
export const readCells = (path: string | undefined, own: string): CellMap | undefined => {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${SETTING}: ${(error as Error).message}`);
  }
  return parseCells(text, own);
};

export const homeOf = (map: CellMap | undefined, own: string): string => map?.home ?? own;

export const othersOf = (map: CellMap | undefined, own: string): readonly CellEntry[] =>
  (map?.cells ?? []).filter(({ cell }) => cell !== own);
