"""Sizing of Kafka in containers: disks, and brokers for them. Their throughput depends on the nodes and volumes."""

from collections.abc import Iterator, Mapping

from typing_extensions import override

from components.kafka.sizing import FREE_DISK, KafkaSizing, stored_bytes
from components.kubernetes.strimzi.pipe_settings import StrimziPipeSettings
from components.kubernetes.strimzi.settings import LARGEST_DISK, MOST_BROKERS, REPLICATION, StrimziSettings
from components.load import GIB, MB, Need, number, rounded
from components.sizing import Variant, throughput

ONE_DOWN = 1.5
"""Load of the other brokers while the brokers of one of three zones are down."""


class StrimziSizing(KafkaSizing[StrimziSettings, StrimziPipeSettings]):
    """Sizing of Kafka in containers."""

    variants = (
        Variant(
            sections=[{"service": "kafka", "brokers": 3}],
            migration=5,
            effort=8,
            reason="the newest Kafka, the same on every cloud; you run the brokers",
        ),
    )

    @override
    def needs(self, settings: StrimziSettings, pipes: Mapping[str, StrimziPipeSettings]) -> Iterator[Need]:
        """Yield brokers for the stored records, and the disk of each broker."""
        stored = stored_bytes(pipes) / GIB
        disks = stored * REPLICATION * FREE_DISK
        formula = f"{number(stored)} GiB (the peak for the whole retention) x {REPLICATION} copies x {FREE_DISK} (half of the disk free)"
        source = "the brokers' own limits in docs/settings.md"
        exact = disks / LARGEST_DISK
        amount = rounded(exact, least=REPLICATION, step=REPLICATION)
        brokers = max(settings.brokers, amount)
        yield Need(
            key=("streaming", "brokers"),
            what="brokers for storage",
            limit="disks of the brokers",
            exact=exact,
            amount=amount,
            have=settings.brokers,
            most=MOST_BROKERS,
            formula=f"{formula} / {number(LARGEST_DISK)} GiB",
            source=source,
            more="Lower retentionHours, or split the load over several stacks.",
        )
        yield Need(
            key=("streaming", "diskSize"),
            what="GiB of disk of each broker",
            limit="disk",
            exact=disks / brokers,
            amount=rounded(disks / brokers),
            have=settings.disk_size,
            formula=f"{formula} / {brokers} brokers",
            source=source,
            fix="A shorter retentionHours needs less.",
        )

    @override
    def notes(self, settings: StrimziSettings, pipes: Mapping[str, StrimziPipeSettings]) -> Iterator[str]:
        """Yield what each broker writes and sends, to compare with its volume and its node."""
        each = throughput(pipes) / settings.brokers / MB
        written, sent = each * REPLICATION * ONE_DOWN, each * REPLICATION * ONE_DOWN
        yield (
            f"The throughput of a broker depends on its volume and node, so it was not checked. With one zone down, each of the other brokers "
            f"writes {number(written)} MB/s to its volume and sends {number(sent)} MB/s to consumers and other brokers."
        )
