{{- /* Files of the steps: a map from each file's name to its text. */ -}}
{{- define "builds-builder.steps" -}}
{{- (.Files.Glob "files/steps/*").AsConfig -}}
{{- end -}}

{{- /* Name of the ConfigMap with the steps' files. The name ends in their hash. */ -}}
{{- define "builds-builder.stepsConfigMap" -}}
build-steps-{{ include "builds-builder.steps" . | sha256sum | trunc 10 }}
{{- end -}}

{{- /* Labels of every object. */ -}}
{{- define "builds-builder.labels" -}}
app.kubernetes.io/part-of: toolforge-builds
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
