import type { Adapter, AdapterPayload } from 'oidc-provider';

type Stored = { payload: AdapterPayload; until: number };

/** What the issuer holds, in memory. It outlives the provider, which is made anew when keys are rotated. */
export const createAdapters = (): ((model: string) => Adapter) => {
  const stored = new Map<string, Stored>();
  const live = (key: string): AdapterPayload | undefined => {
    const found = stored.get(key);
    return found && found.until > Date.now() ? found.payload : undefined;
  };
  return (model) => {
    const keyOf = (id: string): string => `${model} ${id}`;
    const mine = () => [...stored].filter(([key]) => key.startsWith(`${model} `));
    const by = async (field: 'uid' | 'userCode', value: string) =>
      mine()
        .map(([key]) => live(key))
        .find((payload) => payload?.[field] === value);
    return {
      upsert: async (id, payload, seconds) => {
        stored.set(keyOf(id), { payload, until: seconds ? Date.now() + seconds * 1000 : Number.POSITIVE_INFINITY });
      },
      find: async (id) => live(keyOf(id)),
      findByUid: (uid) => by('uid', uid),
      findByUserCode: (code) => by('userCode', code),
      consume: async (id) => {
        const found = live(keyOf(id));
        if (found) found.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void stored.delete(keyOf(id)),
      revokeByGrantId: async (grant) => {
        for (const [key, { payload }] of mine()) if (payload.grantId === grant) stored.delete(key);
      },
    };
  };
};
