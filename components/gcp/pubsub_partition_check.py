"""The check that a topic of Pub/Sub can make of each message before it takes it: that it belongs to a partition."""

import pulumi_gcp as gcp

from components.gcp.pubsub_filter import PARTITION_ATTRIBUTE

FUNCTION = "checkPartition"

_CODE = """\
function %(function)s(message, metadata) {
  const number = (message.attributes || {})["%(attribute)s"];
  if (!/^(0|[1-9][0-9]*)$/.test(number) || Number(number) >= %(partitions)d) {
    throw new Error("attribute %(attribute)s must be a number from 0 to %(last)d, not " + number);
  }
  return message;
}
"""


def partition_check(partitions: int) -> str:
    """The function, in JavaScript, that fails for a message which no subscription would be given."""
    return _CODE % {
        "function": FUNCTION,
        "attribute": PARTITION_ATTRIBUTE,
        "partitions": partitions,
        "last": partitions - 1,
    }


def partition_transform(partitions: int) -> gcp.pubsub.TopicMessageTransformArgs:
    """Refuse such messages when they are published (Pub/Sub, Choose topic or subscription SMTs: a failure there fails the publishing)."""
    return gcp.pubsub.TopicMessageTransformArgs(
        javascript_udf=gcp.pubsub.TopicMessageTransformJavascriptUdfArgs(
            function_name=FUNCTION, code=partition_check(partitions)
        )
    )
