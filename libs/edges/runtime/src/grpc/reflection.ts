import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  FileDescriptorSetSchema,
  FileDescriptorProtoSchema,
  type DescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { status as grpc, type Server, type ServerDuplexStream } from '@grpc/grpc-js';
import {
  DESCRIPTOR_SET,
  ServerReflectionAlphaService,
  ServerReflectionService,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from '@plinth/messages/edge';
import { GRPC_LIMITS } from './limits.ts';
import { GrpcError, statusOf } from './status.ts';

type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

const messageNames = (scope: string, message: DescriptorProto): readonly string[] => {
  const name = `${scope}.${message.name}`;
  return [
    name,
    ...message.field.map((field) => `${name}.${field.name}`),
    ...message.oneofDecl.map((oneof) => `${name}.${oneof.name}`),
    ...message.enumType.map((type) => `${name}.${type.name}`),
    ...message.nestedType.flatMap((nested) => messageNames(name, nested)),
  ];
};

const symbolsOf = (file: FileDescriptorProto): readonly string[] => [
  ...file.messageType.flatMap((message) => messageNames(file.package, message)),
  ...file.enumType.map((type) => `${file.package}.${type.name}`),
  ...file.service.flatMap((service) => [
    `${file.package}.${service.name}`,
    ...service.method.map((method) => `${file.package}.${service.name}.${method.name}`),
  ]),
];

const notFound = (what: string): Answer => ({
  $case: 'errorResponse',
  value: { errorCode: grpc.NOT_FOUND, errorMessage: `${what} is not known here` },
});

/** Answers about some services and the files that their messages need. */
class Reflection {
  readonly #services: readonly string[];
  readonly #files = new Map<string, FileDescriptorProto>();
  readonly #bySymbol = new Map<string, FileDescriptorProto>();

  constructor(services: readonly string[]) {
    this.#services = [...services].sort();
    const all = fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTOR_SET, 'base64')).file;
    const byName = new Map(all.map((file) => [file.name, file]));
    const offered = new Set(services);
    for (const file of all) {
      if (file.service.some(({ name }) => offered.has(`${file.package}.${name}`))) this.#take(file, byName);
    }
  }

  answer(request: ServerReflectionRequest['messageRequest']): Answer {
    switch (request?.$case) {
      case undefined:
        return {
          $case: 'errorResponse',
          value: { errorCode: grpc.INVALID_ARGUMENT, errorMessage: 'Expected a kind of request' },
        };
      case 'listServices':
        return {
          $case: 'listServicesResponse',
          value: { service: this.#services.map((name) => ({ name })) },
        };
      case 'fileByFilename':
        return this.#withDependencies(this.#files.get(request.value), request.value);
      case 'fileContainingSymbol':
        return this.#withDependencies(this.#bySymbol.get(request.value), request.value);
      case 'fileContainingExtension':
        return notFound(`extension ${request.value.extensionNumber} of ${request.value.containingType}`);
      case 'allExtensionNumbersOfType':
        return notFound(`an extension of ${request.value}`);
    }
  }

  #take(file: FileDescriptorProto, byName: ReadonlyMap<string, FileDescriptorProto>): void {
    if (this.#files.has(file.name)) return;
    this.#files.set(file.name, file);
    for (const symbol of symbolsOf(file)) this.#bySymbol.set(symbol, file);
    for (const name of file.dependency) {
      const dependency = byName.get(name);
      if (dependency !== undefined) this.#take(dependency, byName);
    }
  }

  /** A file and everything it imports, itself first, so that a client needs one question. */
  #withDependencies(file: FileDescriptorProto | undefined, asked: string): Answer {
    if (file === undefined) return notFound(asked);
    const found = new Set<FileDescriptorProto>();
    const visit = (one: FileDescriptorProto): void => {
      if (found.has(one)) return;
      found.add(one);
      for (const name of one.dependency) {
        const dependency = this.#files.get(name);
        if (dependency !== undefined) visit(dependency);
      }
    };
    visit(file);
    const files = [...found].map((one) => Buffer.from(toBinary(FileDescriptorProtoSchema, one)));
    return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto: files } };
  }
}

type Stream = ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>;

const serve =
  (reflection: Reflection) =>
  (stream: Stream): void => {
    let asked = 0;
    stream.on('data', (request: ServerReflectionRequest) => {
      asked += 1;
      if (asked > GRPC_LIMITS.reflectionRequestsMax) {
        stream.emit(
          'error',
          statusOf(
            new GrpcError(
              grpc.RESOURCE_EXHAUSTED,
              'TOO_MANY_REQUESTS',
              `Expected at most ${GRPC_LIMITS.reflectionRequestsMax} requests on one stream: open another`,
            ),
          ),
        );
        return;
      }
      const messageResponse = reflection.answer(request.messageRequest);
      const goesOn = stream.write({ validHost: request.host, originalRequest: request, messageResponse });
      if (!goesOn) {
        stream.pause();
        stream.once('drain', () => stream.resume());
      }
    });
    stream.on('end', () => stream.end());
  };

/**
 * Server reflection, v1 and v1alpha, for the services named, whole files with everything they import. (The
 * package `@grpc/reflection` 1.0.4 leaves the imports of a file out, so that no client can read the messages
 * of another file.)
 */
export const addReflection = (server: Server, services: readonly string[]): void => {
  const reflection = new Reflection(services);
  for (const definition of [ServerReflectionService, ServerReflectionAlphaService]) {
    server.addService(definition, { serverReflectionInfo: serve(reflection) });
  }
};
