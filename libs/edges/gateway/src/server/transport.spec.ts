import { afterEach, describe, expect, it } from '@jest/globals';
import type { Client } from '@grpc/grpc-js';
import { credentials, makeGenericClientConstructor, status as grpc } from '@grpc/grpc-js';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import {
  ServerReflectionAlphaService,
  ServerReflectionService,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from '@plinth/messages/edge';
import { service as healthService } from 'grpc-health-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayClient } from '../client/gateway-client.ts';
import { makeKey, verifierOf } from '../client/key-file.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';
import { WIRE_METHODS } from '../testing/wire-descriptors.ts';

const fixture = (name: string): string => join(import.meta.dirname, '../testing/fixtures', name);
const tls = { keyFile: fixture('localhost.key.pem'), certFile: fixture('localhost.cert.pem') };

type Asked = ServerReflectionRequest['messageRequest'];

describe('the port of the gateway', () => {
  let on: Started | undefined;
  const closing: Pick<Client, 'close'>[] = [];

  afterEach(async () => {
    for (const client of closing.splice(0)) client.close();
    await on?.stop();
    on = undefined;
  });

  const start = async (config: Parameters<typeof startGateway>[0] = {}): Promise<Started> => {
    on = await startGateway(config);
    return on;
  };

  /** Answers to some questions on one reflection stream. */
  const reflect = (definition: object, port: number, questions: readonly Asked[]) =>
    new Promise<ServerReflectionResponse[]>((resolve, reject) => {
      const Constructor = makeGenericClientConstructor(definition as never, 'Reflection');
      const client = new Constructor(`127.0.0.1:${port}`, credentials.createInsecure());
      closing.push(client);
      const stream = (
        client['serverReflectionInfo'] as unknown as () => ReturnType<Client['makeBidiStreamRequest']>
      ).call(client);
      const found: ServerReflectionResponse[] = [];
      stream.on('data', (message: ServerReflectionResponse) => found.push(message));
      stream.on('error', reject);
      stream.on('end', () => resolve(found));
      for (const messageRequest of questions) stream.write({ host: 'h', messageRequest });
      stream.end();
    });

  const filesOf = ({ messageResponse }: ServerReflectionResponse): readonly FileDescriptorProto[] =>
    messageResponse?.$case === 'fileDescriptorResponse'
      ? messageResponse.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
      : [];

  it.each([
    ['v1', ServerReflectionService],
    ['v1alpha', ServerReflectionAlphaService],
  ])('reflects every service with all that its messages need (%s)', async (_, definition) => {
    const { server } = await start();
    const [listed, ...files] = await reflect(definition, server.port, [
      { $case: 'listServices', value: '' },
      ...WIRE_METHODS.map(({ service, name }): Asked => ({
        $case: 'fileContainingSymbol',
        value: `plinth.gateway.v1.${service}.${name}`,
      })),
      { $case: 'fileByFilename', value: 'plinth/risk/v1/events.proto' },
    ]);
    const services =
      listed?.messageResponse?.$case === 'listServicesResponse' ? listed.messageResponse.value.service : [];
    expect(services.map(({ name }) => name)).toEqual(
      [...new Set(WIRE_METHODS.map(({ service }) => `plinth.gateway.v1.${service}`))].sort(),
    );
    for (const file of files) {
      const found = filesOf(file);
      const names = new Set(found.map(({ name }) => name));
      expect(found.length).toBeGreaterThan(0);
      // Whole: no import of an answered file is missing from the answer.
      for (const { dependency } of found) for (const name of dependency) expect(names).toContain(name);
    }
  });

  it('says of what it does not reflect that it is not known', async () => {
    const { server } = await start();
    const answers = await reflect(ServerReflectionService, server.port, [
      { $case: 'fileContainingSymbol', value: 'plinth.accounts.v1.AccountsCommands' },
      { $case: 'fileByFilename', value: '../secrets' },
      { $case: 'allExtensionNumbersOfType', value: 'x' },
      { $case: 'fileContainingExtension', value: { containingType: 'x', extensionNumber: 1 } },
      undefined,
    ]);
    const codes = answers.map(({ messageResponse }) =>
      messageResponse?.$case === 'errorResponse' ? messageResponse.value.errorCode : 0,
    );
    expect(codes).toEqual([
      ...[grpc.NOT_FOUND, grpc.NOT_FOUND, grpc.NOT_FOUND, grpc.NOT_FOUND],
      grpc.INVALID_ARGUMENT,
    ]);
  });

  it('answers the standard health question, for all and for each service', async () => {
    const { server } = await start();
    const Constructor = makeGenericClientConstructor(healthService, 'Health');
    const client = new Constructor(`127.0.0.1:${server.port}`, credentials.createInsecure());
    closing.push(client);
    const check = (service: string) =>
      new Promise<unknown>((resolve) => {
        const ask = client['check'] as unknown as (
          request: object,
          done: (...given: unknown[]) => void,
        ) => void;
        ask.call(client, { service }, (error, answer) => resolve(answer ?? (error as { code: number }).code));
      });
    for (const service of ['', 'plinth.gateway.v1.Trading', 'plinth.gateway.v1.Streams']) {
      expect(await check(service)).toMatchObject({ status: 'SERVING' });
    }
    expect(await check('nobody')).toBe(grpc.NOT_FOUND);
  });

  it('speaks TLS', async () => {
    const key = makeKey('operator.tls');
    const { server } = await start({
      ...{ tls, operatorKeys: [{ keyId: key.keyId, publicKey: verifierOf(key) }] },
    });
    const now = () => 1_700_000_000_000;
    const address = `localhost:${server.port}`;
    const secure = new GatewayClient({ address, key, now, ca: readFileSync(tls.certFile) });
    const plain = new GatewayClient({ address, key, now });
    closing.push(secure, plain);
    const ask = { instrumentId: 'BTC-PERP', read: undefined };
    expect((await secure.call('Trading', 'GetMark', ask)).position).toBe(1n);
    await expect(plain.call('Trading', 'GetMark', ask)).rejects.toMatchObject({ code: grpc.UNAVAILABLE });
  });
});
