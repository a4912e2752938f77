/** What Tekton 1.15 writes into every run's status.provenance. */
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
