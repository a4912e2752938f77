import { ApiError } from '../lib/errors.ts';
import { sendError } from '../lib/http/respond.ts';
import type { Listener } from '../lib/http/types.ts';

const unreadable = new ApiError(400, 'parameter_invalid', "This request can't be read. Call a valid URL.");

/**
 * Makes a listener that responds with 400 where the given listener throws, for example because a request's path is no
 * URL. Without it, such a request would end the process, and with it the whole embedded platform.
 */
export const guarded =
  (listener: Listener): Listener =>
  async (req, res) => {
    try {
      await listener(req, res);
    } catch {
      sendError(res, unreadable, () => undefined);
    }
  };
