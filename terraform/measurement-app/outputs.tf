# Nothing here is secret: passwords are in Secrets Manager only.

output "url" {
  description = "Where the API is served."
  value       = "https://${var.domain_name}"
}

output "repository_url" {
  description = "Where images are pushed to."
  value       = aws_ecr_repository.app.repository_url
}

output "cluster_name" {
  description = "ECS cluster."
  value       = aws_ecs_cluster.main.name
}

output "service_name" {
  description = "ECS service."
  value       = aws_ecs_service.api.name
}

output "migrate_task_family" {
  description = "Task definition that migrates the database."
  value       = aws_ecs_task_definition.migrate.family
}

output "private_subnet_ids" {
  description = "Where one-off tasks run."
  value       = aws_subnet.private[*].id
}

output "api_security_group_id" {
  description = "What one-off tasks need to reach the database."
  value       = aws_security_group.api.id
}

output "deploy_role_arn" {
  description = "Role of the pipelines; null without a repository."
  value       = one(aws_iam_role.deploy[*].arn)
}

output "database_endpoint" {
  description = "Writer of the Aurora cluster."
  value       = aws_rds_cluster.main.endpoint
}

output "database_reader_endpoint" {
  description = "Readers of the Aurora cluster."
  value       = aws_rds_cluster.main.reader_endpoint
}

output "database_secret_arn" {
  description = "Secret that holds DATABASE_URL."
  value       = aws_secretsmanager_secret.database_url.arn
}

output "bastion_addresses" {
  description = "Public addresses of the bastions, if there are any."
  value       = aws_instance.bastion[*].public_ip
}
