import { type SettingName, settings } from '../../lib/config/settings.ts';
import { cel } from './cel.ts';

/** Returns the CEL expression for the text of a setting, or for `otherwise` where the setting is not set. */
export const settingText = (name: SettingName, otherwise = ''): string =>
  `variables.settings[?${cel(settings[name].name)}].orValue(${cel(otherwise)})`;

/** Returns the CEL expression for the text of a setting, or for its default where the setting is not set. */
export const settingValue = (name: SettingName): string => settingText(name, settings[name].default);
