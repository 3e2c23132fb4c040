# 1 instance and task; the cheapest that works, and the first to be torn down.
# Yours to set: region, domain_name, hosted_zone_id.
region                  = "eu-central-1"
hosted_zone_id          = "Z0000000000000EXAMPLE"
vpc_cidr                = "10.30.0.0/16"
zone_count              = 2
nat_gateway_per_zone    = false
domain_name             = "development.measurements.example.org"
instance_type           = "t3.medium"
api_min                 = 1
api_max                 = 1
database_instance_class = "db.t4g.medium"
database_instance_count = 1
database_backup_days    = 1
deletion_protection     = false
cache_node_type         = "cache.t4g.micro"
cache_node_count        = 1
log_retention_days      = 7
