/** `npm run -s token -- TOOL`: prints a token that may act for the tool on the embedded platform. */
import { dataFolder, paths } from './folder.ts';
import { openIssuer, toolToken } from './issuer.ts';
import { lastAddresses } from './platform.ts';

const tool = process.argv[2];
if (!tool || !/^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$/.test(tool)) {
  console.error('Usage: npm run -s token -- TOOL');
  process.exit(2);
}
try {
  const { url } = await lastAddresses(dataFolder());
  console.log(await toolToken(await openIssuer(paths(dataFolder()).issuer, `${url}/issuer`), tool));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
