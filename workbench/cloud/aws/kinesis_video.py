"""Simulated AWS: Kinesis Video Streams. Times and rules are explained in kinds.py."""

from collections.abc import Mapping

from workbench.cloud.aws.kinesis import moment
from workbench.cloud.aws.outputs import arn
from workbench.cloud.model import CREATED_AT, ResourceModel, digits, text

KINESIS_VIDEO: Mapping[str, ResourceModel] = {
    "aws:kinesis/videoStream:VideoStream": ResourceModel(
        holds_data=True,
        create_minutes=0.2,
        delete_minutes=0.2,
        update_minutes=0.2,
        source="common use: the provider looks again after 10 s",
        identifier=lambda name, inputs: arn(
            "kinesisvideo", f"stream/{text(inputs, 'name', name)}/{moment(name)}000", inputs
        ),
        outputs=lambda id_, _name, _inputs: {"arn": id_, "creationTime": CREATED_AT, "version": digits(id_, 20)},
        updated=lambda state, _inputs: {"version": digits(text(state, "version", ""), 20)},
        replace_on=frozenset({"dataRetentionInHours", "kmsKeyId", "name"}),
        unique=("name",),
        name_property="name",
    ),
}
