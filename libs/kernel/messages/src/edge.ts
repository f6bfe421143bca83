/** What every gRPC edge speaks beside the house's own messages: errors with details, and reflection. */
export { Any } from './gen/google/protobuf/any.ts';
export { Status } from './gen/google/rpc/status.ts';
export { BadRequest, ErrorInfo, RetryInfo } from './gen/google/rpc/error_details.ts';
export {
  ServerReflectionRequest,
  ServerReflectionResponse,
  ServerReflectionService,
} from './gen/grpc/reflection/v1/reflection.ts';
import { ServerReflectionService } from './gen/grpc/reflection/v1alpha/reflection.ts';

export const ServerReflectionAlphaService = ServerReflectionService;
export { DESCRIPTOR_SET } from './gen/descriptors.ts';
