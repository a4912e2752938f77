#!/usr/bin/env bash
# Deploys the service on the cluster of KUBECONFIG for tests, after `npm run images`: npm run deploy:test. HELM names the
# program helm. Default: helm in PATH.
set -euo pipefail
if [ $# -gt 0 ]; then
  sed -n '2,/^[^#]/s/^# //p' "$0"
  case $1 in -h | --help) exit ;; *) exit 2 ;; esac
fi
cd "$(dirname "$0")/../../.."

helm=${HELM:-helm}
site=test/e2e/site
kubectl apply -f test/e2e/deploy/namespaces.yaml
kubectl apply -f "$site/manifests.json"
components/builds-api/tekton-settings.sh
"$helm" upgrade --install builds-builder knative/charts/builds-builder --namespace image-build
"$helm" upgrade --install builds-api knative/charts/builds-api --namespace builds-api \
  --values test/e2e/deploy/values.yaml --values "$site/values.json"
