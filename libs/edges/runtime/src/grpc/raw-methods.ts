import type { ServiceDefinition } from '@grpc/grpc-js';

const same = (bytes: Buffer): Buffer => bytes;

/** Methods of the wire, by key, with requests and answers left as bytes: whoever answers has the codecs. */
export const rawMethods = (
  methods: Iterable<Readonly<{ key: string; path: string; responseStream: boolean }>>,
): ServiceDefinition =>
  Object.fromEntries(
    Array.from(methods, ({ key, path, responseStream }) => [
      key,
      {
        ...{ path, responseStream, requestStream: false },
        ...{ requestSerialize: same, requestDeserialize: same },
        ...{ responseSerialize: same, responseDeserialize: same },
      },
    ]),
  );
