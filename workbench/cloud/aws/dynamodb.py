"""Simulated AWS: DynamoDB's tables. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.aws.outputs import arn
from workbench.cloud.model import CREATED_AT, Inputs, ResourceModel, at, joined


def _table(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    whole = arn("dynamodb", f"table/{id_}", inputs)
    streamed = at(inputs, "streamEnabled") is True
    return {
        "arn": whole,
        "streamArn": f"{whole}/stream/{CREATED_AT[:-1]}.000" if streamed else "",
        "streamLabel": f"{CREATED_AT[:-1]}.000" if streamed else "",
    }


DYNAMODB: Mapping[str, ResourceModel] = {
    "aws:dynamodb/table:Table": ResourceModel(
        holds_data=True,
        create_minutes=0.2,
        delete_minutes=0.2,
        update_minutes=0.2,
        source="common use, no log found: about ten seconds",
        identifier=joined("", "name"),
        outputs=_table,
        replace_on=frozenset(
            {
                "hashKey",
                "importTable",
                "localSecondaryIndexes",
                "name",
                "rangeKey",
                "restoreBackupArn",
                "restoreDateTime",
                "restoreSourceName",
                "restoreSourceTableArn",
                "restoreToLatestTime",
            }
        ),
        unique=("name",),
        name_property="name",
        guard="deletionProtectionEnabled",
    ),
}
