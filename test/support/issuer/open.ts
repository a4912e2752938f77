/**
 * Opens a web page in the test browser, submits the forms that follow, and prints the last page: `node open.ts URL`.
 */
import { createBrowser } from './browser.ts';

process.stdout.write(await createBrowser().open(process.argv[2] ?? ''));
