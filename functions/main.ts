/**
 * `node functions/main.ts NAME`: serves one function or event function from its source, with the settings in its
 * environment. An image holds bundles instead (scripts/build.ts), each with the code of one function.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from '../lib/http/serve.ts';

const name = process.argv[2] ?? '';
if (existsSync(join(import.meta.dirname, '../events', name, 'wire.ts')))
  await serve(name, await import(`../events/${name}/wire.ts`), (await import('../lib/events/app.ts')).app);
else await serve(name, await import(`./${name}/wire.ts`), (await import('../lib/http/app.ts')).app);
