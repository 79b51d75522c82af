"""Capacity of VM sizes for pods."""

import pytest

from components.azure.aks.vm_size import machine
from components.kubernetes.nodes.capacity import Resources


@pytest.mark.parametrize(
    ("name", "vcpus", "gib"),
    [
        ("Standard_D4s_v5", 4, 16),
        ("Standard_D2ads_v5", 2, 8),
        ("Standard_D8ls_v5", 8, 16),
        ("Standard_E4s_v3", 4, 32),
        ("Standard_E64s_v5", 64, 512),
        ("Standard_F4s_v2", 4, 8),
        ("Standard_F8as_v6", 8, 32),
        ("Standard_F8als_v6", 8, 16),
        ("Standard_F8ams_v6", 8, 64),
    ],
)
def test_vcpus_and_memory_are_parsed_from_the_name(name, vcpus, gib):
    size = machine(name)
    assert (size.vcpus, size.memory) == (vcpus, gib * 1024)


@pytest.mark.parametrize(("name", "architecture"), [("Standard_D4ps_v5", "arm64"), ("Standard_D4as_v5", "amd64")])
def test_the_architecture_is_parsed_from_the_name(name, architecture):
    assert machine(name).architecture == architecture


@pytest.mark.parametrize(("vcpus", "pods"), [(2, 32), (4, 64), (8, 128), (16, 250), (64, 250)])
def test_larger_nodes_hold_more_pods_up_to_the_aks_limit(vcpus, pods):
    assert machine(f"Standard_D{vcpus}s_v5").pods == pods


def test_capacity_excludes_kubelet_and_add_ons():
    # The kubelet reserves 140m, the lesser of 20 MB per pod and 25 percent, and a 100Mi threshold (AKS, Node resource reservations).
    assert machine("Standard_D4s_v5").capacity == Resources(
        cpu=4000 - 140 - 400, memory=int(16384 * 0.95) - (20 * 64 + 50) - 100 - 1024, pods=64 - 8
    )
    assert machine("Standard_D2ls_v5").capacity.memory == int(4096 * 0.95) - (20 * 32 + 50) - 100 - 1024


@pytest.mark.parametrize(("vcpus", "reserved"), [(2, 100), (4, 140), (8, 180), (16, 260), (32, 420), (64, 740)])
def test_the_kubelet_reserves_the_documented_cpu(vcpus, reserved):
    assert machine(f"Standard_D{vcpus}s_v5").capacity.cpu == vcpus * 1000 - reserved - 400


@pytest.mark.parametrize(
    "name",
    ["Standard_B4ms", "Standard_DS2_v2", "Standard_D4_v5", "Standard_D4s_v2", "Standard_NC6s_v3", "m5.large", ""],
)
def test_an_unsupported_size_is_refused_with_the_supported_ones(name):
    with pytest.raises(
        ValueError, match=r"must be a VM size of family D or E \(version 3 or later\) or F \(version 2 or later\)"
    ) as error:
        machine(name)
    assert "Use a size such as Standard_D4s_v5." in str(error.value)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize(
    ("name", "vcpus"), [("Standard_D96s_v5", 96), ("Standard_E64s_v4", 64), ("Standard_E20s_v5", 20)]
)
def test_a_vcpu_count_of_unknown_memory_is_refused(name, vcpus):
    with pytest.raises(ValueError, match=rf"got {name} with {vcpus} .*Use one of these sizes\."):
        machine(name)
