"""Tests of the pod capacity of machine types."""

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
def test_vcpus_and_memory_are_parsed_from_the_name(name, vcpus, gib):
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
def test_architecture_and_disk_type_follow_the_series(name, architecture, disk):
    node = machine(name)
    assert (node.architecture, node.disk) == (architecture, disk)


@pytest.mark.parametrize(("vcpus", "pods", "addresses"), [(2, 32, 64), (4, 64, 128), (8, 110, 256), (16, 110, 256)])
def test_pod_limit_and_pod_addresses_grow_with_vcpus(vcpus, pods, addresses):
    node = machine(f"e2-standard-{vcpus}")
    assert (node.pods, node.pod_addresses) == (pods, addresses)


@pytest.mark.parametrize(
    ("gib", "reserved"),
    [(2, 0.5), (4, 1), (8, 1.8), (16, 2.6), (32, 3.56), (128, 9.32), (256, 11.88)],
)
def test_reserved_memory_matches_gke_documentation(gib, reserved):
    # 25 percent of the first 4 GiB, 20 of the next 4, 10 of the next 8, 6 of the next 112, and 2 of the rest.
    assert reserved_memory(gib) == pytest.approx(reserved * 1024)


@pytest.mark.parametrize(("vcpus", "reserved"), [(2, 70), (4, 80), (8, 90), (16, 110)])
def test_reserved_cpu_matches_gke_documentation(vcpus, reserved):
    # 6 percent of the first, 1 of the second, 0.5 of the next two, 0.25 of each further one; the add-ons reserve 600m.
    assert machine(f"e2-standard-{vcpus}").capacity.cpu == vcpus * 1000 - reserved - 600


def test_capacity_excludes_reservations_and_add_ons():
    memory = int(16384 * 0.95 - 2.6 * 1024 - 100) - 1024
    assert machine("e2-standard-4").capacity == Resources(cpu=4000 - 80 - 600, memory=memory, pods=64 - 14)


@pytest.mark.parametrize(
    "name", ["e2-medium", "n1-standard-4", "c2-highmem-4", "n2-custom-4-8192", "m1-ultramem-40", "m5.large", ""]
)
def test_unknown_machine_types_are_rejected_with_the_known_series(name):
    with pytest.raises(
        ValueError, match=r"must be a standard, highmem or highcpu machine type of a known series \(c2, c2d, c3, "
    ) as error:
        machine(name)
    assert "such as e2-standard-4" in str(error.value)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize(("name", "vcpus"), [("e2-standard-3", 3), ("c3d-standard-360", 360), ("c3-standard-2", 2)])
def test_unknown_vcpu_counts_are_rejected(name, vcpus):
    with pytest.raises(ValueError, match=rf"got {name} with {vcpus}\. Choose one of these sizes"):
        machine(name)
