{{- /* Checks of values that values.schema.json can't make, or would explain by a regular expression only. */ -}}

{{- /* Lines that say which texts among the values are not of the form that files/forms.yaml says. */ -}}
{{- define "values.problems" -}}
{{- range (.Files.Get "files/forms.yaml" | fromYaml).forms -}}
{{- include "values.problemsBelow" (dict "form" . "path" .path "value" $.Values "at" "") -}}
{{- end -}}
{{- end -}}

{{- /* The same for one form below a value. `path` leads from the value to the texts, and `at` is the value's own name. */ -}}
{{- define "values.problemsBelow" -}}
{{- $next := dict "form" .form "path" (rest .path) "at" .at -}}
{{- if empty .path -}}
{{- include "values.problem" . -}}
{{- else if and (kindIs "map" .value) (eq (first .path) "@") -}}
{{- range $name, $_ := .value -}}
{{- include "values.problem" (set $next "value" $name) -}}
{{- end -}}
{{- else if kindIs "map" .value -}}
{{- range $name, $value := .value -}}
{{- if has (first $.path) (list "*" $name) -}}
{{- include "values.problemsBelow" (merge (dict "value" $value "at" (printf "%s.%s" $.at $name | trimPrefix ".")) $next) -}}
{{- end -}}
{{- end -}}
{{- else if kindIs "slice" .value -}}
{{- range .value -}}
{{- include "values.problemsBelow" (merge (dict "value" .) $next) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* The same for one text. An empty text that the pattern accepts is no date and no network. */ -}}
{{- define "values.problem" -}}
{{- if kindIs "string" .value -}}
{{- $isRight := and (regexMatch .form.pattern .value) (not (regexMatch "^\\s|\\s$|[[:cntrl:]]" .value)) -}}
{{- if and $isRight .value .form.format -}}
{{- $isRight = include (printf "values.is%s" (title .form.format)) .value -}}
{{- end -}}
{{- if not $isRight }}
{{ .at }} must be {{ .form.expected }}. {{ regexReplaceAll "//[^/]*@" .value "//…@" | trunc 200 | quote }} is wrong.
{{- else if regexMatch "@sha256:0{64}$" .value }}
{{ .at }} has the digest of an example. Take the image's own digest, as npm run images or npm run images:builder printed it.
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Not empty for a day that its month has. Noon exists on every day, also where clocks change at midnight. */ -}}
{{- define "values.isDate" -}}
{{- if eq . (printf "%sT12" . | toDate "2006-01-02T15" | date "2006-01-02") }}true{{ end -}}
{{- end -}}

{{- /* Not empty for an address range of the right form that begins with its first address: lib/config/networks.ts. */ -}}
{{- define "values.isNetwork" -}}
{{- $address := first (splitList "/" .) -}}
{{- $bits := last (splitList "/" .) | int -}}
{{- $isIpv6 := contains ":" $address -}}
{{- $size := ternary 16 8 $isIpv6 -}}
{{- $groups := splitList "." $address -}}
{{- if $isIpv6 -}}
{{- $left := splitList "::" $address | first | splitList ":" | compact -}}
{{- $right := splitList "::" (printf "%s::" $address) | rest | first | splitList ":" | compact -}}
{{- $groups = concat $left (splitList "" (repeat (int (sub 8 (add (len $left) (len $right)))) "0")) $right -}}
{{- end -}}
{{- $isFirst := true -}}
{{- range $at, $group := $groups -}}
{{- $free := min $size (max 0 (sub (mul $size (add1 $at)) $bits)) | int -}}
{{- $step := int64 (printf "0b1%s" (repeat $free "0")) -}}
{{- if mod (int64 (print (ternary "0x" "" $isIpv6) $group)) $step }}{{ $isFirst = false }}{{ end -}}
{{- end -}}
{{- if $isFirst }}true{{ end -}}
{{- end -}}

{{- /* Lines that say which requests of `resources` are above their limits. `at` is the name of the value. */ -}}
{{- define "values.resourceProblems" -}}
{{- $limits := .resources.limits | default dict -}}
{{- range $name, $request := .resources.requests -}}
{{- with get $limits $name -}}
{{- if gt (include "values.quantity" $request | float64) (include "values.quantity" . | float64) }}
{{ $.at }}.requests.{{ $name }} must be at most {{ . }}, which is the limit. {{ toString $request | quote }} is more.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A quantity of Kubernetes as a number. */ -}}
{{- define "values.quantity" -}}
{{- $units := dict "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 -}}
{{- range $power, $unit := list "Ki" "Mi" "Gi" "Ti" "Pi" "Ei" }}{{ $_ := set $units $unit (printf "0x1p%d" (mul 10 (add1 $power)) | float64) }}{{ end -}}
{{- mulf (regexFind "^[0-9.]+" (toString .) | float64) (get $units (regexFind "[A-Za-z]+$" (toString .)) | default 1) -}}
{{- end -}}
