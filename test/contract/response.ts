/** An HTTP response as tests see it. `json` is an empty object when the body is not JSON. */
export type Received = {
  /** Method and URL of the request that got the response, to show when a test fails. */
  request: string;
  status: number;
  text: string;
  json: Record<string, unknown>;
};

/**
 * Parses the body of a response as JSON. Returns an empty object for any other body, so that a failed test shows the
 * status and the body instead of a parser's error.
 */
export const parseJson = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
};
