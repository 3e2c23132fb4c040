variable "environment" {
  description = "Name of the environment: production, staging or development. Part of every name."
  type        = string

  validation {
    condition     = contains(["production", "staging", "development"], var.environment)
    error_message = "environment is production, staging or development."
  }
}

variable "vpc_cidr" {
  description = "Addresses of the VPC, a /16. Differs between environments, so that they can be peered."
  type        = string

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0)) && endswith(var.vpc_cidr, "/16")
    error_message = "vpc_cidr is a /16."
  }
}

variable "zone_count" {
  description = "Availability zones to use; each has a public and a private subnet."
  type        = number

  validation {
    condition     = var.zone_count >= 2 && var.zone_count <= 4
    error_message = "zone_count is 2 to 4: Aurora and the load balancer want two at least."
  }
}

variable "nat_gateway_per_zone" {
  description = "One NAT gateway a zone; false = one for all, cheaper, and gone together with its zone."
  type        = bool
}

variable "bastion_enabled" {
  description = "A bastion in each public subnet. Off: Session Manager reaches the instances without an open port."
  type        = bool
  default     = false
}

variable "bastion_cidrs" {
  description = "Networks that may reach the bastions by SSH."
  type        = list(string)
  default     = []

  validation {
    condition     = !contains(var.bastion_cidrs, "0.0.0.0/0")
    error_message = "The bastions are not for everybody."
  }
}

variable "bastion_key_name" {
  description = "EC2 key pair of the bastions."
  type        = string
  default     = null
}

variable "domain_name" {
  description = "Host name the API is served at, in the hosted zone."
  type        = string
}

variable "hosted_zone_id" {
  description = "Route 53 zone that the host name and the records of the certificate go to."
  type        = string
}

variable "image_tag" {
  description = "Tag of the image of the first deployment; the pipelines deploy later ones."
  type        = string
  default     = "latest"
}

variable "instance_type" {
  description = "EC2 type of the ECS instances; x86-64 as the image, or the architecture below."
  type        = string
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64 (Graviton)."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "cpu_architecture is X86_64 or ARM64."
  }
}

variable "api_min" {
  description = "Tasks, and instances for them, at least."
  type        = number
}

variable "api_max" {
  description = "Tasks, and instances for them, at most."
  type        = number

  validation {
    condition     = var.api_max >= var.api_min
    error_message = "api_max is not below api_min."
  }
}

variable "api_cpu" {
  description = "CPU units of a task; 1024 = one CPU."
  type        = number
  default     = 1024
}

variable "api_memory" {
  description = "MiB of a task."
  type        = number
  default     = 1024
}

variable "database_instance_class" {
  description = "Class of the Aurora instances."
  type        = string
}

variable "database_instance_count" {
  description = "Aurora instances: one writer, the others readers in other zones that take over."
  type        = number
}

variable "database_backup_days" {
  description = "Days that point-in-time recovery reaches back."
  type        = number

  validation {
    condition     = var.database_backup_days >= 1 && var.database_backup_days <= 35
    error_message = "Aurora keeps 1 to 35 days."
  }
}

variable "database_password_version" {
  description = "Raise it to give the database a new password; the service is redeployed afterwards."
  type        = number
  default     = 1
}

variable "deletion_protection" {
  description = "Refuse to remove the database and the load balancer; a final snapshot is taken anyhow."
  type        = bool
}

variable "cache_node_type" {
  description = "Type of the ElastiCache nodes."
  type        = string
}

variable "cache_node_count" {
  description = "ElastiCache nodes; with two or more the others take over."
  type        = number
}

variable "log_retention_days" {
  description = "Days that CloudWatch keeps logs."
  type        = number
}

variable "alarm_email" {
  description = "Who is told of alarms; empty = nobody, the topic is there to subscribe to."
  type        = string
  default     = ""
}

variable "github_repository" {
  description = "owner/name whose pipelines may deploy to this environment; empty = none."
  type        = string
  default     = ""
}
