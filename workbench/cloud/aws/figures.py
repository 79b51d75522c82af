"""What AWS resources are drawn as."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.cloud.figure import Figure, Inputs, Right, Role, fill, right, statements, texts
from workbench.values import is_object


def _role_policy(inputs: Inputs) -> Iterator[Right]:
    for each in statements(inputs.get("policy")):
        yield Right(
            who=fill("{role}", inputs),
            what=_actions(each),
            on=", ".join(texts(each.get("Resource"))),
            who_input="role",
            condition=_condition(each),
        )


def _policy_of(resource: str, policy: str = "policy") -> Callable[[Inputs], Iterator[Right]]:
    """Return the permissions in a policy of one resource, such as a key or a role's trust."""

    def found(inputs: Inputs) -> Iterator[Right]:
        for each in statements(inputs.get(policy)):
            principal = each.get("Principal")
            parts = principal.values() if is_object(principal) else [principal]
            who = ", ".join(text for part in parts for text in texts(part))
            yield Right(who=who, what=_actions(each), on=fill(resource, inputs), condition=_condition(each))

    return found


def _actions(statement: Mapping[str, Any]) -> tuple[str, ...]:
    actions = texts(statement.get("Action"))
    return actions if statement.get("Effect") == "Allow" else tuple(f"never {each}" for each in actions)


def _condition(statement: Mapping[str, Any]) -> str:
    """Return the keys and values of a statement's condition."""
    found: list[str] = []
    condition: object = statement.get("Condition")
    for test in condition.values() if is_object(condition) else ():
        found += [f"{key} = {' or '.join(texts(wanted))}" for key, wanted in test.items()]
    return ", ".join(found)


FIGURES: Mapping[str, Figure] = {
    "aws:amp/alertManagerDefinition:AlertManagerDefinition": Figure(Role.DETAIL, "alert manager"),
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace": Figure(Role.DETAIL, "Prometheus rules"),
    "aws:amp/scraper:Scraper": Figure(Role.DETAIL, "Prometheus scraper"),
    "aws:amp/workspace:Workspace": Figure(Role.DETAIL, "Prometheus workspace"),
    "aws:appautoscaling/policy:Policy": Figure(Role.DETAIL, "scaling policy"),
    "aws:appautoscaling/target:Target": Figure(Role.DETAIL, "scaling target"),
    "aws:cloudwatch/dashboard:Dashboard": Figure(Role.DETAIL, "dashboard"),
    "aws:cloudwatch/logGroup:LogGroup": Figure(Role.LOGS, "log group", ("{retentionInDays} days",)),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Figure(Role.DETAIL, "alarm"),
    "aws:dynamodb/table:Table": Figure(Role.STORAGE, "DynamoDB table"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Figure(Role.FIREWALL, "security group"),
    "aws:ec2/eip:Eip": Figure(Role.DETAIL, "public address"),
    "aws:ec2/flowLog:FlowLog": Figure(Role.DETAIL, "flow log"),
    "aws:ec2/internetGateway:InternetGateway": Figure(Role.EXIT, "internet gateway"),
    "aws:ec2/launchTemplate:LaunchTemplate": Figure(Role.DETAIL, "launch template"),
    "aws:ec2/natGateway:NatGateway": Figure(Role.EXIT, "NAT gateway"),
    "aws:ec2/route:Route": Figure(Role.DETAIL, "route"),
    "aws:ec2/routeTable:RouteTable": Figure(Role.DETAIL, "route table"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Figure(Role.DETAIL, "route table association"),
    "aws:ec2/securityGroup:SecurityGroup": Figure(Role.FIREWALL, "security group"),
    "aws:ec2/subnet:Subnet": Figure(Role.SUBNET, "subnet", ("{cidrBlock}",)),
    "aws:ec2/vpc:Vpc": Figure(Role.NETWORK, "VPC", ("{cidrBlock}",)),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Figure(Role.ENDPOINT, "VPC endpoint"),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Figure(Role.DETAIL, "lifecycle policy"),
    "aws:ecr/repository:Repository": Figure(Role.REGISTRY, "ECR repository"),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": Figure(
        Role.RIGHT, "repository policy", rights=_policy_of("{repository}")
    ),
    "aws:ecs/cluster:Cluster": Figure(Role.CLUSTER, "ECS cluster"),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": Figure(Role.NODES, "capacity"),
    "aws:ecs/service:Service": Figure(
        Role.WORKLOAD, "ECS service", ("{capacityProviderStrategies[0].capacityProvider}",)
    ),
    "aws:ecs/taskDefinition:TaskDefinition": Figure(Role.DETAIL, "task definition"),
    "aws:eks/accessEntry:AccessEntry": Figure(Role.DETAIL, "access entry"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Figure(
        Role.RIGHT, "access policy", rights=right("{principalArn}", "{policyArn}", "cluster {clusterName}")
    ),
    "aws:eks/addon:Addon": Figure(Role.DETAIL, "add-on"),
    "aws:eks/cluster:Cluster": Figure(
        Role.CLUSTER, "EKS cluster", ("Kubernetes {version}",), private={"vpcConfig.endpointPublicAccess": False}
    ),
    "aws:eks/fargateProfile:FargateProfile": Figure(Role.NODES, "Fargate profile"),
    "aws:eks/nodeGroup:NodeGroup": Figure(
        Role.NODES, "nodes", ("{scalingConfig.desiredSize} × {instanceTypes[0]}, at most {scalingConfig.maxSize}",)
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Figure(
        Role.RIGHT,
        "pod identity",
        rights=right("pods of {namespace}/{serviceAccount}", "assume the role", "{roleArn}"),
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Figure(Role.DETAIL, "OpenID Connect provider"),
    "aws:iam/role:Role": Figure(Role.IDENTITY, "IAM role", rights=_policy_of("this role", "assumeRolePolicy")),
    "aws:iam/rolePolicy:RolePolicy": Figure(Role.RIGHT, "role policy", rights=_role_policy),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Figure(
        Role.RIGHT, "managed policy", rights=right("{role}", "{policyArn}", "what the policy lists")
    ),
    "aws:kinesis/resourcePolicy:ResourcePolicy": Figure(
        Role.RIGHT, "stream policy", rights=_policy_of("{resourceArn}")
    ),
    "aws:kinesis/stream:Stream": Figure(Role.TOPIC, "Kinesis stream", ("kept {retentionPeriod} h",)),
    "aws:kinesis/streamConsumer:StreamConsumer": Figure(Role.DETAIL, "enhanced fan-out"),
    "aws:kinesis/videoStream:VideoStream": Figure(Role.TOPIC, "video stream", ("kept {dataRetentionInHours} h",)),
    "aws:kms/alias:Alias": Figure(Role.DETAIL, "key alias"),
    "aws:kms/key:Key": Figure(Role.KEY, "KMS key", rights=_policy_of("this key")),
    "aws:msk/cluster:Cluster": Figure(
        Role.BROKERS,
        "MSK cluster",
        ("{numberOfBrokerNodes} brokers × {brokerNodeGroupInfo.instanceType}", "Kafka {kafkaVersion}"),
        private={"brokerNodeGroupInfo.connectivityInfo.publicAccess.type": (None, "DISABLED")},
    ),
    "aws:msk/clusterPolicy:ClusterPolicy": Figure(Role.RIGHT, "cluster policy", rights=_policy_of("{clusterArn}")),
    "aws:msk/configuration:Configuration": Figure(Role.DETAIL, "broker configuration"),
    "aws:msk/serverlessCluster:ServerlessCluster": Figure(Role.BROKERS, "MSK Serverless cluster", private=True),
    "aws:msk/singleScramSecretAssociation:SingleScramSecretAssociation": Figure(Role.DETAIL, "SCRAM user"),
    "aws:msk/topic:Topic": Figure(Role.TOPIC, "topic", ("{replicationFactor} copies of each partition",)),
    "aws:route53/record:Record": Figure(Role.DETAIL, "DNS record"),
    "aws:route53/zone:Zone": Figure(Role.DETAIL, "DNS zone"),
    "aws:secretsmanager/secret:Secret": Figure(Role.SECRET, "secret"),
    "aws:secretsmanager/secretPolicy:SecretPolicy": Figure(
        Role.RIGHT, "secret policy", rights=_policy_of("{secretArn}")
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Figure(Role.DETAIL, "secret value"),
    "aws:sns/topic:Topic": Figure(Role.DETAIL, "notification topic"),
    "aws:sns/topicPolicy:TopicPolicy": Figure(Role.RIGHT, "topic policy", rights=_policy_of("{arn}")),
    "aws:sns/topicSubscription:TopicSubscription": Figure(Role.DETAIL, "notification", ("{endpoint}",)),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Figure(Role.DETAIL, "outbound rule"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Figure(Role.DETAIL, "inbound rule"),
}
