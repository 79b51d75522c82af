"""Tests on the real engine of destroy with a protected GKE cluster."""

from collections.abc import Callable

import pulumi
import pulumi_random as random
import pytest

from components.gcp.gke.changes import refused_deletion
from workbench.rehearse.sandbox import EngineError, Sandbox

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

Start = Callable[..., Sandbox]


def test_destroy_reports_the_clusters_protection_and_deletes_nothing_until_an_up_removes_it(start: Start):
    kept = True

    def program():
        provider = random.Provider("random")
        hooks = refused_deletion("pipes-gke") if kept else None
        cluster = random.RandomString(
            "pipes-gke", length=8, opts=pulumi.ResourceOptions(provider=provider, hooks=hooks)
        )
        random.RandomString("pods", length=8, opts=pulumi.ResourceOptions(provider=provider, depends_on=[cluster]))

    sandbox = start(program)
    sandbox.run("up")
    there = len(sandbox.inventory.objects())
    with pytest.raises(EngineError) as refusal:
        sandbox.run("destroy")
    assert (
        "platform.deletionProtection keeps pipes-gke from deletion. To delete it, set data-pipes:protect, and platform.deletionProtection where "
        "it is set, to false and run pulumi up first"
    ) in str(refusal.value)
    assert len(sandbox.inventory.objects()) == there == 2
    kept = False
    sandbox.run("up")
    sandbox.run("destroy")
    assert not sandbox.inventory.objects()
