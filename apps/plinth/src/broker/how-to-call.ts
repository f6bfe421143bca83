/** How to talk to a broker that has just come up, to copy and paste. */
export const tellHowToCall = (address: string, keyFile: string): void => {
  const method = 'plinth.gateway.v1.Trading/ListMarks';
  process.stdout.write(`
gateway ${address} (gRPC, gRPC-Web and JSON, reflection and health on), operator's key ${keyFile}

  ./plinth marks list --gateway ${address} --key ${keyFile}
  grpcurl -plaintext ${address} list
  grpcurl -plaintext $(./plinth sign ${method} --key ${keyFile}) -d '{}' ${address} ${method}
  curl $(./plinth sign ${method} --json --key ${keyFile}) --json '{}' http://${address}/${method}

Python (pip install grpcio cryptography):
${pythonSnippet(address, keyFile, method)}
Ctrl-C stops it.
`);
};

/**
 * Signs as the gateway's README says; requests and answers stay bytes, so that no generated code is needed.
 */
const pythonSnippet = (address: string, keyFile: string, method: string): string => `
  import base64, hashlib, json, secrets, time, grpc
  from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
  key = json.load(open("${keyFile}"))
  private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(key["secret"]))
  method, body = "/${method}", b""
  stamp, nonce = str(int(time.time() * 1000)), secrets.token_hex(16)
  text = "\\n".join(["plinth-v1", method, hashlib.sha256(body).hexdigest(), stamp, nonce, key["keyId"], ""])
  signature = base64.b64encode(private.sign(text.encode())).decode()
  metadata = [("plinth-key", key["keyId"]), ("plinth-timestamp", stamp), ("plinth-nonce", nonce)]
  metadata.append(("plinth-signature", signature))
  answer = grpc.insecure_channel("${address}").unary_unary(method)(body, metadata=metadata, timeout=10)
  print(len(answer), "bytes of plinth.pricing.v1.ListMarksResponse")
`;
