import { TAKEN_ALREADY, type AnyCellLink, type Envelope, type LinkCommand } from '@plinth/eventing';
import { InProcessCell } from '../rpc/cell-client.ts';
import type { ServiceHost } from '../service/service-host.ts';

/** This cell's service will not have what another cell's log says: a person has to look. */
export class LinkRefused extends Error {
  override readonly name = 'LinkRefused';
}

/**
 * Brings consecutive events of another cell's log to the service that takes them over. Whatever was brought
 * before has no effect. Gives the place in this cell's log of the last thing that was taken.
 */
export const takeOver = (
  host: ServiceHost,
  link: AnyCellLink,
  from: string,
  events: readonly Envelope[],
): Promise<bigint> => bring(host, link.name, from, link.commands(events, from));

export const bring = async (
  host: ServiceHost,
  link: string,
  from: string,
  commands: readonly LinkCommand[],
): Promise<bigint> => {
  const cell = new InProcessCell([host]);
  let last = 0n;
  for (const { name, request, through } of commands) {
    const sender = { tenant: 'operator', actor: `cell:${from}`, requestId: `${link}.${from}.${through}` };
    const answer = await cell.command(name, request, sender);
    if (answer.status === 'accepted') last = answer.position;
    else if (answer.rejection.code !== TAKEN_ALREADY && answer.rejection.code !== 'REQUEST_ID_REUSED')
      throw new LinkRefused(`${name} ${from} ${through}: ${answer.rejection.message}`);
  }
  return last;
};
