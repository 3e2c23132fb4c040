#!/bin/sh
# Makes the lifecycle policy, the templates and Kibana's saved objects; safe to run again.
set -eu
elasticsearch="${ELASTICSEARCH_URL:-http://elasticsearch:9200}"
kibana="${KIBANA_URL:-http://kibana:5601}"
here="$(cd "$(dirname "$0")" && pwd)"

put() { curl --fail-with-body --silent --show-error --retry 30 --retry-all-errors --retry-delay 2 \
  --request PUT --header 'content-type: application/json' --data-binary "@$2" "$elasticsearch/$1"; echo; }

put _ilm/policy/measurement-app-logs "$here/ilm-policy.json"
put _index_template/logs-measurement-app "$here/logs-template.json"
put _index_template/measurement-app-traces "$here/traces-template.json"
curl --fail-with-body --silent --show-error --retry 60 --retry-all-errors --retry-delay 2 \
  --request POST --header 'kbn-xsrf: measurement-app' --form "file=@$here/../kibana/saved-objects.ndjson" \
  "$kibana/api/saved_objects/_import?overwrite=true"
echo
