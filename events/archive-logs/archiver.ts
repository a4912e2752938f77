/** The Job beside a running build: follows its log into the archive until it ends, or until SIGTERM. */

import { closeBuildLog } from '../../lib/builds/close-log.ts';
import { buildsFromSettings, buildsSettings } from '../../lib/builds/from-settings.ts';
import { reconcile } from '../../lib/builds/reconcile.ts';
import { reconciledView } from '../../lib/builds/reconciled-view.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { ConfigError } from '../../lib/errors.ts';
import { createLog } from '../../lib/log.ts';
import { archiveBuild } from '../../lib/logs/archive/archive-build.ts';
import { archiveSizes, logsFromSettings, logsSettings } from '../../lib/logs/from-settings.ts';

const follow = async (): Promise<void> => {
  const settings = readSettings([...buildsSettings, ...logsSettings, 'logMaxBytes', 'archiverTool', 'archiverBuild']);
  const log = createLog('follow');
  const context = logsFromSettings(settings, await buildsFromSettings(settings, log));
  const { archiverTool: tool, archiverBuild: id } = settings;
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  const build = reconciledView(context, tool, id);
  const result = await archiveBuild({
    ...context,
    tool,
    id,
    view: build,
    sizes: archiveSizes(settings),
    signal: stop.signal,
  });
  log('INFO', 'followed', { tool, id, ...result });
  if (result.state !== 'live') {
    await closeBuildLog(context, tool, (await build.read()).build);
    await reconcile(context, tool);
  }
  context.kube.close();
};

await follow().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`follow can not start: ${error.message}\n`);
  else createLog('follow')('ERROR', 'following a log failed', { error });
  process.exitCode = 1;
});
