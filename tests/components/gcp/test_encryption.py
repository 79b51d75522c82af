"""Tests of Cloud KMS keys: rotation, names and users."""

from tests.stacks import planned, shipped

STACK = "gcp-pubsub-gke"
RING = "gcp:kms/keyRing:KeyRing"
KEY = "gcp:kms/cryptoKey:CryptoKey"
USER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
EVERY_KEY = {
    "data-pipes:network": {"registryCustomerManagedKey": True},
    "data-pipes:streaming": {"customerManagedKey": True},
}


def test_keys_rotate_and_their_destruction_can_be_cancelled_for_30_days():
    keys = shipped(STACK).recording.of_type(KEY)
    assert keys
    for each in keys:
        assert each.inputs["purpose"] == "ENCRYPT_DECRYPT"
        assert each.inputs["rotationPeriod"] == "7776000s"
        assert each.inputs["destroyScheduledDuration"] == "2592000s"


def test_key_rings_and_keys_have_generated_names():
    recording = shipped(STACK).recording
    for each in (recording.one(RING), *recording.of_type(KEY)):
        assert "name" not in each.inputs


def test_all_keys_are_in_one_regional_key_ring():
    recording = planned(EVERY_KEY, stack=STACK).recording
    ring = recording.one(RING)
    assert ring.inputs["location"] == recording.one("gcp:compute/subnetwork:Subnetwork").inputs["region"]
    keys = recording.of_type(KEY)
    assert len({each.inputs["keyRing"] for each in keys}) == 1
    assert all(ring.urn in each.property_dependencies["keyRing"] for each in keys)


def test_each_key_has_exactly_one_user():
    recording = planned(EVERY_KEY, stack=STACK).recording
    users = recording.of_type(USER)
    assert {each.inputs["role"] for each in users} == {"roles/cloudkms.cryptoKeyEncrypterDecrypter"}
    found: dict[str, set[str]] = {}
    for each in users:
        service = each.inputs["member"].split("@")[1].split(".")[0]
        found.setdefault(each.inputs["cryptoKeyId"], set()).add(service)
    assert len(found) == len(recording.of_type(KEY))
    assert {"gcp-sa-artifactregistry"} in found.values()
    assert {"gcp-sa-pubsub"} in found.values()
    assert {"container-engine-robot"} in found.values()
    assert all(len(services) == 1 for services in found.values()), found
