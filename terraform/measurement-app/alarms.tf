# Not encrypted: CloudWatch may not use the key that AWS manages for SNS, and an alarm is no secret.
resource "aws_sns_topic" "alarms" {
  name = "${local.name}-alarms"
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alarm_email == "" ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  load_balancer = { LoadBalancer = aws_lb.main.arn_suffix }
  target_group  = { LoadBalancer = aws_lb.main.arn_suffix, TargetGroup = aws_lb_target_group.api.arn_suffix }
  service       = { ClusterName = aws_ecs_cluster.main.name, ServiceName = aws_ecs_service.api.name }
  database      = { DBClusterIdentifier = aws_rds_cluster.main.cluster_identifier }
  # Memory is counted a node; ElastiCache calls the first one so.
  cache = { CacheClusterId = "${aws_elasticache_replication_group.main.id}-001" }

  alarms = {
    no-healthy-target = {
      namespace = "AWS/ApplicationELB", metric = "HealthyHostCount", statistic = "Minimum", dimensions = local.target_group
      below     = true, threshold = 1, minutes = 2, missing = "breaching"
    }
    server-errors = {
      namespace = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", statistic = "Sum", dimensions = local.load_balancer
      below     = false, threshold = 10, minutes = 5, missing = "notBreaching"
    }
    slow-answers = {
      namespace = "AWS/ApplicationELB", metric = "TargetResponseTime", statistic = "Average", dimensions = local.load_balancer
      below     = false, threshold = 2, minutes = 10, missing = "notBreaching"
    }
    service-cpu = {
      namespace = "AWS/ECS", metric = "CPUUtilization", statistic = "Average", dimensions = local.service
      below     = false, threshold = 85, minutes = 15, missing = "missing"
    }
    database-cpu = {
      namespace = "AWS/RDS", metric = "CPUUtilization", statistic = "Average", dimensions = local.database
      below     = false, threshold = 80, minutes = 15, missing = "missing"
    }
    database-memory = {
      namespace = "AWS/RDS", metric = "FreeableMemory", statistic = "Minimum", dimensions = local.database
      below     = true, threshold = 268435456, minutes = 10, missing = "missing"
    }
    cache-memory = {
      namespace = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage", statistic = "Maximum", dimensions = local.cache
      below     = false, threshold = 95, minutes = 15, missing = "missing"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "main" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  dimensions          = each.value.dimensions
  comparison_operator = each.value.below ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.minutes
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
