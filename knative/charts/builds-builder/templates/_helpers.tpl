{{- /* Files of the steps: a map from each file's name to its text. */ -}}
{{- define "builds-builder.steps" -}}
{{- (.Files.Glob "files/steps/*").AsConfig -}}
{{- end -}}

{{- /* Name of the ConfigMap with the steps' files. The name ends in their hash. */ -}}
{{- define "builds-builder.stepsConfigMap" -}}
build-steps-{{ include "builds-builder.steps" . | sha256sum | trunc 10 }}
{{- end -}}

{{- /* Name of the Pipeline for the versions "default", "latest" or "deprecated", as the functions name it (lib/tekton/versions.ts). */ -}}
{{- define "builds-builder.pipeline" -}}
{{- $version := last . -}}
{{- (first .).Values.pipeline }}{{ if ne $version "default" }}-{{ $version }}{{ end -}}
{{- end -}}

{{- /* Settings of the builds with the images of the versions "default", "latest" or "deprecated", as YAML. */ -}}
{{- define "builds-builder.settings" -}}
{{- $values := (first .).Values -}}
{{- mergeOverwrite (deepCopy $values.default) (index $values (last .)) | toYaml -}}
{{- end -}}

{{- /* Lines that say which requests of the values are above their limits. */ -}}
{{- define "builds-builder.resourceProblems" -}}
{{- range $version := list "default" "latest" "deprecated" -}}
{{- $resources := (include "builds-builder.settings" (list $ $version) | fromYaml).resources -}}
{{- range $steps, $_ := (index $.Values $version).resources -}}
{{- include "values.resourceProblems" (dict "at" (printf "%s.resources.%s" $version $steps) "resources" (get $resources $steps)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Labels of every object. */ -}}
{{- define "builds-builder.labels" -}}
app.kubernetes.io/part-of: toolforge-builds
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
