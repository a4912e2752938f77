#!/bin/sh
# Sets the settings of Tekton that the service needs. Both ConfigMaps belong to Tekton, so no chart owns them. Usage:
# tekton-settings.sh [NAMESPACE [CONTEXT]]. NAMESPACE is the namespace of the builds, by default image-build. CONTEXT is a
# context of the kubeconfig, by default the current one.
set -eu
namespace=${1:-image-build}
context=${2:-}

set_keys() {
  kubectl --context="$context" --namespace tekton-pipelines patch configmap "$1" --type merge --patch "{\"data\":$2}"
}

# Tekton has one sink of events for the whole cluster.
set_keys config-events "{\"formats\":\"tektonv1\",\"sink\":\"http://accept-tekton.$namespace.svc\"}"
# Tekton keeps the pod of a cancelled or timed-out build, since the build's log would be deleted with the pod.
set_keys feature-flags '{"keep-pod-on-cancel":"true"}'
