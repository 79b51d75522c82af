"""What a machine type of Compute Engine gives to pods."""

import pytest

from components.gcp.gke.machine_type import machine, reserved_memory
from components.kubernetes.nodes.capacity import Resources


@pytest.mark.parametrize(
    ("name", "vcpus", "gib"),
    [
        ("e2-standard-4", 4, 16),
        ("e2-highmem-8", 8, 64),
        ("e2-highcpu-16", 16, 16),
        ("n2-highcpu-32", 32, 32),
        ("n4-highcpu-8", 8, 16),
        ("c3-standard-22", 22, 88),
        ("c2d-highmem-112", 112, 896),
        ("t2d-standard-60", 60, 240),
    ],
)
def test_a_type_s_name_says_its_vcpus_and_its_memory(name, vcpus, gib):
    node = machine(name)
    assert (node.vcpus, node.memory) == (vcpus, gib * 1024)


@pytest.mark.parametrize(
    ("name", "architecture", "disk"),
    [
        ("e2-standard-4", "amd64", "pd-balanced"),
        ("n4-standard-4", "amd64", "hyperdisk-balanced"),
        ("c4a-standard-4", "arm64", "hyperdisk-balanced"),
    ],
)
def test_a_type_s_name_says_its_processor_and_the_disks_that_it_takes(name, architecture, disk):
    node = machine(name)
    assert (node.architecture, node.disk) == (architecture, disk)


@pytest.mark.parametrize(("vcpus", "pods", "addresses"), [(2, 32, 64), (4, 64, 128), (8, 110, 256), (16, 110, 256)])
def test_larger_nodes_hold_more_pods_with_two_addresses_for_each(vcpus, pods, addresses):
    node = machine(f"e2-standard-{vcpus}")
    assert (node.pods, node.pod_addresses) == (pods, addresses)


@pytest.mark.parametrize(
    ("gib", "reserved"),
    [(2, 0.5), (4, 1), (8, 1.8), (16, 2.6), (32, 3.56), (128, 9.32), (256, 11.88)],
)
def test_gke_keeps_the_share_of_the_memory_that_it_documents(gib, reserved):
    # 25 percent of the first 4 GiB, 20 of the next 4, 10 of the next 8, 6 of the next 112, 2 of what is above.
    assert reserved_memory(gib) == pytest.approx(reserved * 1024)


@pytest.mark.parametrize(("vcpus", "reserved"), [(2, 70), (4, 80), (8, 90), (16, 110)])
def test_gke_keeps_the_share_of_the_cpu_that_it_documents(vcpus, reserved):
    # 6 percent of the first, 1 of the second, 0.5 of the next two, 0.25 of each further one; the add-ons have 600m.
    assert machine(f"e2-standard-{vcpus}").capacity.cpu == vcpus * 1000 - reserved - 600


def test_pods_get_what_kubelet_and_add_ons_leave():
    memory = int(16384 * 0.95 - 2.6 * 1024 - 100) - 1024
    assert machine("e2-standard-4").capacity == Resources(cpu=4000 - 80 - 600, memory=memory, pods=64 - 14)


@pytest.mark.parametrize(
    "name", ["e2-medium", "n1-standard-4", "c2-highmem-4", "n2-custom-4-8192", "m1-ultramem-40", "m5.large", ""]
)
def test_a_type_whose_room_is_not_known_is_refused_with_what_is(name):
    with pytest.raises(ValueError, match="must be a machine type of the series c2, c2d, c3, ") as error:
        machine(name)
    assert "such as e2-standard-4" in str(error.value)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize(("name", "vcpus"), [("e2-standard-3", 3), ("c3d-standard-360", 360), ("c3-standard-2", 2)])
def test_a_number_of_vcpus_whose_memory_is_not_known_is_refused(name, vcpus):
    with pytest.raises(ValueError, match=rf"and {name} has {vcpus}; choose one of these"):
        machine(name)
