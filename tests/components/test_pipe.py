"""A pipe: as many consumers as its topic has partitions, and a change that cannot be made refused in the preview."""

from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from components.changes import ChangeRefusedError, refuse_fewer_partitions
from components.contracts import Workload
from tests.hooks import before_update
from tests.stacks import planned, shipped

TOPIC = "aws-msk-eks-orders-topic"
CLUSTER = "aws:msk/cluster:Cluster"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
TWO = {"data-pipes:pipes": {"clicks": {"parallelism": 2, "consumer": {"image": "nginx:1"}}}}


@hypothesis_settings(max_examples=5)
@given(parallelism=st.integers(1, 18))
def test_partitions_equal_replicas_for_any_parallelism(parallelism):
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": parallelism}}})
    assert plan.recording.one(TOPIC).inputs["partitionCount"] == parallelism
    assert plan.recording.one(DEPLOYMENT).input("spec.replicas") == parallelism


@pytest.mark.parametrize("preview", [False, True])
def test_replicas_come_from_the_topic_s_own_output_and_so_wait_for_it(preview):
    recording = shipped(preview=preview).recording
    deployment = recording.one(DEPLOYMENT)
    assert recording.one(TOPIC).urn in deployment.property_dependencies["spec"]
    assert deployment.input("spec.replicas") == 3, "a preview knows the number"


def test_a_platform_is_given_one_image_which_names_its_registry():
    fields = get_type_hints(Workload)
    assert "image" in fields
    assert "image" not in fields["consumer"].model_fields, "the one in the stack file may lack its registry"


def test_two_pipes_in_one_stack_share_nothing_but_the_services():
    plan = planned(TWO)
    assert {str(pipe) for pipe in plan.pipes} == {
        "orders: 3 partitions = 3 replicas",
        "clicks: 2 partitions = 2 replicas",
    }
    assert plan.problems == ()
    recording = plan.recording
    [clicks, orders] = recording.of_type(DEPLOYMENT)
    topics = {each.name: each.urn for each in recording.of_type("aws:msk/topic:Topic")}
    assert topics["aws-msk-eks-orders-topic"] not in recording.requirements(clicks)
    assert topics["aws-msk-eks-clicks-topic"] not in recording.requirements(orders)
    roles = [
        each
        for each in recording.of_type("aws:iam/rolePolicy:RolePolicy")
        if each.name.endswith(("orders-role", "clicks-role"))
    ]
    assert ["/orders" in each.inputs["policy"] for each in roles] == [False, True]
    assert ["/clicks" in each.inputs["policy"] for each in roles] == [True, False]


def test_the_stack_exports_what_users_need():
    outputs = planned(TWO).recording.outputs
    assert outputs["topics"] == ["clicks", "orders"]
    assert outputs["pipes"] == {
        "orders": {"topic": "orders", "partitions": 3, "replicas": 3},
        "clicks": {"topic": "clicks", "partitions": 2, "replicas": 2},
    }
    assert outputs["clusterName"] == "aws-msk-eks"
    assert outputs["registry"] == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/aws-msk-eks"
    assert outputs["kubeconfig"] == "[secret]"


def change(present, wanted, resource=TOPIC, form=lambda number: {"partitionCount": number}):
    """Run the update hooks of the one resource of a type or a name."""
    recording = shipped().recording
    before_update(recording, recording.one(resource), form(present), form(wanted))


def test_fewer_partitions_are_refused_with_what_to_do_instead():
    with pytest.raises(ChangeRefusedError) as refusal:
        change(6.0, 3.0)
    assert "pipes.orders.parallelism: cannot be changed from 6 to 3" in str(refusal.value)
    assert "add a pipe with a different name" in str(refusal.value)


@given(present=st.integers(1, 1000), more=st.integers(0, 1000))
def test_as_many_partitions_or_more_are_let_through(present, more):
    assert refuse_fewer_partitions(present, present + more) is None
    assert refuse_fewer_partitions(present + more + 1, present)


def test_another_change_of_the_topic_is_let_through():
    change(3.0, 3.0)


def volume(size):
    return {"brokerNodeGroupInfo": {"storageInfo": {"ebsStorageInfo": {"volumeSize": size}}}}


def test_smaller_disks_of_brokers_are_refused_and_larger_ones_let_through():
    change(100.0, 200.0, CLUSTER, volume)
    with pytest.raises(ChangeRefusedError, match=r"streaming\.diskSize: cannot be changed from 200 to 100"):
        change(200.0, 100.0, CLUSTER, volume)


def brokers(instance_type):
    return {"brokerNodeGroupInfo": {"instanceType": instance_type}}


def test_standard_brokers_never_become_express_brokers_nor_back():
    change("kafka.m5.large", "kafka.m7g.xlarge", CLUSTER, brokers)
    change("express.m7g.large", "express.m7g.xlarge", CLUSTER, brokers)
    for present, wanted in (("kafka.m5.large", "express.m7g.large"), ("express.m7g.large", "kafka.m5.large")):
        with pytest.raises(
            ChangeRefusedError, match=rf"streaming\.instanceType: cannot be changed from {present} to {wanted}"
        ):
            change(present, wanted, CLUSTER, brokers)


def other_vpcs(way):
    connectivity = {} if way is None else {"vpcConnectivity": {"clientAuthentication": {"sasl": {"iam": way}}}}
    return {"brokerNodeGroupInfo": {"connectivityInfo": connectivity}}


def test_a_way_from_other_vpcs_is_closed_before_it_is_left_out():
    for present, wanted in ((None, True), (True, True), (True, False), (False, None), (None, None)):
        change(present, wanted, CLUSTER, other_vpcs)
    with pytest.raises(
        ChangeRefusedError, match=r"streaming\.connectivity: cannot be removed while multiVpc is enabled"
    ):
        change(True, None, CLUSTER, other_vpcs)
