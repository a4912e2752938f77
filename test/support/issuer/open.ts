/** Opens a page and submits its forms: `node open.ts URL`. */
import { createBrowser } from './browser.ts';

process.stdout.write(await createBrowser().open(process.argv[2] ?? ''));
