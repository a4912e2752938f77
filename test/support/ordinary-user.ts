const nobody = 65534;

/** Tells whether these tests run as root, who may change every file and signal every process. */
export const isRoot = process.geteuid?.() === 0;

/**
 * Runs `work` as a user who is not root, so that permissions count. `work` must be synchronous: the whole process acts as
 * that user meanwhile.
 */
export const asOrdinaryUser = <T>(work: () => T): T => {
  if (!isRoot) return work();
  process.seteuid?.(nobody);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
};

/** Id of the user as whom `asOrdinaryUser` runs its work. */
export const ordinaryUser = isRoot ? nobody : (process.getuid?.() ?? nobody);
