import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { Ledger, LedgerView } from '../../lib/ledger/store.ts';
import type { Storage } from '../../lib/registry/sizes.ts';
import { storageItem } from '../../lib/registry/sizes.ts';
import type { QuotaCategoryItem, QuotaResponse } from '../../openapi/generated/types.ts';

export type QuotaOptions = {
  ledger: Pick<Ledger, 'read'>;
  /** Reads how much registry storage a tool's images use. Undefined when the registry does not tell, or not in time. */
  storage: (tool: string, signal: AbortSignal) => Promise<Storage | undefined>;
};

const quotaItem = (name: string, used: number, limit: number): QuotaCategoryItem => ({
  name,
  limit: String(limit),
  used: String(used),
  available: String(Math.max(0, limit - used)),
  capacity: limit === 0 ? '100%' : `${Math.round((used / limit) * 100)}%`,
});

const buildItems = ({ state, limits }: LedgerView): QuotaCategoryItem[] => [
  quotaItem('Running', state.running.length, limits.running),
  quotaItem('Queued', state.queued.length, limits.queued),
];

const response = (view: LedgerView, storage: Storage | undefined): QuotaResponse => ({
  messages: messages(
    storage
      ? {}
      : { warning: ['The image registry does not tell how much storage this tool uses, so its storage is left out.'] },
  ),
  quota: {
    categories: [
      ...(storage ? [{ name: 'Registry', items: [storageItem(storage)] }] : []),
      { name: 'Builds', items: buildItems(view) },
    ],
  },
});

/** Makes the handler of quota, which returns a tool's limits for builds and storage, and how much of each is used. */
export const createQuota =
  ({ ledger, storage }: QuotaOptions): Handler =>
  async ({ params: { toolname: tool = '' }, signal }) => {
    const [view, used] = await Promise.all([ledger.read(tool, signal), storage(tool, signal)]);
    return { json: response(view, used) };
  };
