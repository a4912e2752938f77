/**
 * The command `node functions/main.ts NAME` serves one function or event function from its source, with the settings in
 * its environment. An image holds bundles instead (scripts/build.ts), each with the code of one function.
 */
import { serve } from '../lib/http/serve.ts';
import { services } from './table.ts';

const name = process.argv[2] ?? '';
const kind = name in services ? services[name as keyof typeof services].kind : undefined;
if (kind === 'endpoint') {
  const { apiApp } = await import('../lib/http/app.ts');
  await serve(name, await import(`./${name}/wire.ts`), apiApp);
} else if (kind === 'event') {
  const { eventApp } = await import('../lib/events/app.ts');
  await serve(name, await import(`../events/${name}/wire.ts`), eventApp);
} else if (kind === 'page') {
  const { pageApp } = await import('../lib/page/app.ts');
  await serve(name, await import('./web/wire.ts'), pageApp);
} else {
  console.error(`Name one of the functions in functions/table.ts: ${Object.keys(services).join(', ')}.`);
  process.exitCode = 2;
}
