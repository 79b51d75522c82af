"""Cases in which the number of partitions does not limit the number of consumers."""

from collections.abc import Sequence

from workbench.choosing.facts import Fact
from workbench.choosing.sources import KAFKA_QUEUES, MSK_QUEUES, PRODUCT_DOCS, PROGRAM, PYTHON_CLIENT

EXCEPTIONS: Sequence[Fact] = (
    Fact(
        "**Share groups of Kafka** (KIP-932, production-ready in 4.2). Consumers of a share group take single records of all partitions. "
        "There can be more consumers than partitions, and there is no order. This program does not use them.",
        KAFKA_QUEUES,
        PROGRAM,
    ),
    Fact("The share consumer of confluent-kafka-python 2.15.0 is a preview, not for production.", PYTHON_CLIENT),
    Fact("On MSK, AWS offers share groups on standard brokers with Kafka 4.2 or later.", MSK_QUEUES),
    Fact(
        "**Pub/Sub in mode `shared`.** There are no partitions. N is the number of consumers of one subscription, and it can go up and down. "
        "Messages of one ordering key go to one consumer at a time.",
        PRODUCT_DOCS,
    ),
    Fact(
        "**Parallelism inside a process.** The reference consumer handles one message or batch at a time. Your own image can handle several of a "
        "partition at once. It then must commit only up to the first message that is not finished, and it loses the order of the partition "
        "unless it keeps each key in one thread.",
        PRODUCT_DOCS,
    ),
    Fact(
        "**Batches.** A consumer that handles many messages with one call needs fewer partitions: the formula counts the time of the batch "
        "divided by its messages. The reference consumer calls `handle` with one message, or `handle_batch` with a batch.",
        PRODUCT_DOCS,
    ),
)
