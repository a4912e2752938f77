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

{{- /* Lines that say which values do not fit together. */ -}}
{{- define "builds-api.problems" -}}
{{- $config := .Values.config -}}
{{- $pairs := list (list "latestBuilder" "latestRunner") (list "deprecatedBuilder" "deprecatedRunner" "deprecatedValidUntil") -}}
{{- range $names := $pairs -}}
{{- $given := list -}}
{{- range $names }}{{ if index $config . }}{{ $given = append $given . }}{{ end }}{{ end -}}
{{- range $names }}{{ if and $given (not (has . $given)) }}
config.{{ . }} must be set, because config.{{ first $given }} is set. Set all of {{ join ", " $names }}, or none.
{{- end }}{{ end -}}
{{- end -}}
{{- if eq .Values.buildsNamespace .Release.Namespace }}
buildsNamespace must be another namespace than that of the release, {{ .Release.Namespace }}, which has the gateway. Install the release in another namespace, or change buildsNamespace.
{{- end -}}
{{- if and .Values.gateway.apiGatewaySubject (not .Values.certificates.apiGatewayCa) }}
gateway.apiGatewaySubject needs certificates.apiGatewayCa, the ClusterIssuer that signs the API gateway's certificate.
{{- end -}}
{{- with .Values.broker.class -}}
{{- if not (or $config.brokerUrl (has . (list "Kafka" "MTChannelBasedBroker"))) }}
broker.class {{ . }} needs config.brokerUrl, the address that the Broker has in its status. Without brokerUrl the class must be Kafka, MTChannelBasedBroker or empty.
{{- end -}}
{{- end -}}
{{- include "values.resourceProblems" (dict "at" "resources" "resources" .Values.resources) -}}
{{- include "builds-api.functionProblems" . -}}
{{- end -}}

{{- /*
Lines that say which values of functions do not fit together. Log streams must end themselves with a cursor, ten
seconds or more before Knative cuts them.
*/ -}}
{{- define "builds-api.functionProblems" -}}
{{- $functions := .Values.functions | default dict -}}
{{- $chosen := dig "get-logs" "timeoutSeconds" 0 $functions | int64 -}}
{{- $default := 0 -}}
{{- range (tpl (.Files.Get "files/functions.yaml") . | fromYaml).functions -}}
{{- if eq .name "get-logs" }}{{ $default = int64 .timeoutSeconds }}{{ end -}}
{{- $resources := dig .name "resources" dict $functions | mergeOverwrite (deepCopy .resources) -}}
{{- include "values.resourceProblems" (dict "at" (printf "functions.%s.resources" .name) "resources" $resources) -}}
{{- end -}}
{{- $timeout := $chosen | default $default -}}
{{- $longest := mul 1000 (sub $timeout 10) -}}
{{- $close := int64 (.Values.config.streamSelfCloseMs | default 0) -}}
{{- if and $chosen (not $close) }}
functions.get-logs.timeoutSeconds needs config.streamSelfCloseMs, after which a log stream ends itself with a cursor. For {{ $timeout }} seconds, set config.streamSelfCloseMs to {{ mul 1000 (sub $timeout 60) | max 1000 }}.
{{- else if gt $close $longest }}
config.streamSelfCloseMs must be at most {{ $longest }}, because Knative cuts a log stream after functions.get-logs.timeoutSeconds, which is {{ $timeout }}. Set streamSelfCloseMs to a smaller number, or timeoutSeconds to a larger one.
{{- end -}}
{{- end -}}

{{- /* Refuses wrong values, all of them at once, and then values that do not fit together. */ -}}
{{- define "builds-api.check" -}}
{{- with include "values.problems" . | default (include "builds-api.problems" .) }}{{ fail . }}{{ end -}}
{{- end -}}
