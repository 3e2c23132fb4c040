# 4 instances and tasks, up to 8; Aurora over three zones, one writer and two readers.
# Yours to set: region, domain_name, hosted_zone_id.
region                  = "eu-central-1"
hosted_zone_id          = "Z0000000000000EXAMPLE"
vpc_cidr                = "10.10.0.0/16"
zone_count              = 3
nat_gateway_per_zone    = true
domain_name             = "measurements.example.org"
instance_type           = "t3.large"
api_min                 = 4
api_max                 = 8
database_instance_class = "db.r7g.xlarge"
database_instance_count = 3
database_backup_days    = 35
deletion_protection     = true
cache_node_type         = "cache.r7g.large"
cache_node_count        = 2
log_retention_days      = 365
