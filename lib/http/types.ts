import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '../auth/access.ts';

/** A request that has been matched, authenticated and whose parameters have the documented form. */
export type ApiRequest = {
  operation: string;
  /** Path and query parameters, decoded. */
  params: Record<string, string>;
  headers: IncomingHttpHeaders;
  body: Buffer;
  access: Access;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
};

export type ApiResponse =
  | { status?: number; headers?: Record<string, string>; json: unknown }
  /** Takes over the response; rejects with an ApiError as long as nothing was written. */
  | { stream: (res: ServerResponse, req: IncomingMessage) => Promise<void> };

/** One operation: takes its dependencies where it is made, and a request; returns a response. */
export type Handler = (request: ApiRequest) => Promise<ApiResponse>;

export type Listener = (req: IncomingMessage, res: ServerResponse) => void;
