output "url" {
  value = module.measurement_app.url
}

output "repository_url" {
  value = module.measurement_app.repository_url
}

output "cluster_name" {
  value = module.measurement_app.cluster_name
}

output "service_name" {
  value = module.measurement_app.service_name
}

output "migrate_task_family" {
  value = module.measurement_app.migrate_task_family
}

output "private_subnet_ids" {
  value = module.measurement_app.private_subnet_ids
}

output "api_security_group_id" {
  value = module.measurement_app.api_security_group_id
}

output "deploy_role_arn" {
  value = module.measurement_app.deploy_role_arn
}

output "database_endpoint" {
  value = module.measurement_app.database_endpoint
}

output "database_reader_endpoint" {
  value = module.measurement_app.database_reader_endpoint
}

output "database_secret_arn" {
  value = module.measurement_app.database_secret_arn
}

output "bastion_addresses" {
  value = module.measurement_app.bastion_addresses
}
