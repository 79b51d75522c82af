"""Existing video streams cannot be adopted, and the errors say why."""

from tests.components.aws.existing import TOPIC, errors


def test_an_existing_topic_is_refused_with_the_reason_and_the_fix():
    [line] = errors({"service": "kinesis-video"}, {"cameras": {"parallelism": 3, **TOPIC}})
    assert line == (
        "pipes.cameras.topic.existing: is not available on Amazon Kinesis Video Streams (a pipe is one video stream for each partition, and AWS "
        "does not say which streams belong together). Remove it, and the program makes the topic."
    )


def test_an_existing_service_is_refused():
    [line] = errors({"service": "kinesis-video", "existing": {}}, {"cameras": {"parallelism": 3}})
    assert line == (
        "streaming.existing: is not available on Amazon Kinesis Video Streams (nothing of it can be adopted). Remove it."
    )
