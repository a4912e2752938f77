/** A function that throws where nobody catches it. Run by serve.test.ts. */
import { serve } from '../../../../lib/http/serve.ts';

await serve('throwing', async () => ({
  listener: async (req, res) => {
    if (req.url === '/throw') setImmediate(() => JSON.parse('{'));
    else setTimeout(() => res.end('late, but whole'), 1000);
  },
}));
