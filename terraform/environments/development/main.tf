# State of its own: terraform init -backend-config="bucket=<bucket for states>" -backend-config="region=<region>"
terraform {
  required_version = ">= 1.11"

  backend "s3" {
    key          = "measurement-app/development.tfstate"
    encrypt      = true
    use_lockfile = true
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Application = "measurement-app"
      Environment = "development"
      ManagedBy   = "terraform"
    }
  }
}

module "measurement_app" {
  source = "../../measurement-app"

  environment               = "development"
  vpc_cidr                  = var.vpc_cidr
  zone_count                = var.zone_count
  nat_gateway_per_zone      = var.nat_gateway_per_zone
  domain_name               = var.domain_name
  instance_type             = var.instance_type
  api_min                   = var.api_min
  api_max                   = var.api_max
  database_instance_class   = var.database_instance_class
  database_instance_count   = var.database_instance_count
  database_backup_days      = var.database_backup_days
  deletion_protection       = var.deletion_protection
  cache_node_type           = var.cache_node_type
  cache_node_count          = var.cache_node_count
  log_retention_days        = var.log_retention_days
  hosted_zone_id            = var.hosted_zone_id
  image_tag                 = var.image_tag
  bastion_enabled           = var.bastion_enabled
  bastion_cidrs             = var.bastion_cidrs
  bastion_key_name          = var.bastion_key_name
  database_password_version = var.database_password_version
  alarm_email               = var.alarm_email
  github_repository         = var.github_repository
}
