import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '../auth/access.ts';

/**
 * An API request to a known route, from an authenticated caller, with valid parameters. The body is not checked yet.
 */
export type ApiRequest = {
  /** The operationId of the request's operation in openapi/openapi.yaml. */
  operation: string;
  /** Decoded path and query parameters of the request, by name. */
  params: Record<string, string>;
  headers: IncomingHttpHeaders;
  body: Buffer;
  access: Access;
  /** Abort signal that fires when the client closes the connection before the response is complete. */
  signal: AbortSignal;
};

/** Fields that an API operation adds to its line in the audit log, such as the id of a new build. */
type Audited = { audit?: Record<string, string> };

export type ApiResponse = Audited &
  (
    | { status?: number; headers?: Record<string, string>; json: unknown }
    /** Streams a response to `res`. Until the first byte is written, the function may reject with an ApiError. */
    | { stream: (res: ServerResponse, req: IncomingMessage) => Promise<void> }
  );

/** Carries out one operation of the API. @throws ApiError with the status and code to respond with */
export type Handler = (request: ApiRequest) => Promise<ApiResponse>;

export type Listener = (req: IncomingMessage, res: ServerResponse) => void;
