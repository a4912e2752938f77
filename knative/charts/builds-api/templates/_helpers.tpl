{{- /* Labels of every object. */ -}}
{{- define "builds-api.labels" -}}
app.kubernetes.io/part-of: toolforge-builds
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- /* Reference of an image: a map with name and tag. */ -}}
{{- define "builds-api.image" -}}
{{ .name }}:{{ .tag }}
{{- end -}}

{{- /*
A value as the text of an environment variable. A list of texts is joined by commas, and any other list is JSON.
Helm reads numbers as floating-point numbers, and toJson writes large ones without an exponent.
*/ -}}
{{- define "builds-api.text" -}}
{{- if kindIs "string" . -}}
{{ . }}
{{- else if and (kindIs "slice" .) (or (empty .) (kindIs "string" (first .))) -}}
{{ join "," . }}
{{- else -}}
{{ toJson . }}
{{- end -}}
{{- end -}}

{{- /*
The settings of the functions: a map from environment variables to texts. files/settings.yaml has the variable of each
value of config. Knative's broker for Kafka has an ingress of its own. A setting without a value has the default of docs/settings.md, which the functions know.
*/ -}}
{{- define "builds-api.settings" -}}
{{- $ingress := ternary "kafka-broker-ingress" "broker-ingress" (eq .Values.broker.class "Kafka") -}}
{{- $settings := dict
      "ARCHIVER_IMAGE" (include "builds-api.image" .Values.image)
      "BROKER_URL" (printf "http://%s.knative-eventing.svc/%s/builds" $ingress .Values.buildsNamespace)
      "EVENT_ISSUER" (printf "https://kubernetes.default.svc.%s" .Values.certificates.internalClusterDomain)
      "LOG_STORE" "s3"
      "S3_ACCESS_KEY_FILE" "/secrets/log-store/access-key"
      "S3_SECRET_KEY_FILE" "/secrets/log-store/secret-key" -}}
{{- range $value, $variable := (.Files.Get "files/settings.yaml" | fromYaml).variables -}}
{{- $given := index $.Values.config $value -}}
{{- if not (kindIs "invalid" $given) -}}
{{- $_ := set $settings $variable (include "builds-api.text" $given) -}}
{{- end -}}
{{- end -}}
{{ toYaml $settings }}
{{- end -}}

{{- /* The files of the gateway: a map from each file's name to its text. */ -}}
{{- define "builds-api.gatewayFiles" -}}
{{- $level := ternary "info" "warn" .Values.config.debug -}}
{{- range $path, $_ := .Files.Glob "files/gateway/*" }}
{{ base $path }}: {{ $.Files.Get $path | replace "error_log stderr warn;" (printf "error_log stderr %s;" $level) | toJson }}
{{- end -}}
{{- end -}}

{{- /*
Name of the Secret with the certificate that the gateway shows, its key, and the authority of its callers' certificates:
tls.crt, tls.key and ca.crt. cert-manager makes the first one, and an operator the second one.
*/ -}}
{{- define "builds-api.gatewayCertificate" -}}
{{- ternary (printf "%s-api-gateway-server" .Release.Name) "gateway-tls" (not (empty .Values.certificates.apiGatewayCa)) -}}
{{- end -}}
