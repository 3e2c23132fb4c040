#!/usr/bin/env bash
# Brings rules, dashboards, the configuration of Alertmanager, the exporter's queries and the configuration of log collection
# from observability/ into the cluster, where the pods of k8s/monitoring and k8s/logging read them as ConfigMaps; both are
# there already: tools/apply_observability.sh <namespace of the gateway>
set -euo pipefail
cd "$(dirname "$0")/../observability"

namespace="${1:?usage: tools/apply_observability.sh <namespace>}"

# On the server's side: dashboards are longer than the annotation that the client's side would keep of them.
config_map() {
  local name="$1" in="$2"
  shift 2
  kubectl create configmap "$name" --namespace "$in" "$@" --dry-run=client --output yaml |
    kubectl apply --server-side --force-conflicts --filename -
}

config_map prometheus-rules "$namespace" --from-file=prometheus/rules
config_map grafana-dashboards "$namespace" --from-file=grafana/dashboards
config_map alertmanager-config "$namespace" --from-file=alertmanager --from-file=alertmanager/templates
config_map postgres-exporter-queries "$namespace" --from-file=postgres-exporter/queries.yaml
# They read their files as they start.
kubectl rollout restart --namespace "$namespace" statefulset/prometheus statefulset/alertmanager deployment/postgres-exporter

config_map fluentd-config logging --from-file=fluentd/kubernetes/fluent.conf --from-file=fluentd/gateway.conf
kubectl create secret generic fluentd-elasticsearch --namespace logging \
  --from-literal=url="${ELASTICSEARCH_URL:-http://elasticsearch:9200}" --dry-run=client --output yaml |
  kubectl apply --filename -
kubectl apply --filename fluentd/kubernetes/daemonset.yaml
