"""Tests of the managed Prometheus of an EKS cluster: scraped pods, rules, notifications."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from components.monitoring.rules import RULES
from tests.stacks import NAMES, planned, shipped
from workbench.cloud.kinds import kind
from workbench.plan import Plan

MANAGED = {"data-pipes:monitoring": {"collector": "managed"}}
SCRAPER, WORKSPACE = "aws:amp/scraper:Scraper", "aws:amp/workspace:Workspace"
RULE_GROUPS, ALERT_MANAGER = (
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace",
    "aws:amp/alertManagerDefinition:AlertManagerDefinition",
)
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
ONCALL = "arn:aws:sns:eu-west-1:123456789012:oncall"


def inputs(plan: Plan, type_token: str) -> Mapping[str, Any]:
    [found] = plan.recording.of_type(type_token)
    return found.inputs


def jobs(plan: Plan) -> list[Mapping[str, Any]]:
    return yaml.safe_load(inputs(plan, SCRAPER)["scrapeConfiguration"])["scrape_configs"]


def rules(plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    return {
        f"{rule['labels'].get('pipe', 'service')}/{rule['alert']}": rule
        for group in groups(plan)
        for rule in group["rules"]
    }


def groups(plan: Plan) -> list[Mapping[str, Any]]:
    return yaml.safe_load(inputs(plan, RULE_GROUPS)["data"])["groups"]


def test_by_default_only_services_that_report_no_lag_have_a_prometheus():
    found = {name for name in NAMES if name.startswith("aws-") and shipped(name).recording.of_type(WORKSPACE)}
    assert found == {"aws-confluent-eks", "aws-kafka-eks"}


@pytest.mark.parametrize("compute", ["nodes", "fargate", "auto"])
def test_it_scrapes_the_consumers_on_every_kind_of_compute(compute: str):
    plan = planned({**MANAGED, "data-pipes:platform": {"compute": compute}})
    assert plan.problems == ()
    [job] = jobs(plan)
    [selector] = job["kubernetes_sd_configs"][0]["selectors"]
    label, _, value = selector["label"].partition("=")
    [deployment] = plan.recording.of_type("kubernetes:apps/v1:Deployment")
    template = deployment.inputs["spec"]["template"]
    assert template["metadata"]["labels"][label] == value
    keep = next(each for each in job["relabel_configs"] if each.get("action") == "keep")
    assert keep["source_labels"] == ["__meta_kubernetes_pod_container_port_name"]
    assert keep["regex"] in [port["name"] for port in template["spec"]["containers"][0]["ports"]]


def test_it_scrapes_kafka_in_containers_too():
    assert [job["job_name"] for job in jobs(shipped("aws-kafka-eks"))] == [
        "data-pipes-Kafka-tcp-prometheus",
        "data-pipes-http",
    ]


def test_each_series_has_the_namespace_and_the_pod_that_the_rules_select():
    for job in jobs(shipped("aws-kafka-eks")):
        copied = {
            each["target_label"]: each["source_labels"] for each in job["relabel_configs"] if "target_label" in each
        }
        assert copied == {"namespace": ["__meta_kubernetes_namespace"], "pod": ["__meta_kubernetes_pod_name"]}


def test_another_pipe_does_not_change_the_scraper():
    consumer = {"image": "registry.example.com/consumer:1", "cpu": "100m", "memory": "128Mi"}
    more = planned({"data-pipes:pipes": {"payments": {"parallelism": 2, "consumer": consumer}}}, stack="aws-kafka-eks")
    assert inputs(more, SCRAPER) == inputs(shipped("aws-kafka-eks"), SCRAPER)
    assert {name.partition("/")[0] for name in rules(more)} == {"orders", "payments", "service"}


def test_the_scraper_reaches_the_pods_and_nobody_else_does():
    plan = shipped("aws-kafka-eks")
    source = inputs(plan, SCRAPER)["source"]["eks"]
    subnets = [each for each in plan.recording.of_type("aws:ec2/subnet:Subnet") if "private" in each.name]
    assert len(source["subnetIds"]) == 3
    [policy] = [each for each in plan.recording.of_type(POLICY) if each.name == "aws-kafka-eks-orders-policy"]
    [ingress] = policy.inputs["spec"]["ingress"]
    assert [each["ipBlock"]["cidr"] for each in ingress["from"]] == [each.inputs["cidrBlock"] for each in subnets]
    assert ingress["ports"] == [{"port": 8080, "protocol": "TCP"}]


def test_in_an_existing_vpc_the_scraper_may_come_from_its_range():
    existing = {
        "vpcId": "vpc-0a",
        "cidr": "10.9.0.0/16",
        "privateSubnetIds": ["subnet-0a", "subnet-0b", "subnet-0c"],
    }
    plan = planned({"data-pipes:network": {"existing": existing}}, stack="aws-confluent-eks")
    ranges = {
        each["ipBlock"]["cidr"]
        for policy in plan.recording.of_type(POLICY)
        for rule in policy.inputs["spec"].get("ingress", ())
        for each in rule["from"]
    }
    assert ranges == {"10.9.0.0/16"}


def test_the_scraper_has_the_security_group_of_the_cluster_which_the_pods_have_too():
    plan = shipped("aws-kafka-eks")
    [template] = plan.recording.of_type("aws:ec2/launchTemplate:LaunchTemplate")
    [group] = inputs(plan, SCRAPER)["source"]["eks"]["securityGroupIds"]
    assert group in template.inputs["vpcSecurityGroupIds"]


def test_a_stack_without_a_lag_in_cloudwatch_has_all_rules_of_the_consumers():
    found = rules(shipped("aws-kafka-eks"))
    service = {"service/disk-full", "service/offline-partitions", "service/under-replicated"}
    assert found.keys() == {f"orders/{rule.alarm.name}" for rule in RULES} | service
    assert found["orders/missing-consumers"]["expr"].count("< 3 unless") == 1
    assert found["orders/missing-consumers"]["for"] == "10m"


def test_a_stack_with_many_pipes_stays_below_the_rules_that_a_group_may_have():
    consumer = {"image": "registry.example.com/consumer:1", "cpu": "100m", "memory": "128Mi"}
    more = {f"pipe{number}": {"parallelism": 1, "consumer": consumer} for number in range(4)}
    plan = planned({"data-pipes:pipes": more}, stack="aws-kafka-eks")
    assert [group["name"] for group in groups(plan)] == ["orders", *more, "data-pipes-streaming"]
    assert kind(RULE_GROUPS).refusal(None, inputs(plan, RULE_GROUPS)) is None


def test_rules_are_created_after_the_scraper_and_the_consumers_that_they_watch():
    recording = shipped("aws-kafka-eks").recording
    [rule_groups] = recording.of_type(RULE_GROUPS)
    [scraper] = recording.of_type(SCRAPER)
    [consumers] = recording.of_type("kubernetes:apps/v1:Deployment")
    assert {scraper.urn, consumers.urn} <= recording.requirements(rule_groups)


def test_prometheus_has_no_rule_for_what_cloudwatch_measures():
    names = {name.partition("/")[2] for name in rules(planned(MANAGED, stack="aws-msk-eks"))}
    assert names == {rule.alarm.name for rule in RULES} - {"dead-letters", "old-records"}


def test_the_rules_of_a_paused_pipe_stay_but_cannot_fire():
    paused = planned({"data-pipes:pipes": {"orders": {"consumer": {"paused": True}}}}, stack="aws-kafka-eks")
    running = rules(shipped("aws-kafka-eks"))
    for name, rule in rules(paused).items():
        if name.startswith("service/"):
            assert rule == running[name]
            continue
        assert rule["expr"] == f"({running[name]['expr']}) and vector(0) > 0"


def test_without_a_target_there_is_no_alert_manager():
    assert not shipped("aws-kafka-eks").recording.of_type(ALERT_MANAGER)


def test_the_alert_manager_publishes_to_every_topic():
    settings = {"emails": ["oncall@example.com"], "topicArns": [ONCALL]}
    plan = planned({"data-pipes:monitoring": settings}, stack="aws-kafka-eks")
    definition = yaml.safe_load(inputs(plan, ALERT_MANAGER)["definition"])
    config = yaml.safe_load(definition["alertmanager_config"])
    [receiver] = config["receivers"]
    assert config["route"]["receiver"] == receiver["name"]
    assert [each["topic_arn"] for each in receiver["sns_configs"]] == [
        ONCALL,
        "arn:aws:sns:eu-west-1:123456789012:aws-kafka-eks-alarms",
    ]
    assert all(each["sigv4"] == {"region": "eu-west-1"} for each in receiver["sns_configs"])


def test_a_notification_names_the_stack_the_pipe_and_the_alarm_and_the_pod_if_it_has_one():
    plan = planned({"data-pipes:monitoring": {"topicArns": [ONCALL]}}, stack="aws-kafka-eks")
    config = yaml.safe_load(yaml.safe_load(inputs(plan, ALERT_MANAGER)["definition"])["alertmanager_config"])
    [target] = config["receivers"][0]["sns_configs"]
    subject = "{{ .CommonLabels.stack }}{{ with .CommonLabels.pipe }}-{{ . }}{{ end }}: {{ .CommonLabels.alarm }}"
    assert target["subject"] == subject
    heading, text, _ = target["message"].split("\n")
    assert heading == subject
    assert "{{ .Annotations.description }}{{ with .Labels.pod }} Pod: {{ . }}.{{ end }}" in text
    # Alerts of one notification have these labels in common.
    assert config["route"]["group_by"] == ["alertname", "pipe"]
    for rule in rules(plan).values():
        assert (rule["labels"]["stack"], rule["labels"]["alarm"]) == ("aws-kafka-eks", rule["alert"])
