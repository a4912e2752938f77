/** `npm run build:page`: builds the web page only, for `npm start`. */
import { join } from 'node:path';
import { buildPage } from '../web/build.ts';

await buildPage(join(import.meta.dirname, '../dist/functions/web/page'));
