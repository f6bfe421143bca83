import { Server } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { takeOtherStreams } from './other-streams.ts';

type Checked = Readonly<{ _verifyContentType: (stream: unknown, headers: object) => boolean }>;

describe('streams that are not gRPC’s', () => {
  it.each([
    ['application/grpc', true],
    ['application/grpc+proto', true],
    ['application/grpc;charset=utf-8', true],
    ['application/grpc-web', false],
    ['application/grpc-web+proto', false],
    ['application/grpc-web-text', false],
    ['application/json', false],
    [undefined, false],
  ])('%p stays with grpc-js: %p', (contentType, isGrpc) => {
    const server = new Server();
    const taken: unknown[] = [];
    takeOtherStreams(server, (stream) => taken.push(stream));
    const stream = {};
    const inner = server as unknown as Checked;
    expect(inner._verifyContentType(stream, { 'content-type': contentType })).toBe(isGrpc);
    expect(taken).toEqual(isGrpc ? [] : [stream]);
  });

  it('stops the program where grpc-js asks for no content type', () => {
    expect(() => takeOtherStreams({} as Server, () => undefined)).toThrow('Expected grpc-js to ask');
  });
});
