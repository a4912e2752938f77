/** The archiver is a Job that archives the log of a running build until the log ends, or until SIGTERM. */

import { closeBuildLog } from '../../lib/builds/close-log.ts';
import { buildsFromSettings, buildsSettings } from '../../lib/builds/from-settings.ts';
import { reconcile } from '../../lib/builds/reconcile.ts';
import { reconciledView } from '../../lib/builds/reconciled-view.ts';
import { environment, readSettings } from '../../lib/config/settings.ts';
import { ConfigError } from '../../lib/errors.ts';
import { createLog } from '../../lib/log.ts';
import { archiveBuild } from '../../lib/logs/archive/archive-build.ts';
import { archiveSizes, logsFromSettings, logsSettings } from '../../lib/logs/from-settings.ts';

const log = createLog('archiver');

const abortAtSigterm = (): AbortSignal => {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  return stop.signal;
};

const archiveLog = async (): Promise<void> => {
  const names = [...buildsSettings, ...logsSettings, 'logMaxBytes', 'archiverTool', 'archiverBuild'] as const;
  const settings = readSettings(names, environment, log);
  const { archiverTool: tool, archiverBuild: id } = settings;
  const context = logsFromSettings(settings, await buildsFromSettings(settings, log));
  const view = reconciledView(context, tool, id);
  const options = { tool, id, view, sizes: archiveSizes(settings), signal: abortAtSigterm() };
  const result = await archiveBuild({ ...context, ...options });
  log('INFO', 'archiving ended', { tool, id, ...result });
  if (result.state !== 'live') {
    await closeBuildLog(context, tool, (await view.read()).build);
    await reconcile(context, tool);
  }
  context.kube.close();
};

await archiveLog().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`The archiver cannot start: ${error.message}\n`);
  else log('ERROR', 'archiving failed, exiting', { error });
  process.exitCode = 1;
});
