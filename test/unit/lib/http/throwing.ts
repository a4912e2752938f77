/** A function with an uncaught exception, which serve.test.ts runs as a process. */
import { serve } from '../../../../lib/http/serve.ts';
import type { Listener } from '../../../../lib/http/types.ts';

const listener: Listener = (req, res) => {
  if (req.url === '/throw') setImmediate(() => JSON.parse('{'));
  else setTimeout(() => res.end('late, but whole'), 1000);
};

const wiring = { settingNames: [], wire: async () => ({}) };

await serve('throwing', wiring, { createListener: () => listener });
