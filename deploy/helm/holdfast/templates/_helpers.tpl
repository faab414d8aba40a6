{{- define "holdfast.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "holdfast.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "holdfast.labels" -}}
{{ include "holdfast.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "holdfast.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{/* Of all pods: what may be set, what the chart knows better, and what the pod has for itself (`own` of a dict with `root`). */}}
{{- define "holdfast.environment" -}}
{{- $root := .root -}}
{{- $fixed := dict
  "APP_PERSISTENCE_PROFILE" "PRODUCTION"
  "PORT" "8000"
  "OPS_ACCESS" "separate-port"
  "OPS_PORT" "8001"
  "DATABASE_URL_FILE" "/run/secrets/holdfast/database_url"
  "REDIS_URL_FILE" "/run/secrets/holdfast/redis_url"
  "DB_SSL_CA_FILE" "/run/secrets/holdfast/postgres_ca"
  "JWT_SIGNING_KEY_FILE" "/run/secrets/holdfast/jwt_signing_key"
  "RATE_LIMIT_INSTANCES" (toString $root.Values.autoscaling.minReplicas) -}}
{{- $media := dict -}}
{{- if $root.Values.media.enabled -}}
{{- $media = dict "MEDIA_ENABLED" "true" "MEDIA_FILES" "folder" "MEDIA_ROOT" "/media" "MEDIA_ROOT_DURABLE" "true" -}}
{{- end -}}
{{- range $name, $value := merge (dict) (.own | default dict) $fixed $media $root.Values.environment }}
- name: {{ $name }}
  {{- /* Large numbers are floats to Helm, which would write 1e+06. */}}
  value: {{ if kindIs "float64" $value }}{{ int64 $value | toString | quote }}{{ else }}{{ toString $value | quote }}{{ end }}
{{- end }}
{{- end -}}

{{- define "holdfast.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "holdfast.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "holdfast.scheduling" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* To names, and to the ports of a dict with `root` and `ports`. */}}
{{- define "holdfast.egress" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .root.Values.networkPolicy.dns }}
  ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
- ports:
    {{- range .ports }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
{{- end -}}
