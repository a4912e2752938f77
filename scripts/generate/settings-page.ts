import { removedSettings, renamedSettings } from '../../lib/config/renamed.ts';
import { expectation } from '../../lib/config/setting.ts';
import { type SettingName, settings } from '../../lib/config/settings.ts';
import { chartSettings, chartValueOf } from './chart-settings.ts';
import { settingNamesByFunction } from './setting-names.ts';
import { type SettingGroup, settingGroups } from './settings-text.ts';
import { notice } from './yaml.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const shownDefault = (fallback: string | undefined): string => {
  if (fallback === undefined) return '**required**';
  return fallback === '' ? 'empty' : `\`${fallback}\``;
};

/** Returns the value of the chart that sets a setting, or nothing where the chart sets the setting by itself. */
const shownValue = (name: SettingName): string =>
  chartSettings.includes(name) ? `\`config.${chartValueOf(name)}\`` : '';

const row = ([key, line]: [string, string]): string => {
  const setting = settings[key as SettingName];
  return `| \`${setting.name}\` | ${shownValue(key as SettingName)} | ${cell(line)} | ${cell(expectation(setting))} | ${shownDefault(setting.default)} |`;
};

const section = ({ title, intro, lines }: SettingGroup): string =>
  [
    `## ${title}`,
    ...(intro ? [intro] : []),
    '',
    '| variable | value of the chart | meaning | must be | default |',
    '|---|---|---|---|---|',
    ...Object.entries(lines).map(row),
  ].join('\n');

const readersRow = ([name, settingNames]: [string, readonly SettingName[]]): string => {
  const variables = new Set(settingNames.map((key) => settings[key].name));
  return `| ${name} | ${[...variables].sort().join(', ')} |`;
};

const readers = async (): Promise<string> =>
  [
    '## Which function reads which setting',
    'All functions read `PORT` too.',
    '',
    '| function | variables |',
    '|---|---|',
    ...[...(await settingNamesByFunction())].map(readersRow),
  ].join('\n');

const renamed = (): string =>
  [
    '## Renamed settings',
    'A function does not start where a former name is set.',
    '',
    '| former name | name |',
    '|---|---|',
    ...Object.entries(renamedSettings).map(([former, present]) => `| \`${former}\` | \`${present}\` |`),
  ].join('\n');

const removed = (): string =>
  [
    '## Removed settings',
    'A function does not start where one of these names is set.',
    '',
    '| name | what to do |',
    '|---|---|',
    ...Object.entries(removedSettings).map(([former, advice]) => `| \`${former}\` | ${cell(advice)} |`),
  ].join('\n');

const sources = 'lib/config/settings.ts, scripts/generate/settings-text.ts and functions/table.ts';

/** Returns docs/settings.md: the meaning of each setting, the functions that read it, and the names that a function refuses. */
export const settingsPage = async (): Promise<string> =>
  `<!-- ${notice(sources)} -->
# Settings
Functions are set by environment variables. An operator sets values of the Helm chart builds-api, which become variables: numbers, booleans, lists and
objects are written as YAML has them. The chart sets variables without a value by itself ([deploy.md](deploy.md)). Each function reads the settings that it needs. A function does not start when a setting is missing or wrong: it prints the setting's name and
what the setting must be. The embedded platform has the same settings. A name that ends in \`_FILE\` is the path of a file, because the
value is a secret and variables show up in too many places.

${settingGroups.map(section).join('\n\n')}

${await readers()}

${renamed()}

${removed()}
`;
