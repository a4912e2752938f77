/** A response as tests see it. `json` is empty when the body is not a JSON object. */
export type Received = {
  /** Method and URL of the request, to show when a test fails. */
  request: string;
  status: number;
  text: string;
  json: Record<string, unknown>;
};

/**
 * Parses a body. Returns an empty object when the body is not JSON, so that a failure shows status and body instead.
 */
export const parseJson = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
};
