# `terraform init && terraform test` in terraform/measurement-app: no account is needed, AWS is a mock.
mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }

  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_data "aws_ssm_parameter" {
    defaults = { value = "ami-0123456789abcdef0" }
  }
}

variables {
  environment             = "production"
  vpc_cidr                = "10.10.0.0/16"
  zone_count              = 3
  nat_gateway_per_zone    = true
  domain_name             = "measurements.example.org"
  hosted_zone_id          = "Z0000000000000EXAMPLE"
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
}

run "production_has_its_sizes" {
  command = plan

  assert {
    condition     = aws_autoscaling_group.main.min_size == 4 && aws_autoscaling_group.main.max_size == 8
    error_message = "Production runs on 4 to 8 instances."
  }

  assert {
    condition     = aws_appautoscaling_target.api.min_capacity == 4 && aws_appautoscaling_target.api.max_capacity == 8
    error_message = "Production runs 4 to 8 tasks."
  }

  assert {
    condition     = length(aws_rds_cluster_instance.main) == 3
    error_message = "A writer and two readers."
  }
}

run "subnets_are_apart_and_in_the_vpc" {
  command = plan

  assert {
    condition = (
      join(",", aws_subnet.public[*].cidr_block) == "10.10.0.0/20,10.10.16.0/20,10.10.32.0/20" &&
      join(",", aws_subnet.private[*].cidr_block) == "10.10.128.0/20,10.10.144.0/20,10.10.160.0/20"
    )
    error_message = "Public subnets come first, private ones from the middle."
  }

  assert {
    condition     = length(distinct(aws_subnet.private[*].availability_zone)) == 3 && length(aws_nat_gateway.main) == 3
    error_message = "Each zone has its private subnet and its NAT gateway."
  }
}

run "the_database_is_private_encrypted_and_kept" {
  command = plan

  assert {
    condition     = alltrue([for instance in aws_rds_cluster_instance.main : !instance.publicly_accessible])
    error_message = "No instance has a public address."
  }

  assert {
    condition     = aws_rds_cluster.main.storage_encrypted && aws_rds_cluster.main.deletion_protection && !aws_rds_cluster.main.skip_final_snapshot
    error_message = "Encrypted, protected, and with a last snapshot."
  }

  assert {
    condition     = aws_rds_cluster.main.backup_retention_period == 35
    error_message = "Point-in-time recovery reaches back 35 days."
  }

  assert {
    condition     = aws_elasticache_replication_group.main.at_rest_encryption_enabled && aws_elasticache_replication_group.main.transit_encryption_enabled
    error_message = "The cache is encrypted at rest and on the way."
  }
}

run "there_is_no_bastion_and_no_role_for_pipelines_unless_asked" {
  command = plan

  assert {
    condition     = length(aws_instance.bastion) == 0 && length(aws_iam_role.deploy) == 0
    error_message = "Both are off by default."
  }
}

run "a_bastion_is_in_each_public_subnet" {
  command = plan

  variables {
    bastion_enabled = true
    bastion_cidrs   = ["192.0.2.0/24"]
  }

  assert {
    condition     = length(aws_instance.bastion) == 3
    error_message = "One a zone."
  }
}

run "development_is_small" {
  command = plan

  variables {
    environment             = "development"
    vpc_cidr                = "10.30.0.0/16"
    zone_count              = 2
    nat_gateway_per_zone    = false
    api_min                 = 1
    api_max                 = 1
    database_instance_count = 1
    database_backup_days    = 1
    deletion_protection     = false
    cache_node_count        = 1
  }

  assert {
    condition     = length(aws_nat_gateway.main) == 1 && length(aws_route.nat) == 2
    error_message = "One NAT gateway serves both zones."
  }

  assert {
    condition     = !aws_elasticache_replication_group.main.automatic_failover_enabled
    error_message = "One cache node has nobody to fail over to."
  }
}

run "a_bastion_for_everybody_is_refused" {
  command = plan

  variables {
    bastion_enabled = true
    bastion_cidrs   = ["0.0.0.0/0"]
  }

  expect_failures = [var.bastion_cidrs]
}

run "two_zones_are_the_least" {
  command = plan

  variables {
    zone_count = 1
  }

  expect_failures = [var.zone_count]
}
