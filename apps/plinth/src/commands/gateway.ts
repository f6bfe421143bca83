import { Argument, Option, type Command } from 'commander';
import type { ArgumentOf, Call, OptionOf } from '../calls/call.ts';
import { addAnyCall } from '../calls/any-call.ts';
import { addConnectionOptions } from '../calls/connection.ts';
import { addCertificates } from '../calls/certificates.ts';
import { addKeyInit, addKeyIssue } from '../calls/keys.ts';
import { position } from '../calls/parse-fields.ts';
import { runCall, type CallOptions } from '../calls/run-call.ts';
import { addStreams } from '../calls/streams.ts';
import { CALLS } from '../calls/tables/index.ts';
import { wholeNumber } from '../cli/arguments.ts';
import { outputOption } from '../cli/output.ts';

const GROUPS: Readonly<Record<string, string>> = {
  accounts: 'accounts and the money on them',
  clients: 'clients and where their money may go',
  transfers: 'transfers to other clients, and those between cells',
  cells: 'the cells of the house',
  keys: 'API keys',
  assets: 'assets',
  orders: 'orders and what they cost',
  venues: 'venues',
  instruments: 'instruments',
  marks: 'marks and the quotes behind them',
  margin: 'margin of accounts, exposure of the house',
  stress: 'what might happen to accounts and the house',
  explain: 'why a number is what it is',
  liquidations: 'liquidations',
  fund: 'the insurance fund',
  gate: 'the gate to payouts and to whatever adds risk',
  pools: 'lending pools and funding rates',
  products: 'structured products: what is listed, and orders of them',
  settlements: 'prices at which expired contracts were settled',
  surfaces: 'volatility surfaces that the marks of options come from',
};

const LIMIT_MAX = 100_000;

/** Every command that calls the gateway, from one table. */
export const register = (program: Command): void => {
  for (const call of CALLS) addCall(program, call);
  const keys = program.commands.find((command) => command.name() === 'keys');
  if (keys !== undefined) {
    addKeyInit(keys);
    addCertificates(keys);
    addKeyIssue(keys);
  }
  addStreams(program);
  addAnyCall(program);
};

const addCall = (program: Command, call: Call): void => {
  const [first = '', second] = call.name.split(' ');
  const parent = second === undefined ? program : groupOf(program, first);
  const command = addConnectionOptions(parent.command(second ?? first)).description(call.about);
  for (const argument of call.args ?? []) command.addArgument(argumentOf(argument));
  for (const option of call.options ?? []) command.addOption(optionOf(option));
  if (call.rows !== undefined) command.option('--limit <n>', 'rows at most', wholeNumber(1, LIMIT_MAX), 100);
  if (isRead(call)) {
    if (call.isWithoutPosition !== true)
      command.option('--min-position <position>', 'the answer must include this position', position);
  } else command.option('--request-id <id>', 'name of this request; send it again to get the same answer');
  const count = call.args?.length ?? 0;
  command.addOption(outputOption()).action((...given: unknown[]) => {
    return runCall(call, given.slice(0, count) as (string | undefined)[], given[count] as CallOptions);
  });
};

const groupOf = (program: Command, name: string): Command => {
  const known = program.commands.find((command) => command.name() === name);
  return known ?? program.command(name).description(GROUPS[name] ?? name);
};

const argumentOf = ({ name, about, isOptional }: ArgumentOf): Argument =>
  new Argument(isOptional === true ? `[${name}]` : `<${name}>`, about);

const optionOf = ({ flags, about, required, choices, fallback }: OptionOf): Option => {
  const option = new Option(flags, about);
  if (choices !== undefined) option.choices([...choices]);
  if (typeof fallback === 'string' && fallback !== '') option.default(fallback);
  return option.makeOptionMandatory(required === true);
};

/** Queries are named after what they read. */
const isRead = ({ method }: Call): boolean =>
  /\.(Get|List|Explain|WhatIf|MarginUnder|LiquidationPrice|ProjectRate|TrialBalance)/.test(method) &&
  !/\.(ListAsset|ListInstrument)$/.test(method);
