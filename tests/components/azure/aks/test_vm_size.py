"""What a size of virtual machine gives to pods."""

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
def test_a_size_s_name_says_its_vcpus_and_its_memory(name, vcpus, gib):
    size = machine(name)
    assert (size.vcpus, size.memory) == (vcpus, gib * 1024)


@pytest.mark.parametrize(("name", "architecture"), [("Standard_D4ps_v5", "arm64"), ("Standard_D4as_v5", "amd64")])
def test_a_size_s_name_says_its_processor(name, architecture):
    assert machine(name).architecture == architecture


@pytest.mark.parametrize(("vcpus", "pods"), [(2, 32), (4, 64), (8, 128), (16, 250), (64, 250)])
def test_larger_nodes_hold_more_pods_up_to_what_aks_takes(vcpus, pods):
    assert machine(f"Standard_D{vcpus}s_v5").pods == pods


def test_pods_get_what_kubelet_and_add_ons_leave():
    # 140m and the lesser of 20 MB a pod and a quarter are the kubelet's, 100 Mi its threshold (AKS, Node resource reservations).
    assert machine("Standard_D4s_v5").capacity == Resources(
        cpu=4000 - 140 - 400, memory=int(16384 * 0.95) - (20 * 64 + 50) - 100 - 1024, pods=64 - 8
    )
    assert machine("Standard_D2ls_v5").capacity.memory == int(4096 * 0.95) - (20 * 32 + 50) - 100 - 1024


@pytest.mark.parametrize(("vcpus", "reserved"), [(2, 100), (4, 140), (8, 180), (16, 260), (32, 420), (64, 740)])
def test_the_kubelet_keeps_the_share_of_the_cpu_that_aks_documents(vcpus, reserved):
    assert machine(f"Standard_D{vcpus}s_v5").capacity.cpu == vcpus * 1000 - reserved - 400


@pytest.mark.parametrize(
    "name",
    ["Standard_B4ms", "Standard_DS2_v2", "Standard_D4_v5", "Standard_D4s_v2", "Standard_NC6s_v3", "m5.large", ""],
)
def test_a_size_whose_room_is_not_known_is_refused_with_what_is(name):
    with pytest.raises(
        ValueError, match="must be a size of the families D and E from version 3 on, or F from version 2 on"
    ) as error:
        machine(name)
    assert "such as Standard_D4s_v5" in str(error.value)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize(
    ("name", "vcpus"), [("Standard_D96s_v5", 96), ("Standard_E64s_v4", 64), ("Standard_E20s_v5", 20)]
)
def test_a_number_of_vcpus_whose_memory_is_not_known_is_refused(name, vcpus):
    with pytest.raises(ValueError, match=rf"and {name} has {vcpus}; choose one of these"):
        machine(name)
