import { Client, credentials, Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { AccountsService as definition } from '@plinth/messages/gateway';

export type BareServer = Readonly<{
  call: (request: unknown) => Promise<unknown>;
  close: () => Promise<void>;
}>;

type Coded = Readonly<{
  path: string;
  requestSerialize: (value: unknown) => Buffer;
  responseDeserialize: (bytes: Buffer) => unknown;
}>;

/** Answers GetAccount with one answer, on the same path through the same codecs, and does nothing else. */
export const startBareServer = async (response: unknown): Promise<BareServer> => {
  const method = definition.getAccount as unknown as Coded;
  const server = new Server();
  server.addService(
    { getAccount: definition.getAccount },
    { getAccount: (_call: unknown, callback: sendUnaryData<unknown>) => callback(null, response) },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  return {
    call: (request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          (error, answer) => (error === null ? resolve(answer) : reject(error)),
        );
      }),
    close: () => {
      client.close();
      return new Promise((resolve) => server.tryShutdown(() => resolve()));
    },
  };
};
