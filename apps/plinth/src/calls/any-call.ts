import type { Command } from 'commander';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, type Row } from '../cli/output.ts';
import { addConnectionOptions, connected } from './connection.ts';
import { printAnswer } from './print-answer.ts';
import { send, type CallOptions } from './run-call.ts';

type AnyCallOptions = CallOptions & Readonly<{ data: string }>;

/** `call Operations.RegisterVenue --data @venue.json`: any method, for requests too large for options. */
export const addAnyCall = (program: Command): void => {
  addConnectionOptions(program.command('call'))
    .description('call any method of the gateway with a request as JSON')
    .argument('<method>', 'e.g. Operations.RegisterVenue')
    .option('--data <json>', 'the request, with the names of the proto; @file reads a file', '{}')
    .option('--request-id <id>', 'name of a command; send it again to get the same answer')
    .addOption(outputOption())
    .action((method: string, options: AnyCallOptions) => call(method, options));
};

const call = async (method: string, options: AnyCallOptions): Promise<void> => {
  const { randomUUID } = await import('node:crypto');
  const { decodeRequest, isMethod } = await import('@plinth/gateway/client');
  const { requestBytes } = await import('../cli/request-bytes.ts');
  const [service = '', name = ''] = method.split('.');
  if (!isMethod(service, name)) {
    throw new CliError(EXIT.usage, `Expected Service.Method, e.g. Trading.ListMarks, was ${method}`);
  }
  const bytes = requestBytes(`/plinth.gateway.v1.${service}/${name}`, await textOf(options.data));
  const request: Row = { ...decodeRequest(service as 'Trading', name as 'ListMarks', bytes) };
  await connected(options, async (client) => {
    printAnswer(await send(client, method, request, options.requestId ?? randomUUID()), options.output);
  });
};

const textOf = async (data: string): Promise<string> => {
  if (!data.startsWith('@')) return data;
  const { readFileSync } = await import('node:fs');
  try {
    return readFileSync(data.slice(1), 'utf8');
  } catch (error) {
    throw new CliError(EXIT.usage, `--data: ${(error as Error).message}`);
  }
};
