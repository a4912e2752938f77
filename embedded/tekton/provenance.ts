/** The field status.provenance that Tekton 1.15 writes into every run. */
export const provenance = {
  featureFlags: {
    runningInEnvWithInjectedSidecars: true,
    enableAPIFields: 'beta',
    sendCloudEventsForRuns: true,
    awaitSidecarReadiness: true,
    enforceNonfalsifiability: 'none',
    verificationNoMatchPolicy: 'ignore',
    enableProvenanceInStatus: true,
    resultExtractionMethod: 'termination-message',
    maxResultSize: 4096,
    coschedule: 'workspaces',
  },
};
