resource "aws_security_group" "database" {
  name        = "${local.name}-database"
  description = "PostgreSQL, from the tasks (and the bastions) only"
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "database_from_api" {
  security_group_id            = aws_security_group.database.id
  description                  = "From the tasks"
  referenced_security_group_id = aws_security_group.api.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "database_from_bastion" {
  count = var.bastion_enabled ? 1 : 0

  security_group_id            = aws_security_group.database.id
  description                  = "From the bastions"
  referenced_security_group_id = aws_security_group.bastion[0].id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_subnet_group" "main" {
  name       = local.name
  subnet_ids = aws_subnet.private[*].id
}

resource "aws_rds_cluster_parameter_group" "main" {
  name   = "${local.name}-17"
  family = "aurora-postgresql17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # The order of an export and the time of a backup do not depend on who asks.
  parameter {
    name  = "timezone"
    value = "UTC"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Lives for one run of Terraform: it goes to the database and to Secrets Manager, and into no state.
ephemeral "random_password" "database" {
  length = 40
  # It becomes part of a URL.
  special = false
}

resource "aws_rds_cluster" "main" {
  cluster_identifier = local.name
  engine             = "aurora-postgresql"
  engine_version     = "17.5"
  database_name      = "measurement"

  master_username            = "measurement"
  master_password_wo         = ephemeral.random_password.database.result
  master_password_wo_version = var.database_password_version

  db_subnet_group_name            = aws_db_subnet_group.main.name
  vpc_security_group_ids          = [aws_security_group.database.id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.main.name

  storage_encrypted               = true
  backup_retention_period         = var.database_backup_days
  preferred_backup_window         = "01:00-02:00"
  preferred_maintenance_window    = "sun:02:30-sun:03:30"
  copy_tags_to_snapshot           = true
  deletion_protection             = var.deletion_protection
  skip_final_snapshot             = false
  final_snapshot_identifier       = "${local.name}-final"
  enabled_cloudwatch_logs_exports = ["postgresql"]

  lifecycle {
    # Minor versions come by themselves in the maintenance window.
    ignore_changes = [engine_version]
  }
}

# The first is the writer; the others, in other zones, are readers that take over within a minute.
resource "aws_rds_cluster_instance" "main" {
  count = var.database_instance_count

  identifier                   = "${local.name}-${count.index}"
  cluster_identifier           = aws_rds_cluster.main.id
  engine                       = aws_rds_cluster.main.engine
  engine_version               = aws_rds_cluster.main.engine_version
  instance_class               = var.database_instance_class
  promotion_tier               = count.index
  publicly_accessible          = false
  auto_minor_version_upgrade   = true
  performance_insights_enabled = true
}

resource "aws_secretsmanager_secret" "database_url" {
  name        = "${local.name}/database-url"
  description = "DATABASE_URL of the gateway"
  # Production keeps a secret that was removed by mistake; elsewhere the name is to be free again at once.
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "database_url" {
  secret_id = aws_secretsmanager_secret.database_url.id
  # Encrypted, but the server's certificate is not checked: Node does not know the authority of RDS. Inside the VPC.
  secret_string_wo         = "postgresql://measurement:${ephemeral.random_password.database.result}@${aws_rds_cluster.main.endpoint}:5432/measurement?sslmode=no-verify"
  secret_string_wo_version = var.database_password_version
}

resource "aws_secretsmanager_secret" "database_replica_url" {
  name                    = "${local.name}/database-replica-url"
  description             = "DATABASE_REPLICA_URL of the gateway: exports read there"
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "database_replica_url" {
  secret_id = aws_secretsmanager_secret.database_replica_url.id
  # With one instance the reader endpoint is the writer's.
  secret_string_wo         = "postgresql://measurement:${ephemeral.random_password.database.result}@${aws_rds_cluster.main.reader_endpoint}:5432/measurement?sslmode=no-verify"
  secret_string_wo_version = var.database_password_version
}
