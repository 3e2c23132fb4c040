# What they mean is written in ../../measurement-app/variables.tf; values are in terraform.tfvars.
variable "region" {
  description = "AWS region."
  type        = string
}

variable "vpc_cidr" {
  description = "Addresses of the VPC, a /16."
  type        = string
}

variable "zone_count" {
  description = "Availability zones."
  type        = number
}

variable "nat_gateway_per_zone" {
  description = "One NAT gateway a zone, or one for all."
  type        = bool
}

variable "bastion_enabled" {
  description = "A bastion in each public subnet."
  type        = bool
  default     = false
}

variable "bastion_cidrs" {
  description = "Networks that may reach the bastions."
  type        = list(string)
  default     = []
}

variable "bastion_key_name" {
  description = "EC2 key pair of the bastions."
  type        = string
  default     = null
}

variable "domain_name" {
  description = "Host name of the API."
  type        = string
}

variable "hosted_zone_id" {
  description = "Route 53 zone of the host name."
  type        = string
}

variable "image_tag" {
  description = "Image of the first deployment."
  type        = string
  default     = "latest"
}

variable "instance_type" {
  description = "EC2 type of the instances."
  type        = string
}

variable "api_min" {
  description = "Tasks at least."
  type        = number
}

variable "api_max" {
  description = "Tasks at most."
  type        = number
}

variable "database_instance_class" {
  description = "Class of the Aurora instances."
  type        = string
}

variable "database_instance_count" {
  description = "Aurora instances, writer included."
  type        = number
}

variable "database_backup_days" {
  description = "Days of point-in-time recovery."
  type        = number
}

variable "database_password_version" {
  description = "Raise it for a new password."
  type        = number
  default     = 1
}

variable "deletion_protection" {
  description = "Refuse to remove what holds data."
  type        = bool
}

variable "cache_node_type" {
  description = "Type of the cache nodes."
  type        = string
}

variable "cache_node_count" {
  description = "Cache nodes."
  type        = number
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}

variable "alarm_email" {
  description = "Who is told of alarms."
  type        = string
  default     = ""
}

variable "github_repository" {
  description = "owner/name that may deploy here."
  type        = string
  default     = ""
}
