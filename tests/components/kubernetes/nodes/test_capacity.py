"""Number of nodes for replicas and system workloads, and the capacity of instance types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.eks.instance_type import instance
from components.kubernetes.nodes.capacity import ZONES, Resources, nodes_for, replica_resources, replicas_on

NODE = Resources(cpu=1680, memory=6000, pods=23)
resource_amounts = st.builds(Resources, cpu=st.integers(1, 1680), memory=st.integers(1, 6000))
groups = st.lists(st.tuples(resource_amounts, st.integers(0, 300)), max_size=8)


@pytest.mark.parametrize(
    ("cpu", "memory", "resources"),
    [
        ("500m", "512Mi", Resources(cpu=500, memory=512)),
        ("2", "1Gi", Resources(cpu=2000, memory=1024)),
    ],
)
def test_kubernetes_quantities_are_converted(cpu, memory, resources):
    assert replica_resources(cpu, memory) == resources


@given(groups=groups)
def test_nodes_cover_every_resource_and_are_at_most_one_per_replica(groups):
    nodes = nodes_for(NODE, groups)
    assert nodes <= sum(count for _, count in groups)
    assert sum(capacity.cpu * count for capacity, count in groups) <= nodes * NODE.cpu
    assert sum(capacity.memory * count for capacity, count in groups) <= nodes * NODE.memory
    assert sum(count for _, count in groups) <= nodes * NODE.pods


@given(count=st.integers(0, 200), cpu=st.integers(1, 1680), memory=st.integers(1, 6000))
def test_equal_replicas_fill_nodes_completely(count, cpu, memory):
    replica = Resources(cpu=cpu, memory=memory)
    assert nodes_for(NODE, [(replica, count)]) == -(-count // replicas_on(NODE, replica))


@given(groups=groups, system_workloads=st.lists(st.tuples(resource_amounts, st.integers(1, 9)), min_size=1, max_size=4))
def test_each_zone_has_nodes_for_its_share_of_system_workloads(groups, system_workloads):
    share = [(capacity, -(-count // ZONES)) for capacity, count in system_workloads]
    nodes = nodes_for(NODE, groups, system_workloads)
    assert nodes >= ZONES * nodes_for(NODE, share)
    assert nodes >= nodes_for(NODE, (), system_workloads)
    everything = [*groups, *((capacity, count * ZONES) for capacity, count in share)]
    assert sum(capacity.cpu * count for capacity, count in everything) <= nodes * NODE.cpu
    assert sum(capacity.memory * count for capacity, count in everything) <= nodes * NODE.memory


def test_three_system_pods_get_a_node_in_each_zone():
    assert nodes_for(NODE, [], [(Resources(cpu=100, memory=100), 3)]) == 3
    assert nodes_for(NODE, [(Resources(cpu=500, memory=100), 6)], [(Resources(cpu=100, memory=100), 3)]) == 3


def test_a_replica_larger_than_a_node_is_refused():
    with pytest.raises(ValueError, match="must fit on a node"):
        nodes_for(NODE, [(Resources(cpu=1681, memory=1), 1)])


def test_small_replicas_use_the_space_that_large_ones_leave():
    large, small = Resources(cpu=1200, memory=100), Resources(cpu=400, memory=100)
    assert nodes_for(NODE, [(small, 2), (large, 2)]) == 2


@pytest.mark.parametrize(
    ("name", "vcpus", "gib", "architecture"),
    [
        ("m5.large", 2, 8, "x86_64"),
        ("c6i.4xlarge", 16, 32, "x86_64"),
        ("r7g.xlarge", 4, 32, "arm64"),
        ("c6gn.2xlarge", 8, 16, "arm64"),
        ("m7i-flex.large", 2, 8, "x86_64"),
        ("t3.medium", 2, 4, "x86_64"),
        ("t4g.2xlarge", 8, 32, "arm64"),
    ],
)
def test_an_instance_type_is_read_from_its_name(name, vcpus, gib, architecture):
    read = instance(name)
    assert (read.vcpus, read.memory, read.architecture) == (vcpus, gib * 1024, architecture)


def test_node_capacity_excludes_kubelet_system_and_add_ons():
    capacity = instance("m5.large").capacity
    assert capacity == Resources(cpu=1680, memory=6391, pods=23)


@pytest.mark.parametrize("name", ["m5", "m4.large", "m5.medium", "p4d.24xlarge", "m5.LARGE", "x.large"])
def test_an_unknown_instance_type_is_refused(name):
    with pytest.raises(ValueError, match="must be an instance type"):
        instance(name)


def test_uneven_system_workloads_get_nodes_for_the_larger_share_in_each_zone():
    whole_node = Resources(cpu=1680, memory=6000, pods=1)
    assert nodes_for(NODE, [], [(whole_node, 4)]) == 2 * ZONES, (
        "two of four pods are in the same zone, which may be any zone"
    )
