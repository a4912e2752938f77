/** `npm run -s token -- TOOL`: prints a token that may act for the tool on the embedded platform. */
import { lastAddresses } from './addresses.ts';
import { dataFolder, paths } from './folder.ts';
import { openIssuer, toolToken } from './issuer.ts';
import { toolFrom } from './tool-argument.ts';

try {
  const tool = toolFrom(process.argv.slice(2), 'Usage: npm run -s token -- TOOL');
  const { url } = await lastAddresses(dataFolder());
  console.log(await toolToken(await openIssuer(paths(dataFolder()).issuer, `${url}/issuer`), tool));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
