import { services } from '../../functions/table.ts';
import type { SettingName } from '../../lib/config/settings.ts';
import type { Wiring } from '../../lib/http/wiring.ts';

const folders = { endpoint: 'functions', event: 'events', page: 'functions' };

/** Returns the settings that each function reads, by the function's name. */
export const settingNamesByFunction = async (): Promise<Map<string, readonly SettingName[]>> => {
  const found = new Map<string, readonly SettingName[]>();
  // The modules are imported one after the other, because Jest's module loader does not support concurrent imports.
  for (const [name, { kind }] of Object.entries(services)) {
    const wiring = (await import(`../../${folders[kind]}/${name}/wire.ts`)) as Wiring<unknown>;
    found.set(name, wiring.settingNames);
  }
  return found;
};
