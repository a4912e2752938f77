import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '../auth/access.ts';

/**
 * A request to a known route, from an authenticated caller, with valid parameters. Only the body is still unchecked.
 */
export type ApiRequest = {
  /** The operationId of the contract. */
  operation: string;
  /** Path and query parameters, decoded. */
  params: Record<string, string>;
  headers: IncomingHttpHeaders;
  body: Buffer;
  access: Access;
  /** Fires when the client closes the connection before the response is complete. */
  signal: AbortSignal;
};

/** Fields that an operation adds to its line in the audit log, such as the id of a new build. */
type Audited = { audit?: Record<string, string> };

export type ApiResponse = Audited &
  (
    | { status?: number; headers?: Record<string, string>; json: unknown }
    /** Writes the response to `res`. Until the first byte is written, the function may reject with an ApiError. */
    | { stream: (res: ServerResponse, req: IncomingMessage) => Promise<void> }
  );

/** Carries out one operation of the contract. @throws ApiError with the status and code to respond with */
export type Handler = (request: ApiRequest) => Promise<ApiResponse>;

export type Listener = (req: IncomingMessage, res: ServerResponse) => void;
