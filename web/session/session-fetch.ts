type SessionFetchOptions = {
  send: (request: Request) => Promise<Response>;
  /** Tells whether there is a session whose access token must be replaced first. */
  isStale: () => boolean;
  /** Gets another access token. Returns whether the person is still signed in. */
  refresh: () => Promise<boolean>;
};

/**
 * Makes a `fetch` for requests with the session. It refreshes a session that is about to expire first, and after 401
 * once more, because the issuer may have ended the access token, and the clock of this machine may be wrong. A request is
 * sent also when a refresh fails, and its response says what is wrong.
 */
export const createSessionFetch =
  ({ send, isStale, refresh }: SessionFetchOptions) =>
  async (request: Request): Promise<Response> => {
    const isRenewed = (): Promise<boolean> => refresh().catch(() => false);
    if (isStale()) await isRenewed();
    const again = request.clone();
    const response = await send(request);
    return response.status === 401 && (await isRenewed()) ? send(again) : response;
  };
