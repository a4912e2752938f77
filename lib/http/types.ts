import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '../auth/access.ts';

/** A request to a known route, from an authenticated caller, with valid parameters. Only the body is still unchecked. */
export type ApiRequest = {
  /** The operationId of the contract. */
  operation: string;
  /** Path and query parameters, decoded. */
  params: Record<string, string>;
  headers: IncomingHttpHeaders;
  body: Buffer;
  access: Access;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
};

/** Fields that an operation adds to its line in the audit log, such as the id of a new build. */
type Audited = { audit?: Record<string, string> };

export type ApiResponse = Audited &
  (
    | { status?: number; headers?: Record<string, string>; json: unknown }
    /** Writes the response itself. May reject with an ApiError as long as nothing was written. */
    | { stream: (res: ServerResponse, req: IncomingMessage) => Promise<void> }
  );

/** Carries out one operation. */
export type Handler = (request: ApiRequest) => Promise<ApiResponse>;

export type Listener = (req: IncomingMessage, res: ServerResponse) => void;
