/**
 * Series that dashboards and alerts refer to and that a healthy system does not have: they begin to exist with the failure
 * they count. Each is made to fire by a test of promtool (observability/prometheus/tests/rules.test.yml), which must
 * name the series as `evidence` does.
 */
export const failureOnlySeries: readonly {
  readonly series: string;
  readonly evidence: string;
  readonly when: string;
}[] = [
  {
    series: 'http_server_request_duration_seconds_count{http_response_status_code=~"5.."}',
    evidence: 'http_response_status_code="500"',
    when: 'the gateway fails a request',
  },
  {
    series: 'http_server_request_duration_seconds_count{http_route=~".*",http_response_status_code=~"5.."}',
    evidence: 'http_response_status_code="500"',
    when: 'the gateway fails a request',
  },
  {
    series: 'measurement_app_export_duration_seconds_count{measurement_app_export_outcome="failed"}',
    evidence: 'measurement_app_export_outcome="failed"',
    when: 'PostgreSQL ends a download half way',
  },
  {
    series: 'measurement_app_import_duration_seconds_count{measurement_app_import_outcome="failed"}',
    evidence: 'measurement_app_import_outcome="failed"',
    when: 'an import loads nothing',
  },
  {
    series: 'measurement_app_cache_lookups_total{result="unanswered"}',
    evidence: 'result="unanswered"',
    when: 'Redis does not answer the gateway',
  },
];
