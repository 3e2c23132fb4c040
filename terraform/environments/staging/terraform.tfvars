# 2 instances and tasks, up to 4; the same in small.
# Yours to set: region, domain_name, hosted_zone_id.
region                  = "eu-central-1"
hosted_zone_id          = "Z0000000000000EXAMPLE"
vpc_cidr                = "10.20.0.0/16"
zone_count              = 2
nat_gateway_per_zone    = true
domain_name             = "staging.measurements.example.org"
instance_type           = "t3.medium"
api_min                 = 2
api_max                 = 4
database_instance_class = "db.r7g.large"
database_instance_count = 2
database_backup_days    = 7
deletion_protection     = true
cache_node_type         = "cache.t4g.small"
cache_node_count        = 2
log_retention_days      = 30
