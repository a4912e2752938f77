import type { Adapter, AdapterPayload } from 'oidc-provider';

/** An object in the storage of oidc-provider. `expiresAt` is in milliseconds since 1970. */
type Stored = { payload: AdapterPayload; expiresAt: number };

/**
 * Makes a storage in memory for oidc-provider. Several providers with the same storage know the same sign-ins.
 */
export const createAdapters = (): ((model: string) => Adapter) => {
  const stored = new Map<string, Stored>();
  const unexpired = (key: string): AdapterPayload | undefined => {
    const found = stored.get(key);
    return found && found.expiresAt > Date.now() ? found.payload : undefined;
  };
  return (model) => {
    const keyOf = (id: string): string => `${model} ${id}`;
    const ofModel = () => [...stored].filter(([key]) => key.startsWith(`${model} `));
    const findBy = async (field: 'uid' | 'userCode', value: string) =>
      ofModel()
        .map(([key]) => unexpired(key))
        .find((payload) => payload?.[field] === value);
    return {
      upsert: async (id, payload, seconds) => {
        stored.set(keyOf(id), { payload, expiresAt: seconds ? Date.now() + seconds * 1000 : Number.POSITIVE_INFINITY });
      },
      find: async (id) => unexpired(keyOf(id)),
      findByUid: (uid) => findBy('uid', uid),
      findByUserCode: (code) => findBy('userCode', code),
      consume: async (id) => {
        const found = unexpired(keyOf(id));
        if (found) found.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void stored.delete(keyOf(id)),
      revokeByGrantId: async (grant) => {
        for (const [key, { payload }] of ofModel()) if (payload.grantId === grant) stored.delete(key);
      },
    };
  };
};
