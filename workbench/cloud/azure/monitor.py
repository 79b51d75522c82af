"""Simulated Azure: alarms, dashboards and managed Prometheus. Times and rules are explained in kinds.py."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from workbench.cloud.azure.metrics import refusal as metric_refusal
from workbench.cloud.azure.resource import location_of, resource
from workbench.cloud.model import CREATED_AT, Inputs, ResourceModel, at, digits, number, text, uuid_of
from workbench.cloud.wire import UNKNOWN

_PROMETHEUS = "common use, no log found: a workspace takes half a minute, the rest answers within seconds"
_WINDOWS = frozenset({"PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D"})
_FREQUENCIES = frozenset({"PT1M", "PT5M", "PT15M", "PT30M", "PT1H"})
"""Windows and frequencies of a metric alarm (Azure Monitor, Metric Alerts API)."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AGGREGATIONS = {1: "Total", 2: "Minimum", 3: "Maximum", 4: "Average"}
"""Numbers of the aggregations in a workbook."""
_MOST_RULES = 20
"""Rules of a group (Azure Monitor, Service limits, read 2026-11-30)."""
_MOST_GROUPS = 5
"""Action groups of a rule (Microsoft's course text on action groups, read 2026-11-30). That Azure refuses an ID twice is not from a page."""


def _objects(inputs: object, path: str) -> list[Inputs]:
    """Return the objects in the list at a path."""
    found = at(inputs, path)
    return cast("list[Inputs]", found) if isinstance(found, list) else []


def _known(inputs: Inputs, path: str, default: str) -> str:
    """Return the text at a path, or the default if it is absent or unknown in a preview."""
    found = text(inputs, path, default)
    return default if found == UNKNOWN else found


def _alert_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Refuse windows and metrics that Azure does not have (Azure Monitor, Metric Alerts API)."""
    if _known(new, "location", "global") != "global":
        return "BadRequest: The location of a metric alert must be global"
    window, frequency = _known(new, "windowSize", "PT5M"), _known(new, "evaluationFrequency", "PT5M")
    if window not in _WINDOWS or frequency not in _FREQUENCIES:
        return f"BadRequest: The window {window} or the frequency {frequency} is not supported"
    if not 0 <= number(new, "severity", 3) <= 4:
        return "BadRequest: The severity must be from 0 to 4"
    groups = _actions_refusal(new)
    if groups:
        return groups
    for criterion in _objects(new, "criteria.allOf"):
        dimensions = frozenset(text(each, "name", "") for each in _objects(criterion, "dimensions"))
        found = metric_refusal(
            text(criterion, "metricNamespace", ""),
            text(criterion, "metricName", ""),
            text(criterion, "timeAggregation", ""),
            dimensions,
        )
        if found:
            return f"BadRequest: {found}"
    return None


def _actions_refusal(rule: Inputs) -> str | None:
    """Refuse too many action groups of a rule, and an ID twice. The case of IDs is ignored."""
    groups = [text(each, "actionGroupId", "").lower() for each in _objects(rule, "actions")]
    if len(groups) > _MOST_GROUPS:
        return f"BadRequest: A rule has at most {_MOST_GROUPS} action groups"
    return "BadRequest: The action groups of a rule must be unique" if len(groups) != len(set(groups)) else None


def _workbook_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Refuse a name that is no UUID, and content that is not JSON. The portal shows an error for a chart of an unknown metric."""
    if not _UUID.fullmatch(_known(new, "resourceName", uuid_of("workbook"))):
        return "BadRequest: The name of a workbook must be a UUID"
    try:
        content = json.loads(_known(new, "serializedData", "{}"))
    except ValueError:
        return "BadRequest: serializedData is not valid JSON"
    return next((f"BadRequest: {found}" for item in _objects(content, "items") for found in _bad_charts(item)), None)


def _bad_charts(item: Inputs) -> Iterator[str]:
    """Yield why metrics of a workbook's item cannot be drawn."""
    dimensions = frozenset(text(each, "key", "") for each in _objects(item, "content.filters"))
    for metric in _objects(item, "content.metrics"):
        kind, _, name = text(metric, "metric", "").partition("--")
        found = metric_refusal(kind, name, _AGGREGATIONS.get(number(metric, "aggregation", 0), "none"), dimensions)
        if found:
            yield found


def _group_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Refuse groups with too many rules or another interval (Azure Monitor, Service limits), and names with special characters."""
    if len(_objects(new, "rules")) > _MOST_RULES:
        return f"BadRequest: A rule group has at most {_MOST_RULES} rules"
    groups = next(filter(None, map(_actions_refusal, _objects(new, "rules"))), None)
    if groups:
        return groups
    if not re.fullmatch(r"PT([1-9]|1[0-5])M", _known(new, "interval", "PT1M")):
        return "BadRequest: interval must be between 1 and 15 minutes"
    if not re.fullmatch(r"[^:@/#{}%&+*<>?]+", _known(new, "ruleGroupName", "rules")):
        return "BadRequest: The name of the rule group has invalid characters"
    return None


def _action_group_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Refuse a long short name, and receivers with the same name (Azure Monitor, Action Groups API)."""
    if not 1 <= len(_known(new, "groupShortName", "alarms")) <= 12:
        return "BadRequest: groupShortName must have 1 to 12 characters"
    names = [text(each, "name", "") for each in _objects(new, "emailReceivers")]
    return "BadRequest: Names of receivers must be unique" if len(names) != len(set(names)) else None


def _workspace(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an Azure Monitor workspace. Azure creates an endpoint and a rule for it in a group that it manages."""
    name, location = id_.rsplit("/", 1)[-1], location_of(inputs)
    managed = f"{id_.split('/resourceGroups/', maxsplit=1)[0]}/resourceGroups/MA_{name}_{location}_managed/providers/Microsoft.Insights"
    return {
        "accountId": uuid_of(id_),
        "defaultIngestionSettings": {
            "dataCollectionEndpointResourceId": f"{managed}/dataCollectionEndpoints/{name}",
            "dataCollectionRuleResourceId": f"{managed}/dataCollectionRules/{name}",
        },
        "metrics": {
            "internalId": f"mac_{uuid_of(id_)}",
            "prometheusQueryEndpoint": f"https://{name}-{digits(id_, 4)}.{location}.prometheus.monitor.azure.com",
        },
        "publicNetworkAccess": "Enabled",
    }


def _endpoint(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a data collection endpoint: its addresses."""
    host = f"{id_.rsplit('/', 1)[-1]}-{digits(id_, 4)}.{location_of(inputs)}-1"
    return {
        "configurationAccess": {"endpoint": f"https://{host}.handler.control.monitor.azure.com"},
        "logsIngestion": {"endpoint": f"https://{host}.ingest.monitor.azure.com"},
        "metricsIngestion": {"endpoint": f"https://{host}.metrics.ingest.monitor.azure.com"},
        "immutableId": f"dce-{digits(id_, 32)}",
    }


def _rule(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    return {"immutableId": f"dcr-{digits(id_, 32)}"}


def _workbook(_id: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    return {"revision": "1", "timeModified": CREATED_AT, "version": "Notebook/1.0"}


def _quick(arm_type: str, name: str, refuse: Callable[[Inputs | None, Inputs], str | None]) -> ResourceModel:
    """Return the model of a type that Azure creates within seconds."""
    return resource(arm_type, name, create=0.1, delete=0.1, common="name type", refusal=refuse)


MONITOR: Mapping[str, ResourceModel] = {
    "azure-native:monitor:MetricAlert": _quick("Microsoft.Insights/metricAlerts", "ruleName", _alert_refusal),
    "azure-native:monitor:ActionGroup": _quick(
        "Microsoft.Insights/actionGroups", "actionGroupName", _action_group_refusal
    ),
    "azure-native:alertsmanagement:PrometheusRuleGroup": _quick(
        "Microsoft.AlertsManagement/prometheusRuleGroups", "ruleGroupName", _group_refusal
    ),
    "azure-native:applicationinsights:Workbook": resource(
        "Microsoft.Insights/workbooks",
        "resourceName",
        create=0.1,
        delete=0.1,
        common="name type",
        outputs=_workbook,
        refusal=_workbook_refusal,
    ),
    "azure-native:monitor:AzureMonitorWorkspace": resource(
        "Microsoft.Monitor/accounts",
        "azureMonitorWorkspaceName",
        holds_data=True,
        create=0.5,
        delete=0.5,
        source=_PROMETHEUS,
        outputs=_workspace,
    ),
    "azure-native:monitor:DataCollectionEndpoint": resource(
        "Microsoft.Insights/dataCollectionEndpoints",
        "dataCollectionEndpointName",
        create=0.1,
        delete=0.1,
        source=_PROMETHEUS,
        outputs=_endpoint,
    ),
    "azure-native:monitor:DataCollectionRule": resource(
        "Microsoft.Insights/dataCollectionRules",
        "dataCollectionRuleName",
        create=0.1,
        delete=0.1,
        source=_PROMETHEUS,
        outputs=_rule,
    ),
    "azure-native:monitor:DataCollectionRuleAssociation": resource(
        "Microsoft.Insights/dataCollectionRuleAssociations",
        "associationName",
        create=0.1,
        delete=0.1,
        source=_PROMETHEUS,
        attached_to="resourceUri",
        tracked=False,
    ),
}
