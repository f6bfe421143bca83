/**
 * A server of bare grpc-js as a process of its own: one method, an answer of so many bytes, none decoded.
 * Arguments: path of the method, size of the answer, files of key and certificate. Prints its port.
 */
export const BARE_SOURCE = `
import { readFileSync } from 'node:fs';
import { Server, ServerCredentials } from '@grpc/grpc-js';
const [path, bytes, key, cert] = process.argv.slice(1);
const same = (value) => value;
const method = { path, requestStream: false, responseStream: false, requestSerialize: same,
  requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const answer = Buffer.alloc(Number(bytes), 7);
const server = new Server();
server.addService({ call: method }, { call: (_, answered) => answered(null, answer) });
const pair = { private_key: readFileSync(key), cert_chain: readFileSync(cert) };
server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(null, [pair], false), (error, port) => {
  if (error) throw error;
  console.log(port);
});
`;
